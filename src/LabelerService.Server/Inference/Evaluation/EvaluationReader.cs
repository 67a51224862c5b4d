using LabelerService.Core.Annotations;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Inference.Evaluation;

/// <summary>
/// Reads what models are measured on: the served graphs' predictions beside gold or annotations. Features are held a block at a time;
/// what stays in memory is one distribution an item and version. Items that one of the versions cannot read, such as sequences of more steps
/// than it takes, are left out for all.
/// </summary>
internal sealed class EvaluationReader(ItemStore items, AnnotationStore annotations, PredictionEngine engine)
{
    private const int BlockItems = 256;
    private const long BlockBytes = 16 << 20;
    private static readonly PredictionOptions Options = new() { Background = true };

    /// <summary>Reads the items with gold, and predicts them.</summary>
    /// <exception cref="ServiceException">FAILED_PRECONDITION if there are none.</exception>
    public async Task<GoldItems> ReadGoldAsync(
        DatasetRecord dataset, EvaluationPlan plan, IReadOnlyList<PinnedModel> models, CancellationToken cancel)
    {
        var gold = new List<int>();
        var (probabilities, leftOut) = await PredictAsync(
            dataset, plan, models, item => item.GoldClass is not null, item => gold.Add(item.GoldClass!.Value), cancel);
        if (gold.Count == 0)
        {
            ThrowIfUnfit(dataset, plan, leftOut);
            throw await annotations.AnyInSplitAsync(dataset, plan.Split, cancel)
                ? Nothing(dataset, plan, "NO_GOLD", "gold",
                    "Import gold labels for it, or measure against its labelers' annotations (basis EVALUATION_BASIS_LABELERS; --basis labelers)")
                : NeitherNor(dataset, plan);
        }

        return new GoldItems([.. gold], probabilities) { LeftOut = leftOut };
    }

    /// <summary>Reads the items with annotations, and predicts them.</summary>
    /// <exception cref="ServiceException">FAILED_PRECONDITION if there are none.</exception>
    public async Task<AnnotatedItems> ReadAnnotatedAsync(
        DatasetRecord dataset, EvaluationPlan plan, IReadOnlyList<PinnedModel> models, CancellationToken cancel)
    {
        var all = await annotations.ReadSplitAsync(dataset, plan.Split, cancel);
        var annotated = all.Select(annotation => annotation.ItemKey).ToHashSet();
        var itemIndexes = new Dictionary<long, int>(annotated.Count);
        var (probabilities, leftOut) = await PredictAsync(
            dataset, plan, models, item => annotated.Contains(item.Key), item => itemIndexes.Add(item.Key, itemIndexes.Count), cancel);
        if (itemIndexes.Count == 0)
        {
            ThrowIfUnfit(dataset, plan, leftOut);
            var gold = await items.ListAsync(dataset, new ItemFilter(plan.Split, HasGold: true), 0, 1, cancel);
            throw gold.Count > 0
                ? Nothing(dataset, plan, "NO_ANNOTATIONS", "annotations",
                    "Have some of its items labelled, or measure against its gold (basis EVALUATION_BASIS_GOLD; --basis gold)")
                : NeitherNor(dataset, plan);
        }

        return new AnnotatedItems(Table(dataset, all, itemIndexes), probabilities) { LeftOut = leftOut };
    }

    private static AnnotationTable Table(DatasetRecord dataset, IReadOnlyList<KeyedAnnotation> all, Dictionary<long, int> itemIndexes)
    {
        // Items deleted or moved to another split since the annotations were read are left out.
        KeyedAnnotation[] used = [.. all.Where(annotation => itemIndexes.ContainsKey(annotation.ItemKey))];
        var labelerIndexes = new Dictionary<long, int>();
        foreach (var key in used.Select(annotation => annotation.LabelerKey).Order())
        {
            labelerIndexes.TryAdd(key, labelerIndexes.Count);
        }

        return new AnnotationTable(
            itemIndexes.Count, labelerIndexes.Count, dataset.Schema.Classes.Count, [.. used.Select(a => itemIndexes[a.ItemKey])],
            [.. used.Select(a => labelerIndexes[a.LabelerKey])], [.. used.Select(a => a.ClassIndex)]);
    }

    private async Task<(IReadOnlyList<float[]> Probabilities, int LeftOut)> PredictAsync(
        DatasetRecord dataset, EvaluationPlan plan, IReadOnlyList<PinnedModel> models, Func<ItemFeatures, bool> isWanted,
        Action<ItemFeatures> take, CancellationToken cancel)
    {
        List<float>[] probabilities = [.. models.Select(_ => new List<float>())];
        var block = new RawItem[BlockItems];
        var (filled, bytes, leftOut) = (0, 0L, 0);
        await foreach (var item in items.StreamFeaturesAsync(dataset, plan.Split, 0, cancel))
        {
            if (!isWanted(item))
            {
                continue;
            }

            if (models.Any(model => model.Encoder.Problem(item.Raw) is not null))
            {
                leftOut++;
                continue;
            }

            take(item);
            block[filled++] = item.Raw;
            bytes += (item.Features.Length * (long)sizeof(float)) + ((item.Text?.Length ?? 0) * (long)sizeof(char));
            if (filled == BlockItems || bytes >= BlockBytes)
            {
                await FlushAsync();
            }
        }

        await FlushAsync();
        return ([.. probabilities.Select(list => list.ToArray())], leftOut);

        async Task FlushAsync()
        {
            for (var v = 0; v < models.Count && filled > 0; v++)
            {
                var predicted = await engine.PredictAsync(models[v], block.AsMemory(0, filled), Options, cancel);
                probabilities[v].AddRange(predicted.Probabilities);
            }

            (filled, bytes) = (0, 0);
        }
    }

    private static void ThrowIfUnfit(DatasetRecord dataset, EvaluationPlan plan, int leftOut)
    {
        if (leftOut > 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "ITEM_UNFIT",
                $"None of the {leftOut} items of the {plan.SplitName} split of datasets/{dataset.Id} that could be measured on can be read by the version: "
                + "sequences have more steps than it takes. Train one with a larger max_steps.",
                new FieldViolation("split", "has only items that the version cannot read"));
        }
    }

    private static ServiceException NeitherNor(DatasetRecord dataset, EvaluationPlan plan) => Nothing(
        dataset, plan, "NOTHING_TO_MEASURE_ON", "gold or annotations", "Import gold labels or annotations for it, or name another split");

    private static ServiceException Nothing(DatasetRecord dataset, EvaluationPlan plan, string reason, string what, string advice) => new(
        ErrorKind.FailedPrecondition, reason, $"The {plan.SplitName} split of datasets/{dataset.Id} has no items with features and {what}. {advice}.",
        new FieldViolation("split", $"has no items with features and {what}"));
}
