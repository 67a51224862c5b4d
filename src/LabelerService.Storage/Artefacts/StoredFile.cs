using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Artefacts;

/// <summary>The artefacts of a model version.</summary>
/// <param name="Graph">The serving graph.</param>
/// <param name="Weights">What later runs may start from.</param>
/// <param name="OutOfFold">The items trained on.</param>
/// <param name="Encoder">What makes rows of items.</param>
internal sealed record StoredModel(StoredFile Graph, StoredFile? Weights, StoredFile? OutOfFold, StoredFile? Encoder);

/// <summary>An artefact as a version refers to it.</summary>
/// <param name="Sha256">The hash it is stored by.</param>
/// <param name="Length">Its bytes.</param>
internal sealed record StoredFile(byte[] Sha256, long Length)
{
    /// <summary>Stores bytes within a transaction; nothing where there are none.</summary>
    public static async Task<StoredFile?> WriteAsync(NpgsqlConnection connection, byte[]? bytes, CancellationToken cancel) =>
        bytes is null ? null : new StoredFile(await ArtefactStore.WriteAsync(connection, bytes, cancel), bytes.LongLength);

    /// <summary>Keeps what is stored under a hash until the transaction ends, which is to refer to it; null where nothing is.</summary>
    public static async Task<StoredFile?> ReferAsync(NpgsqlConnection connection, byte[] sha256, CancellationToken cancel)
    {
        var lengths = await Sql.Command(connection, "SELECT length FROM artefacts WHERE sha256 = $1 FOR KEY SHARE", sha256).ListAsync(row => row.GetInt64(0), cancel);
        return lengths.Count == 1 ? new StoredFile(sha256, lengths[0]) : null;
    }
}
