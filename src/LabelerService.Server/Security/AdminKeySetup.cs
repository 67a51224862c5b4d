using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Storage.Security;

namespace LabelerService.Server.Security;

/// <summary>
/// Sees to the first admin key. A database without any key gets one, whose text goes to the console, or to a file that only this user can
/// read, and nowhere else: not through the logger, whose lines may be kept or sent on.
/// </summary>
/// <param name="store">The keys.</param>
/// <param name="file">File to take the first key from if it exists, or to write it to; null for the console.</param>
/// <param name="console">Standard output.</param>
/// <param name="logger">Told what happens, never the key.</param>
internal sealed partial class AdminKeySetup(ApiKeyStore store, string? file, TextWriter console, ILogger<AdminKeySetup> logger)
{
    private const string DisplayName = "first start";
    private const string ResetName = "reset";

    /// <summary>Makes the first admin key if there is no key at all. Of several servers that start at once, one does.</summary>
    /// <exception cref="ServiceException">The file cannot be read or written, or what it holds is no key.</exception>
    public async Task EnsureAsync(CancellationToken cancel)
    {
        var exists = file is not null && File.Exists(file);
        if ((await store.ListAsync(0, 1, cancel)).Count > 0)
        {
            if (file is not null && !(exists && await IsAdminAsync(await ReadAsync(file, cancel), cancel)))
            {
                LogNoKeyInFile(file);
            }

            return;
        }

        if (exists)
        {
            var (id, hash) = await ReadAsync(file!, cancel);
            if (await store.CreateFirstAsync(new ApiKeyWrite(id, hash, Role.Admin, DisplayName: DisplayName), cancel))
            {
                LogTaken(file!);
            }

            return;
        }

        var (newId, text, newHash) = ApiKeyText.Create();
        var write = new ApiKeyWrite(newId, newHash, Role.Admin, DisplayName: DisplayName);
        if (file is null)
        {
            if (await store.CreateFirstAsync(write, cancel))
            {
                await ShowAsync(text);
            }

            return;
        }

        // The file first: a key that is stored but written nowhere would be lost. One that is written but not stored is taken next time.
        await CreateFileAsync(file, text, cancel);
        if (await store.CreateFirstAsync(write, cancel))
        {
            LogWritten(file);
        }
        else
        {
            File.Delete(file);
            LogNoKeyInFile(file);
        }
    }

    /// <summary>Makes one more admin key, for an operator who has lost the others. They stay valid.</summary>
    public async Task ResetAsync(CancellationToken cancel)
    {
        var (id, text, hash) = ApiKeyText.Create();
        if (file is not null)
        {
            File.Delete(file);
            await CreateFileAsync(file, text, cancel);
        }

        await store.CreateForOperatorAsync(new ApiKeyWrite(id, hash, Role.Admin, DisplayName: ResetName), cancel);
        if (file is null)
        {
            await ShowAsync(text);
        }
        else
        {
            LogWritten(file);
        }
    }

    private async Task<bool> IsAdminAsync((string Id, byte[] Hash) key, CancellationToken cancel) =>
        await store.FindAsync(key.Id, cancel) is { Role: Role.Admin } record && record.SecretHash.AsSpan().SequenceEqual(key.Hash);

    private Task ShowAsync(string text) => console.WriteLineAsync($"Admin API key, shown this once: {text}");

    private static async Task<(string Id, byte[] Hash)> ReadAsync(string path, CancellationToken cancel)
    {
        string text;
        try
        {
            text = await File.ReadAllTextAsync(path, cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, $"cannot be read: {error.Message}");
        }

        return ApiKeyText.TryParse(text.Trim(), out var id, out var hash)
            ? (id, hash)
            : throw Unusable(path, "holds no API key. One has the form lbl_ID_SECRET, ID of a-z, 0-9 and -, SECRET of 43 characters base64url (32 bytes).");
    }

    private static async Task CreateFileAsync(string path, string text, CancellationToken cancel)
    {
        try
        {
            await using var stream = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            await using var writer = new StreamWriter(stream);
            await writer.WriteLineAsync(text.AsMemory(), cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, $"cannot be written: {error.Message}");
        }
    }

    private static ServiceException Unusable(string path, string problem) =>
        new(ErrorKind.FailedPrecondition, "ADMIN_KEY_FILE", $"--admin-key-file {path} {problem}");

    [LoggerMessage(EventId = 330, Level = LogLevel.Information, Message = "The admin key of {Path} is this database's first key.")]
    private partial void LogTaken(string path);

    [LoggerMessage(EventId = 331, Level = LogLevel.Information, Message = "A new admin key is in {Path}.")]
    private partial void LogWritten(string path);

    [LoggerMessage(EventId = 332, Level = LogLevel.Warning,
        Message = "{Path} has no admin key of this database. Use one that you have; if all are lost, stop the service and say --reset-admin-key.")]
    private partial void LogNoKeyInFile(string path);
}
