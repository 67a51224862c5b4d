using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Core.Metrics;

namespace LabelerService.Server.Inference.Evaluation;

/// <summary>Compares two models on the same items.</summary>
internal sealed class ModelComparer(EvaluationReader reader)
{
    /// <summary>Compares two versions of a dataset.</summary>
    /// <exception cref="ServiceException">FAILED_PRECONDITION if the split has nothing to measure on.</exception>
    public async Task<CompareModelsResponse> CompareAsync(
        PinnedModel first, PinnedModel second, EvaluationPlan plan, CancellationToken cancel)
    {
        var dataset = first.Dataset;
        var response = new CompareModelsResponse
        {
            FirstModelVersion = ResourceName.ModelVersion(dataset.Id, first.Version.ModelId, first.Version.Version),
            SecondModelVersion = ResourceName.ModelVersion(dataset.Id, second.Version.ModelId, second.Version.Version),
            Basis = plan.Basis,
            Warnings = { plan.Warnings() },
        };
        if (plan.Basis == EvaluationBasis.Labelers)
        {
            AddLabelers(response, await reader.ReadAnnotatedAsync(dataset, plan, [first, second], cancel), plan, cancel);
        }
        else
        {
            AddGold(response, await reader.ReadGoldAsync(dataset, plan, [first, second], cancel), plan, dataset.Schema.Classes.Count);
        }

        // The first metric decides.
        response.Verdict = response.Metrics[0].Verdict;
        return response;
    }

    private static void AddGold(CompareModelsResponse response, GoldItems items, EvaluationPlan plan, int classes)
    {
        response.Warnings.AddRange(items.Warnings());
        var (first, second) = (items.Probabilities[0], items.Probabilities[1]);
        var a = new ClassificationSample(first, items.Gold, classes);
        var b = new ClassificationSample(second, items.Gold, classes);
        var result = PairedComparison.Compare(first, second, items.Gold, classes, plan.ReplicasFor(items.Gold.Length), MetricList.Seed, plan.Level);
        response.Metrics.Add(Comparison(
            "accuracy", plan, a.Accuracy(), b.Accuracy(), new(result.AccuracyDifference, result.AccuracyInterval), result.Count, higherIsBetter: true));
        response.Metrics.Add(Comparison(
            "log_loss", plan, a.LogLoss(), b.LogLoss(), new(result.LogLossDifference, result.LogLossInterval), result.Count, higherIsBetter: false));
        response.Mcnemar = new McNemarTest
        {
            OnlyFirstRight = result.OnlyFirstRight,
            OnlySecondRight = result.OnlySecondRight,
            PValue = result.McNemarP,
        };
    }

    private static void AddLabelers(CompareModelsResponse response, AnnotatedItems items, EvaluationPlan plan, CancellationToken cancel)
    {
        response.Warnings.AddRange(items.Warnings());
        var (first, second) = (items.Probabilities[0], items.Probabilities[1]);

        // One set of confusions for both: with a set each, a model that mixes up two classes would be excused by labelers who seem to.
        var mean = new double[first.Length];
        for (var i = 0; i < mean.Length; i++)
        {
            mean[i] = ((double)first[i] + second[i]) / 2;
        }

        var confusions = LabelerConfusionFit.Of(items.Annotations, mean, cancel);
        var a = new HeldOutLabelers(first, items.Annotations, confusions);
        var b = new HeldOutLabelers(second, items.Annotations, confusions);
        var replicas = plan.ReplicasFor(a.Count);
        response.Metrics.Add(Comparison(
            "held_out_log_likelihood", plan, a.LogLikelihood(), b.LogLikelihood(), PairedComparison.Compare(a, b, replicas, MetricList.Seed, plan.Level),
            a.Count, higherIsBetter: true));
        response.Metrics.Add(Comparison(
            "agreement", plan, a.Agreement(), b.Agreement(), Difference(a.Agreement, b.Agreement), a.Count, higherIsBetter: true));
        response.Metrics.Add(Comparison(
            "label_loss", plan, a.LabelLoss(), b.LabelLoss(), Difference(a.LabelLoss, b.LabelLoss), a.Count, higherIsBetter: false));

        PairedDifference Difference(RowStatistic one, RowStatistic other)
        {
            int[] all = [.. Enumerable.Range(0, a.Count)];
            return new(other(all) - one(all), Bootstrap.Percentile(a.Count, rows => other(rows) - one(rows), replicas, MetricList.Seed, plan.Level));
        }
    }

    private static MetricComparison Comparison(
        string name, EvaluationPlan plan, double first, double second, PairedDifference difference, int count, bool higherIsBetter) => new()
        {
            Metric = name,
            Split = plan.SplitName,
            First = first,
            Second = second,
            Difference = difference.Difference,
            Lower = difference.Interval.Low,
            Upper = difference.Interval.High,
            Count = count,
            Verdict = Verdict(difference.Interval, higherIsBetter),
        };

    private static ComparisonVerdict Verdict(Interval difference, bool higherIsBetter) => (difference.Low > 0, difference.High < 0) switch
    {
        (true, _) => higherIsBetter ? ComparisonVerdict.SecondBetter : ComparisonVerdict.FirstBetter,
        (_, true) => higherIsBetter ? ComparisonVerdict.FirstBetter : ComparisonVerdict.SecondBetter,
        _ => ComparisonVerdict.NoDifference,
    };
}
