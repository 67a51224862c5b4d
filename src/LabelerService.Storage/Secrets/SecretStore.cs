using System.Security.Cryptography;
using LabelerService.Storage.Database;

namespace LabelerService.Storage.Secrets;

/// <summary>Random keys that all replicas share, such as the one that authenticates page tokens.</summary>
public sealed class SecretStore
{
    private readonly Db _db;

    internal SecretStore(Db db) => _db = db;

    /// <summary>Returns the secret of that name; the first caller of all replicas creates it.</summary>
    /// <param name="name">Name, 1 to 256 bytes.</param>
    /// <param name="length">Length in bytes of a new secret.</param>
    /// <param name="cancel">Cancels.</param>
    public Task<byte[]> GetOrCreateAsync(string name, int length, CancellationToken cancel)
    {
        TextRules.CheckExternalId("name", name);
        return _db.RunAsync(
            async (connection, token) =>
            {
                await Sql.Command(
                    connection, "INSERT INTO server_secrets (name, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING", name,
                    RandomNumberGenerator.GetBytes(length)).ExecuteAsync(token);
                return await Sql.Command(connection, "SELECT bytes FROM server_secrets WHERE name = $1", name).ScalarAsync<byte[]>(token)
                    ?? throw new InvalidDataException("A secret vanished right after it was stored.");
            },
            cancel);
    }
}
