using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Database;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Backbones;

/// <summary>The statements that uploads share with publications.</summary>
internal static class BackboneSql
{
    /// <summary>Columns of a row b, for <see cref="Read"/>.</summary>
    public const string Columns =
        """
        (SELECT d.id FROM datasets d WHERE d.dataset_id = b.dataset_id), b.backbone_id, b.uid, b.display_name, b.artefact_sha256,
        b.artefact_length, b.manifest, b.run_id, b.create_time
        """;

    /// <summary>Resource name.</summary>
    public static string Name(string datasetId, string backboneId) => $"datasets/{datasetId}/backbones/{backboneId}";

    /// <summary>Adds a backbone within a transaction that holds the dataset's shared lock; null where the id is taken.</summary>
    public static async Task<BackboneRecord?> InsertAsync(
        NpgsqlConnection connection, long datasetKey, string backboneId, string displayName, StoredFile file, BackboneManifest manifest,
        string? runId, CancellationToken cancel)
    {
        var rows = await Sql.Command(
            connection,
            $"""
            WITH b AS (
                INSERT INTO backbones (dataset_id, backbone_id, uid, source, display_name, artefact_sha256, artefact_length, manifest, run_id)
                VALUES ($1, $2, gen_random_uuid(), $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING *
            )
            SELECT {Columns} FROM b
            """,
            datasetKey, backboneId, Sql.Typed((short)manifest.Source, NpgsqlDbType.Smallint), displayName, file.Sha256, file.Length,
            Sql.Json(Json.Write(manifest)), Sql.Typed(runId, NpgsqlDbType.Text)).ListAsync(Read, cancel);
        return rows.SingleOrDefault();
    }

    /// <summary>The id is another's.</summary>
    public static ServiceException Taken(string datasetId, string backboneId) => new(
        ErrorKind.AlreadyExists, "BACKBONE_EXISTS", $"{Name(datasetId, backboneId)} exists already. Choose another id.",
        new FieldViolation("backbone_id", "is taken"));

    public static BackboneRecord Read(NpgsqlDataReader row) => new()
    {
        DatasetId = row.GetString(0),
        BackboneId = row.GetString(1),
        Uid = row.GetGuid(2),
        DisplayName = row.GetString(3),
        ArtefactSha256 = Convert.ToHexStringLower(row.GetFieldValue<byte[]>(4)),
        ArtefactLength = row.GetInt64(5),
        Manifest = Json.Read<BackboneManifest>(row.GetString(6)),
        RunId = row.MaybeText(7),
        CreateTime = row.GetFieldValue<DateTimeOffset>(8),
    };
}
