using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace LabelerService.Core.Training;

/// <summary>Writes a <see cref="FeatureFile"/>: row by row beside its place, moved there when it is whole and on disk.</summary>
public sealed class FeatureFileWriter : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private readonly string _path;
    private readonly string _temporary;
    private readonly int _length;
    private readonly FileStream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _rows;

    /// <summary>Starts a file.</summary>
    /// <param name="path">Where it is to be; replaced if it exists.</param>
    /// <param name="length">Values a row, D.</param>
    public FeatureFileWriter(string path, int length)
    {
        _path = path;
        _length = length;
        _temporary = $"{path}.{Guid.NewGuid():N}.new";
        _file = new FileStream(_temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = BufferBytes,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    /// <summary>Adds a row of D values.</summary>
    public void Append(ReadOnlySpan<float> row)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, _length);
        AppendRows(row);
    }

    /// <summary>Adds rows of D values each.</summary>
    public void AppendRows(ReadOnlySpan<float> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length % _length, 0);
        var bytes = MemoryMarshal.AsBytes(rows);
        _hash.AppendData(bytes);
        _file.Write(bytes);
        _rows += rows.Length / _length;
    }

    /// <summary>Ends the file and puts it in its place.</summary>
    public void Complete()
    {
        Span<byte> footer = stackalloc byte[FeatureFile.FooterBytes];
        FeatureFile.WriteFooter(footer, _rows, _length, _hash.GetHashAndReset());
        _file.Write(footer);
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_temporary, _path, overwrite: true);
    }

    /// <summary>Removes what was not completed.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
        File.Delete(_temporary);
    }
}
