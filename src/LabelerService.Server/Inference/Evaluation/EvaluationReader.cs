using LabelerService.Core.Annotations;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Inference.Evaluation;

/// <summary>
/// Reads what models are measured on: the served graphs' predictions beside gold or annotations. Features are held a block at a time;
/// what stays in memory is one distribution an item and version.
/// </summary>
internal sealed class EvaluationReader(ItemStore items, AnnotationStore annotations, PredictionEngine engine)
{
    private const int BlockItems = 256;
    private static readonly PredictionOptions Options = new() { Background = true };

    /// <summary>Reads the items with gold, and predicts them.</summary>
    /// <exception cref="ServiceException">FAILED_PRECONDITION if there are none.</exception>
    public async Task<GoldItems> ReadGoldAsync(
        DatasetRecord dataset, EvaluationPlan plan, IReadOnlyList<PinnedModel> models, CancellationToken cancel)
    {
        var gold = new List<int>();
        var probabilities = await PredictAsync(
            dataset, plan, models,
            item =>
            {
                if (item.GoldClass is { } goldClass)
                {
                    gold.Add(goldClass);
                }

                return item.GoldClass is not null;
            },
            cancel);
        if (gold.Count == 0)
        {
            throw await annotations.AnyInSplitAsync(dataset, plan.Split, cancel)
                ? Nothing(dataset, plan, "NO_GOLD", "gold",
                    "Import gold labels for it, or measure against its labelers' annotations (basis EVALUATION_BASIS_LABELERS; --basis labelers)")
                : NeitherNor(dataset, plan);
        }

        return new GoldItems([.. gold], probabilities);
    }

    /// <summary>Reads the items with annotations, and predicts them.</summary>
    /// <exception cref="ServiceException">FAILED_PRECONDITION if there are none.</exception>
    public async Task<AnnotatedItems> ReadAnnotatedAsync(
        DatasetRecord dataset, EvaluationPlan plan, IReadOnlyList<PinnedModel> models, CancellationToken cancel)
    {
        var all = await annotations.ReadSplitAsync(dataset, plan.Split, cancel);
        var annotated = all.Select(annotation => annotation.ItemKey).ToHashSet();
        var itemIndexes = new Dictionary<long, int>(annotated.Count);
        var probabilities = await PredictAsync(
            dataset, plan, models, item => annotated.Contains(item.Key) && itemIndexes.TryAdd(item.Key, itemIndexes.Count), cancel);
        if (itemIndexes.Count == 0)
        {
            var gold = await items.ListAsync(dataset, new ItemFilter(plan.Split, HasGold: true), 0, 1, cancel);
            throw gold.Count > 0
                ? Nothing(dataset, plan, "NO_ANNOTATIONS", "annotations",
                    "Have some of its items labelled, or measure against its gold (basis EVALUATION_BASIS_GOLD; --basis gold)")
                : NeitherNor(dataset, plan);
        }

        return new AnnotatedItems(Table(dataset, all, itemIndexes), probabilities);
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

    private async Task<IReadOnlyList<float[]>> PredictAsync(
        DatasetRecord dataset, EvaluationPlan plan, IReadOnlyList<PinnedModel> models, Func<ItemFeatures, bool> take,
        CancellationToken cancel)
    {
        var length = dataset.Schema.FeatureLength;
        List<float>[] probabilities = [.. models.Select(_ => new List<float>())];
        var block = new float[BlockItems * length];
        var filled = 0;
        await foreach (var item in items.StreamFeaturesAsync(dataset, plan.Split, 0, cancel))
        {
            if (take(item))
            {
                item.Features.CopyTo(block.AsSpan(filled * length));
                if (++filled == BlockItems)
                {
                    await FlushAsync();
                }
            }
        }

        await FlushAsync();
        return [.. probabilities.Select(list => list.ToArray())];

        async Task FlushAsync()
        {
            for (var v = 0; v < models.Count && filled > 0; v++)
            {
                var predicted = await engine.PredictAsync(models[v], block, filled, Options, cancel);
                probabilities[v].AddRange(predicted.Probabilities);
            }

            filled = 0;
        }
    }

    private static ServiceException NeitherNor(DatasetRecord dataset, EvaluationPlan plan) => Nothing(
        dataset, plan, "NOTHING_TO_MEASURE_ON", "gold or annotations", "Import gold labels or annotations for it, or name another split");

    private static ServiceException Nothing(DatasetRecord dataset, EvaluationPlan plan, string reason, string what, string advice) => new(
        ErrorKind.FailedPrecondition, reason, $"The {plan.SplitName} split of datasets/{dataset.Id} has no items with features and {what}. {advice}.",
        new FieldViolation("split", $"has no items with features and {what}"));
}
