using System.Globalization;
using LabelerService.Core.Drift;
using LabelerService.Core.Encodings;
using LabelerService.Server.Inference;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Retraining;

namespace LabelerService.Server.Retraining;

/// <summary>One labeler in a search for drift.</summary>
/// <param name="LabelerId">Its external id.</param>
/// <param name="Agreement">How often it names the champion's class, before and since.</param>
/// <param name="Result">What the test says.</param>
internal sealed record LabelerDrift(string LabelerId, LabelerAgreement Agreement, LabelerDriftResult Result);

/// <summary>What a search found.</summary>
/// <param name="Alarm">Why a run is to start; null if it is not.</param>
/// <param name="Text">What was found, for people.</param>
/// <param name="Labelers">All labelers that were looked at, those nearest to an alarm first.</param>
internal sealed record DriftFound(string? Alarm, string Text, IReadOnlyList<LabelerDrift> Labelers);

/// <summary>
/// Looks whether labelers agree less with the champion than before. Of each labeler the latest annotations of either side are taken, so cost
/// and memory grow with the labelers and not with the annotations; features are held a block of items at a time.
/// </summary>
internal sealed class DriftSearcher(AnnotationStore annotations, ItemStore items, PredictionEngine engine)
{
    private const int BlockItems = 256;

    // 4 MiB of float32.
    private const int BlockValues = 1 << 20;
    private const int NamedLabelers = 5;
    private static readonly PredictionOptions Options = new() { Background = true };

    /// <summary>Annotations of a labeler on either side at most: more decide nothing that these do not.</summary>
    private const int PerSide = 400;

    /// <summary>Searches.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="policy">A policy with a drift trigger.</param>
    /// <param name="look">1 for the first search since the policy's last run; later ones are stricter.</param>
    /// <param name="cancel">Cancels between blocks.</param>
    public async Task<DriftFound> SearchAsync(DatasetRecord dataset, RetrainingPolicyRecord policy, int look, CancellationToken cancel)
    {
        var trigger = policy.Spec.Drift ?? throw new ArgumentException("The policy has no drift trigger.", nameof(policy));
        if (policy.Facts.Champion is not { } champion || RetrainingStore.DriftSince(policy) is not { } since)
        {
            return new DriftFound(null, "there is no champion yet to compare labelers with", []);
        }

        var sample = await annotations.ReadSidesAsync(dataset, since, PerSide, cancel);
        var predicted = await PredictAsync(dataset, policy.Spec.ModelId, champion, sample, cancel);
        var counted = Count(sample, predicted);
        var results = LabelerDriftTest.Run(
            [.. counted.Select(labeler => labeler.Agreement)], dataset.Schema.Classes.Count, trigger.MinLabels,
            LabelerDriftTest.RateOfLook(trigger.FalseAlarmRate, look));
        LabelerDrift[] labelers =
        [
            .. counted.Zip(results, (labeler, result) => new LabelerDrift(labeler.Id, labeler.Agreement, result))
                .OrderBy(labeler => labeler.Result.PValue ?? 2).ThenBy(labeler => labeler.LabelerId, StringComparer.Ordinal),
        ];
        var alarms = labelers.Where(labeler => labeler.Result.Alarm).ToArray();
        var tested = labelers.Count(labeler => labeler.Result.PValue is not null);
        var moment = since.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return alarms.Length > 0
            ? new DriftFound(Describe(alarms, moment), Describe(alarms, moment), labelers)
            : new DriftFound(
                null,
                tested == 0
                    ? $"no labeler can be tested yet: it takes {trigger.MinLabels} annotations before and since {moment}, and another labeler to compare with"
                    : $"of {tested} labelers tested (before and since {moment}, look {look}) none agrees less with the champion than the others' shift explains",
                labelers);
    }

    private static string Describe(LabelerDrift[] alarms, string since)
    {
        var named = alarms.Take(NamedLabelers).Select(labeler => string.Create(
            CultureInfo.InvariantCulture,
            $"labeler {Shorten(labeler.LabelerId)} names the champion's class in {labeler.Agreement.RecentAgreements} of {labeler.Agreement.RecentCount} annotations since {since}, before in {labeler.Agreement.EarlierAgreements} of {labeler.Agreement.EarlierCount} (p {labeler.Result.PValue:0.0######})"));
        return string.Join("; ", named) + (alarms.Length > NamedLabelers ? $"; and {alarms.Length - NamedLabelers} more" : "");
    }

    private static string Shorten(string id) => id.Length <= 64 ? id : id[..64] + "…";

    private static List<(string Id, LabelerAgreement Agreement)> Count(IReadOnlyList<SidedAnnotation> sample, Dictionary<long, int> predicted)
    {
        var counts = new Dictionary<string, LabelerAgreement>(StringComparer.Ordinal);
        foreach (var annotation in sample)
        {
            if (!predicted.TryGetValue(annotation.ItemKey, out var top))
            {
                continue;
            }

            var agrees = annotation.ClassIndex == top ? 1 : 0;
            var had = counts.GetValueOrDefault(annotation.LabelerId);
            counts[annotation.LabelerId] = annotation.Recent
                ? had with { RecentCount = had.RecentCount + 1, RecentAgreements = had.RecentAgreements + agrees }
                : had with { EarlierCount = had.EarlierCount + 1, EarlierAgreements = had.EarlierAgreements + agrees };
        }

        return [.. counts.Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Key, StringComparer.Ordinal)];
    }

    private async Task<Dictionary<long, int>> PredictAsync(
        DatasetRecord dataset, string modelId, int version, IReadOnlyList<SidedAnnotation> sample, CancellationToken cancel)
    {
        var predicted = new Dictionary<long, int>();
        if (sample.Count == 0)
        {
            return predicted;
        }

        using var model = await engine.PinAsync(dataset.Id, modelId, version, alias: null, "retraining_policy.model_id", cancel);
        var most = Math.Clamp(BlockValues / model.Version.Manifest.FeatureLength, 1, BlockItems);
        var block = new RawItem[most];
        foreach (var keys in sample.Select(annotation => annotation.ItemKey).Distinct().Order().Chunk(most))
        {
            // Items without features are not there, and of those that the version cannot read it says nothing.
            var found = new List<long>(keys.Length);
            await foreach (var item in items.StreamFeaturesByKeyAsync(dataset, keys, cancel))
            {
                if (model.Encoder.Problem(item.Raw) is null)
                {
                    block[found.Count] = item.Raw;
                    found.Add(item.Key);
                }
            }

            if (found.Count > 0)
            {
                var answer = await engine.PredictAsync(model, block.AsMemory(0, found.Count), Options, cancel);
                for (var i = 0; i < found.Count; i++)
                {
                    predicted[found[i]] = answer.TopClass(i);
                }
            }
        }

        return predicted;
    }
}
