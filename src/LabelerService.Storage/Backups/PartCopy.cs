using System.Buffers;
using System.Security.Cryptography;

namespace LabelerService.Storage.Backups;

/// <summary>How far a backup or a restore is.</summary>
/// <param name="Table">The table at hand.</param>
/// <param name="Rows">Rows of it so far.</param>
/// <param name="Bytes">Bytes of it so far.</param>
/// <param name="Done">Whether that is all of it.</param>
public sealed record BackupProgress(string Table, long Rows, long Bytes, bool Done);

/// <summary>What went by.</summary>
internal sealed record PartContents(long Rows, long Bytes, string Sha256);

/// <summary>Moves the rows of one table from one stream to another, and hashes and counts them on the way.</summary>
internal static class PartCopy
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Moves all there is, with memory for one buffer.</summary>
    /// <exception cref="InvalidDataException">These are no rows, or the last are missing.</exception>
    public static async Task<PartContents> RunAsync(
        string table, Stream from, Stream to, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var counter = new CopyRowCounter();
            long bytes = 0;
            for (int read; (read = await from.ReadAsync(buffer, cancel)) > 0;)
            {
                hash.AppendData(buffer, 0, read);
                counter.Add(buffer.AsSpan(0, read));
                await to.WriteAsync(buffer.AsMemory(0, read), cancel);
                bytes += read;
                progress?.Report(new BackupProgress(table, counter.Rows, bytes, false));
            }

            if (!counter.Complete)
            {
                throw new InvalidDataException("It ends in the middle of the rows.");
            }

            progress?.Report(new BackupProgress(table, counter.Rows, bytes, true));
            return new PartContents(counter.Rows, bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
