using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;

namespace LabelerService.Storage.Items;

public sealed partial class ItemStore
{
    private const string LabelerKey = "(SELECT labeler_key FROM labelers WHERE dataset_id = $1 AND external_id = $2)";

    /// <summary>Lists items that a labeler has no annotation of, or none that it has not taken back, by ascending key.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="labelerId">External id of the labeler; one that is not registered has no annotations.</param>
    /// <param name="filter">Which items.</param>
    /// <param name="afterKey">Key of the last item already seen; 0 starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for a malformed id.</exception>
    public async Task<IReadOnlyList<ItemRecord>> ListUnannotatedAsync(
        DatasetRecord dataset, string labelerId, ItemFilter filter, long afterKey, int limit, CancellationToken cancel)
    {
        TextRules.CheckExternalId("labeler_id", labelerId);
        return await _db.RunAsync(
            (connection, token) =>
            {
                var command = Sql.Command(connection, "", dataset.Key, labelerId, afterKey, limit);
                command.CommandText =
                    $"""
                    SELECT {Columns} FROM items i WHERE dataset_id = $1 AND item_key > $3{filter.Where(command)}
                        AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.dataset_id = $1 AND a.labeler_key = {LabelerKey}
                            AND a.item_key = i.item_key AND a.class_index IS NOT NULL)
                    ORDER BY item_key LIMIT $4
                    """;
                return command.ListAsync(Read, token);
            },
            cancel);
    }

    /// <summary>Number of items that a labeler has annotated, without those it took back.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for a malformed id.</exception>
    public async Task<long> CountAnnotatedAsync(DatasetRecord dataset, string labelerId, CancellationToken cancel)
    {
        TextRules.CheckExternalId("labeler_id", labelerId);
        return await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT count(*) FROM annotations WHERE dataset_id = $1 AND labeler_key = {LabelerKey} AND class_index IS NOT NULL",
                dataset.Key, labelerId).ScalarAsync<long>(token),
            cancel);
    }

    /// <summary>Finds items by their keys, in no order; keys without an item are left out.</summary>
    public Task<List<ItemRecord>> FindAsync(DatasetRecord dataset, IReadOnlyCollection<long> keys, CancellationToken cancel) =>
        _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {Columns} FROM items WHERE dataset_id = $1 AND item_key = ANY($2)", dataset.Key, keys.ToArray())
                .ListAsync(Read, token),
            cancel);
}
