using Npgsql;

namespace LabelerService.Storage.Artefacts;

/// <summary>An artefact as a version refers to it.</summary>
/// <param name="Sha256">The hash it is stored by.</param>
/// <param name="Length">Its bytes.</param>
internal sealed record StoredFile(byte[] Sha256, long Length)
{
    /// <summary>Stores bytes within a transaction; nothing where there are none.</summary>
    public static async Task<StoredFile?> WriteAsync(NpgsqlConnection connection, byte[]? bytes, CancellationToken cancel) =>
        bytes is null ? null : new StoredFile(await ArtefactStore.WriteAsync(connection, bytes, cancel), bytes.LongLength);
}
