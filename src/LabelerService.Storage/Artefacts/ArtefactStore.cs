using System.Security.Cryptography;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Artefacts;

/// <summary>Model files by the SHA-256 of their content: the hash is the only name, so no path ever comes from outside.</summary>
public sealed class ArtefactStore
{
    private readonly Db _db;

    internal ArtefactStore(Db db) => _db = db;

    /// <summary>Reads an artefact and verifies its hash.</summary>
    /// <param name="sha256">64 hexadecimal digits.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">
    /// InvalidArgument: not a hash; NotFound; FailedPrecondition (ARTEFACT_CORRUPT): the stored bytes are not those of the hash.
    /// </exception>
    public async Task<byte[]> ReadAsync(string sha256, CancellationToken cancel)
    {
        if (sha256.Length != 64 || !sha256.All(char.IsAsciiHexDigit))
        {
            throw ServiceException.InvalidField("artefact_sha256", "must be 64 hexadecimal digits");
        }

        var hash = Convert.FromHexString(sha256);
        var bytes = await _db.RunAsync(
            (connection, token) => Sql.Command(connection, "SELECT bytes FROM artefacts WHERE sha256 = $1", hash).ScalarAsync<byte[]>(token),
            cancel) ?? throw ServiceException.NotFound("artefact_sha256", $"Artefact {sha256}");
        return SHA256.HashData(bytes).AsSpan().SequenceEqual(hash)
            ? bytes
            : throw Corrupt(sha256);
    }

    /// <summary>Stores bytes within a transaction and returns their hash. Bytes that are stored already are compared, not trusted.</summary>
    internal static async Task<byte[]> WriteAsync(NpgsqlConnection connection, byte[] bytes, CancellationToken cancel)
    {
        var hash = SHA256.HashData(bytes);

        // PostgreSQL hashes what it was sent, so a byte that changed on the way cannot get in under the right name. A conflicting row
        // that was damaged on disk is replaced.
        var stored = await Sql.Command(
            connection,
            """
            INSERT INTO artefacts AS a (sha256, bytes, length) SELECT $1, $2, octet_length($2) WHERE sha256($2) = $1
            ON CONFLICT (sha256) DO UPDATE SET bytes = CASE WHEN sha256(a.bytes) = a.sha256 THEN a.bytes ELSE excluded.bytes END
            """,
            hash, bytes).ExecuteAsync(cancel);
        return stored == 1 ? hash : throw Corrupt(Convert.ToHexStringLower(hash));
    }

    private static ServiceException Corrupt(string sha256) => new(
        ErrorKind.FailedPrecondition, "ARTEFACT_CORRUPT",
        $"Artefact {sha256} does not have the content its hash promises. Restore it from a backup, or serve another version.");
}
