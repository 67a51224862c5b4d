using System.Globalization;
using Npgsql;

namespace LabelerService.EndToEnd.Faults;

/// <summary>
/// What the database says of a dataset, read past the service: every revision of every annotation, and the items with their gold classes; and of all
/// datasets the versions of models.
/// </summary>
internal sealed class StoredState
{
    private readonly Dictionary<string, Dictionary<int, IReadOnlyList<StoredRevision>>> _revisions = new(StringComparer.Ordinal);

    private StoredState()
    {
    }

    /// <summary>Gold classes by item; null where an item has none.</summary>
    public Dictionary<string, int?> Gold { get; } = new(StringComparer.Ordinal);

    /// <summary>Resource names of all versions of models.</summary>
    public HashSet<string> Versions { get; } = new(StringComparer.Ordinal);

    /// <summary>The versions that were made champion, one after the other, by model.</summary>
    public Dictionary<string, List<int>> Champions { get; } = new(StringComparer.Ordinal);

    /// <summary>Revisions of a labeler's annotations, by the number in the item's id.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<StoredRevision>> Of(string labeler) => _revisions.GetValueOrDefault(labeler, []);

    /// <summary>Reads it, in one snapshot.</summary>
    public static async Task<StoredState> ReadAsync(NpgsqlDataSource database, string dataset)
    {
        var state = new StoredState();
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using (var command = new NpgsqlCommand(
            """
            SELECT l.external_id, i.external_id, a.revision, a.class_index
            FROM (SELECT dataset_id, item_key, labeler_key, revision, class_index FROM annotations
                  UNION ALL SELECT dataset_id, item_key, labeler_key, revision, class_index FROM annotation_history) a
            JOIN datasets d ON d.dataset_id = a.dataset_id AND d.id = $1
            JOIN items i ON i.dataset_id = a.dataset_id AND i.item_key = a.item_key
            JOIN labelers l ON l.dataset_id = a.dataset_id AND l.labeler_key = a.labeler_key
            ORDER BY 1, 2, a.revision
            """,
            connection, transaction)
        { Parameters = { new() { Value = Id(dataset) } } })
        await using (var rows = await command.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                var items = state._revisions.TryGetValue(rows.GetString(0), out var known) ? known : state._revisions[rows.GetString(0)] = [];
                var item = int.Parse(rows.GetString(1).AsSpan(1), CultureInfo.InvariantCulture);
                if (!items.TryGetValue(item, out var revisions))
                {
                    items[item] = revisions = new List<StoredRevision>();
                }

                ((List<StoredRevision>)revisions).Add(new StoredRevision(rows.GetInt32(2), rows.IsDBNull(3) ? null : rows.GetInt16(3)));
            }
        }

        await using (var command = new NpgsqlCommand(
            "SELECT i.external_id, i.gold_class FROM items i JOIN datasets d USING (dataset_id) WHERE d.id = $1", connection, transaction)
        { Parameters = { new() { Value = Id(dataset) } } })
        await using (var rows = await command.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                state.Gold.Add(rows.GetString(0), rows.IsDBNull(1) ? null : rows.GetInt16(1));
            }
        }

        await using (var command = new NpgsqlCommand(
            "SELECT format('datasets/%s/models/%s/versions/%s', d.id, v.model_id, v.version) FROM model_versions v JOIN datasets d USING (dataset_id)", connection, transaction))
        await using (var rows = await command.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                state.Versions.Add(rows.GetString(0));
            }
        }

        await using (var command = new NpgsqlCommand(
            """
            SELECT format('datasets/%s/models/%s', d.id, c.model_id), c.to_version FROM model_alias_changes c JOIN datasets d USING (dataset_id)
            WHERE c.alias = 'champion' ORDER BY c.dataset_id, c.model_id, c.change
            """,
            connection, transaction))
        await using (var rows = await command.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                var champions = state.Champions.TryGetValue(rows.GetString(0), out var known) ? known : state.Champions[rows.GetString(0)] = [];
                champions.Add(rows.GetInt32(1));
            }
        }

        return state;
    }

    private static string Id(string dataset) => dataset["datasets/".Length..];
}
