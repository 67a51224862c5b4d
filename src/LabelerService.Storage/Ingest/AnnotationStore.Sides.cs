using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;

namespace LabelerService.Storage.Ingest;

/// <summary>A current annotation before or since a moment.</summary>
/// <param name="LabelerId">External id of the labeler.</param>
/// <param name="ItemKey">Key of the item.</param>
/// <param name="ClassIndex">Index of the chosen class.</param>
/// <param name="Recent">Whether it was received since the moment.</param>
public readonly record struct SidedAnnotation(string LabelerId, long ItemKey, int ClassIndex, bool Recent);

public sealed partial class AnnotationStore
{
    /// <summary>Reads the latest annotations of each labeler before and since a moment, without retracted ones.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="since">The moment (database clock).</param>
    /// <param name="perSide">Annotations of a labeler on either side at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<SidedAnnotation>> ReadSidesAsync(
        DatasetRecord dataset, DateTimeOffset since, int perSide, CancellationToken cancel)
    {
        // One string for a labeler, not one for each of its annotations.
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        return await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT l.external_id, a.item_key, a.class_index, a.recent
                FROM (
                    SELECT labeler_key, item_key, class_index, received_at >= $2 AS recent,
                        row_number() OVER (PARTITION BY labeler_key, received_at >= $2 ORDER BY received_at DESC, item_key) AS place
                    FROM annotations WHERE dataset_id = $1 AND class_index IS NOT NULL) a
                JOIN labelers l ON l.dataset_id = $1 AND l.labeler_key = a.labeler_key
                WHERE a.place <= $3 ORDER BY a.labeler_key, a.item_key
                """,
                dataset.Key, since, perSide).ListAsync(
                    row =>
                    {
                        var id = row.GetString(0);
                        if (!names.TryGetValue(id, out var name))
                        {
                            names.Add(id, name = id);
                        }

                        return new SidedAnnotation(name, row.GetInt64(1), row.GetInt16(2), row.GetBoolean(3));
                    },
                    token),
            cancel);
    }
}
