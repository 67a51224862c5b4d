using LabelerService.Storage.Database;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Artefacts;

/// <summary>Which artefacts nobody refers to, and their removal.</summary>
internal static class ArtefactSql
{
    /// <summary>A condition on a row a of artefacts: whatever may refer to one is listed here.</summary>
    public const string Unreferenced = "NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.artefact_sha256 = a.sha256 AND v.state = 1) "
        + "AND NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.weights_sha256 = a.sha256 AND v.state = 1) "
        + "AND NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.out_of_fold_sha256 = a.sha256 AND v.state = 1) "
        + "AND NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.encoder_sha256 = a.sha256 AND v.state = 1) "
        + "AND NOT EXISTS (SELECT 1 FROM backbones b WHERE b.artefact_sha256 = a.sha256)";

    /// <summary>
    /// Removes those of the given artefacts that nobody refers to; to be called in a transaction. Bytes are shared, and somebody may be
    /// publishing the same ones just now: a publication locks the artefact's row before it refers to it, until it commits. So the rows are
    /// locked first, those that a publication has are left, and only then, in a statement that sees what was committed before the lock was
    /// ours, it is decided. A publication that comes later waits for the row, finds it gone and writes it anew.
    /// </summary>
    /// <returns>How many were removed.</returns>
    public static async Task<int> RemoveUnreferencedAsync(NpgsqlConnection connection, byte[][] hashes, CancellationToken cancel)
    {
        // The table's lock comes first, as in the deletion of a dataset, which would otherwise wait for our rows while we wait for its table.
        await Sql.Command(connection, "LOCK TABLE artefacts IN ROW EXCLUSIVE MODE").ExecuteAsync(cancel);
        var locked = await Sql.Command(
            connection, "SELECT sha256 FROM artefacts WHERE sha256 = ANY($1) FOR UPDATE SKIP LOCKED",
            Sql.Typed(hashes, NpgsqlDbType.Array | NpgsqlDbType.Bytea)).ListAsync(row => row.GetFieldValue<byte[]>(0), cancel);
        return locked.Count == 0
            ? 0
            : await Sql.Command(
                connection, $"DELETE FROM artefacts a WHERE a.sha256 = ANY($1) AND {Unreferenced}",
                Sql.Typed(locked.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bytea)).ExecuteAsync(cancel);
    }
}
