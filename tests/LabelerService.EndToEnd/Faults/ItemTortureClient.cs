using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Faults;

/// <summary>Registers items of its own, batch by batch, each all or none, and sets and clears their gold classes.</summary>
internal sealed class ItemTortureClient(string dataset, string prefix, int seed) : ITortureClient
{
    private const int BatchSize = 20;
    private const int Classes = 3;

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, int?> _acknowledged = new(StringComparer.Ordinal);
    private string[]? _newItems;
    private Dictionary<string, int?>? _newGold;
    private int _batches;

    public long Acknowledged { get; private set; }

    public bool IsDone => _newItems is null && _newGold is null;

    public async Task RunAsync(CallInvoker service, CancellationToken stop)
    {
        var items = new ItemService.ItemServiceClient(service);
        try
        {
            while (!IsDone || !stop.IsCancellationRequested)
            {
                if (_newGold is null && (_newItems is not null || _acknowledged.Count == 0 || _random.Next(2) == 0))
                {
                    _newItems ??= [.. Enumerable.Range(0, BatchSize).Select(i => $"{prefix}{_batches}-{i}")];
                    var batch = Requests.Batch(BatchSize, 4);
                    batch.ItemIds.Clear();
                    batch.ItemIds.AddRange(_newItems);
                    await items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = batch }, cancellationToken: CancellationToken.None);
                    foreach (var item in _newItems)
                    {
                        _acknowledged.Add(item, null);
                    }

                    _newItems = null;
                    _batches++;
                }
                else
                {
                    _newGold ??= _acknowledged.Keys.OrderBy(_ => _random.Next()).Take(BatchSize)
                        .ToDictionary(item => item, _ => _random.Next(Classes + 1) is var index and < Classes ? index : (int?)null, StringComparer.Ordinal);
                    var request = new BatchSetGoldClassesRequest { Parent = dataset };
                    request.GoldClasses.AddRange(_newGold.Select(Gold));
                    await items.BatchSetGoldClassesAsync(request, cancellationToken: CancellationToken.None);
                    foreach (var (item, index) in _newGold)
                    {
                        _acknowledged[item] = index;
                    }

                    _newGold = null;
                }

                Acknowledged++;
            }
        }
        catch (RpcException error) when (Break.Is(error))
        {
            // It is sent again in the next round.
        }
    }

    public IReadOnlyList<Finding> Check(StoredState stored)
    {
        var found = stored.Gold.Where(item => item.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(item => item.Key, item => item.Value, StringComparer.Ordinal);
        if (Same(_acknowledged, found))
        {
            return [];
        }

        var possible = new Dictionary<string, int?>(_acknowledged, StringComparer.Ordinal);
        foreach (var (item, index) in _newGold ?? (_newItems ?? []).ToDictionary(item => item, _ => (int?)null))
        {
            possible[item] = index;
        }

        if (Same(possible, found))
        {
            return [];
        }

        var lost = _acknowledged.Keys.Count(item => !found.ContainsKey(item));
        return
        [
            lost > 0 ? new Finding(FaultKind.Lost, $"{lost} acknowledged items of {prefix} are not there")
            : found.Keys.Any(item => !possible.ContainsKey(item)) ? new Finding(FaultKind.Invented, $"items of {prefix} are there that nobody sent")
            : new Finding(FaultKind.Half, $"items or gold classes of {prefix} are neither as acknowledged nor as with the batch on its way"),
        ];
    }

    private static bool Same(Dictionary<string, int?> expected, Dictionary<string, int?> found) =>
        expected.Count == found.Count && expected.All(item => found.TryGetValue(item.Key, out var index) && index == item.Value);

    private static GoldClass Gold(KeyValuePair<string, int?> item)
    {
        var gold = new GoldClass { ItemId = item.Key };
        if (item.Value is { } index)
        {
            gold.ClassIndex = index;
        }

        return gold;
    }
}
