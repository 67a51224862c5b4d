using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace LabelerService.Core.Training;

/// <summary>
/// Features in a file: N rows of D little-endian float32, then a footer of 64 bytes with their numbers and SHA-256. The values come first, so
/// that the file can be mapped into memory as the matrix it is. Opened only if every byte is as it was written.
/// </summary>
public sealed class FeatureFile : FeatureMatrix
{
    internal const int FooterBytes = 64;
    private const int BlockBytes = 1 << 20;
    private readonly SafeFileHandle _handle;

    private FeatureFile(SafeFileHandle handle, string path, int rows, int length)
    {
        _handle = handle;
        (Path, Rows, Length) = (path, rows, length);
    }

    /// <summary>Where the file is. It may be unlinked while this is open, so map it first.</summary>
    public string Path { get; }

    /// <summary>Rows N.</summary>
    public int Rows { get; }

    /// <summary>Values a row, D.</summary>
    public int Length { get; }

    /// <summary>Number of values, N · D.</summary>
    public long Count => (long)Rows * Length;

    /// <summary>Opens a file and compares its content with its checksum.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">Rows it must have.</param>
    /// <param name="length">Values a row it must have.</param>
    /// <param name="cancel">Cancels the reading.</param>
    /// <returns>Null if there is no such file, or if it is cut off, damaged, or of another shape.</returns>
    public static FeatureFile? TryOpen(string path, int rows, int length, CancellationToken cancel)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
        if (IsIntact(handle, rows, length, cancel))
        {
            return new FeatureFile(handle, path, rows, length);
        }

        handle.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ReadFully(_handle, MemoryMarshal.AsBytes(destination), (long)row * Length * sizeof(float));
    }

    /// <summary>Copies rows that follow each other.</summary>
    /// <param name="row">Index of the first.</param>
    /// <param name="destination">As many values as the rows have.</param>
    public void CopyRows(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length % Length, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(row, Rows - (destination.Length / Length));
        ReadFully(_handle, MemoryMarshal.AsBytes(destination), (long)row * Length * sizeof(float));
    }

    /// <inheritdoc/>
    public override float[] Load()
    {
        if (Count > Array.MaxLength)
        {
            throw new InvalidOperationException($"{Count} values are more than an array can hold.");
        }

        var values = new float[Count];
        for (var row = 0; row < Rows; row++)
        {
            CopyRow(row, values.AsSpan(row * Length, Length));
        }

        return values;
    }

    internal static void WriteFooter(Span<byte> footer, int rows, int length, ReadOnlySpan<byte> hash)
    {
        "LBLFEAT\0"u8.CopyTo(footer);
        BinaryPrimitives.WriteInt32LittleEndian(footer[8..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(footer[12..], sizeof(float));
        BinaryPrimitives.WriteInt64LittleEndian(footer[16..], rows);
        BinaryPrimitives.WriteInt64LittleEndian(footer[24..], length);
        hash.CopyTo(footer[32..]);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _handle.Dispose();
        }

        base.Dispose(disposing);
    }

    private static bool IsIntact(SafeFileHandle handle, int rows, int length, CancellationToken cancel)
    {
        var bytes = (long)rows * length * sizeof(float);
        if (RandomAccess.GetLength(handle) != bytes + FooterBytes)
        {
            return false;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[BlockBytes];
        for (long at = 0; at < bytes; at += block.Length)
        {
            cancel.ThrowIfCancellationRequested();
            var part = block.AsSpan(0, (int)Math.Min(block.Length, bytes - at));
            ReadFully(handle, part, at);
            hash.AppendData(part);
        }

        Span<byte> expected = stackalloc byte[FooterBytes];
        WriteFooter(expected, rows, length, hash.GetHashAndReset());
        Span<byte> footer = stackalloc byte[FooterBytes];
        ReadFully(handle, footer, bytes);
        return footer.SequenceEqual(expected);
    }

    private static void ReadFully(SafeFileHandle handle, Span<byte> destination, long offset)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
            {
                throw new EndOfStreamException("A file of features has become shorter while it was open.");
            }

            destination = destination[read..];
            offset += read;
        }
    }
}
