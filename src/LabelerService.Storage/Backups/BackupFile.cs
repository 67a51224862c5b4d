using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LabelerService.Core.Errors;

namespace LabelerService.Storage.Backups;

/// <summary>A backup that is read. Whatever does not agree with the manifest is refused by the name of its part.</summary>
internal sealed class BackupFile : IAsyncDisposable
{
    private const int MaxManifestBytes = 16 << 20;
    private const int HashCharacters = 64;

    private readonly ZipArchive _archive;

    private BackupFile(ZipArchive archive, BackupManifest manifest)
    {
        _archive = archive;
        Manifest = manifest;
    }

    /// <summary>What it says of itself.</summary>
    public BackupManifest Manifest { get; }

    /// <summary>Opens a backup and reads its manifest.</summary>
    /// <param name="file">The file; it can be searched, and stays open.</param>
    /// <param name="version">Version of this service.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">FailedPrecondition: it is none, or truncated, or altered, or of a newer format.</exception>
    public static async Task<BackupFile> OpenAsync(Stream file, string version, CancellationToken cancel)
    {
        ZipArchive archive;
        try
        {
            archive = await ZipArchive.CreateAsync(file, ZipArchiveMode.Read, leaveOpen: true, Encoding.UTF8, cancel);

            // The list is read when it is first asked for.
            _ = archive.Entries.Count;
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw Damaged("the list of its parts, which is at its end, is missing or altered. It was cut off, or it is no backup");
        }

        try
        {
            return new BackupFile(archive, await ReadManifestAsync(archive, version, cancel));
        }
        catch
        {
            await archive.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads every part and compares it with the manifest.</summary>
    /// <exception cref="ServiceException">FailedPrecondition, naming the part that was altered.</exception>
    public async Task VerifyAsync(IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        foreach (var table in Manifest.Tables)
        {
            await CopyAsync(table, Stream.Null, progress, cancel);
        }
    }

    /// <summary>Writes a table's rows to a stream; they have gone through when an alteration is found.</summary>
    /// <exception cref="ServiceException">FailedPrecondition: the part is not what the manifest says.</exception>
    public async Task CopyAsync(BackupTable table, Stream to, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        var contents = await ReadingAsync(table.Part, async entry =>
        {
            await using var from = await entry.OpenAsync(cancel);
            return await PartCopy.RunAsync(table.Name, from, to, progress, cancel);
        });
        if (contents != new PartContents(table.Rows, table.Bytes, table.Sha256))
        {
            throw Altered(table.Part);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _archive.DisposeAsync();

    private async Task<T> ReadingAsync<T>(string part, Func<ZipArchiveEntry, Task<T>> read)
    {
        var entry = _archive.GetEntry(part) ?? throw Damaged($"its part {part} is missing");
        return await ReadingAsync(entry, read);
    }

    private static async Task<T> ReadingAsync<T>(ZipArchiveEntry entry, Func<ZipArchiveEntry, Task<T>> read)
    {
        try
        {
            return await read(entry);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw Altered(entry.FullName);
        }
    }

    private static async Task<BackupManifest> ReadManifestAsync(ZipArchive archive, string version, CancellationToken cancel)
    {
        var manifest = await ReadAsync(archive, BackupManifest.PartName, MaxManifestBytes, cancel);
        var hash = await ReadAsync(archive, BackupManifest.HashPartName, HashCharacters, cancel);
        if (Encoding.ASCII.GetString(hash) != Convert.ToHexStringLower(SHA256.HashData(manifest)))
        {
            throw Altered(BackupManifest.PartName);
        }

        try
        {
            var head = BackupManifest.HeadOf(manifest);
            return head.Format <= BackupManifest.CurrentFormat ? BackupManifest.FromJson(manifest) : throw Newer(head.Version, version);
        }
        catch (JsonException)
        {
            throw Altered(BackupManifest.PartName);
        }
    }

    private static async Task<byte[]> ReadAsync(ZipArchive archive, string part, int limit, CancellationToken cancel)
    {
        var entry = archive.GetEntry(part) ?? throw Damaged($"its part {part} is missing");
        return await ReadingAsync(entry, async found =>
        {
            await using var from = await found.OpenAsync(cancel);
            var bytes = new byte[Math.Min(found.Length, limit)];
            var read = await from.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
            return read == found.Length ? bytes : throw new InvalidDataException("It has another length than the list of parts says.");
        });
    }

    /// <summary>It was written by a version that knows more than this one.</summary>
    public static ServiceException Newer(string writer, string reader) => new(
        ErrorKind.FailedPrecondition, "BACKUP_NEWER",
        $"The backup was written by version {writer}, which this one, {reader}, cannot read. Restore it with version {writer} or newer.");

    private static ServiceException Altered(string part) => Damaged($"its part {part} was altered or cut off: it is not what its hash says");

    private static ServiceException Damaged(string what) => new(
        ErrorKind.FailedPrecondition, "BACKUP_DAMAGED", $"The backup cannot be used: {what}. Take another backup; the database was not touched.");
}
