using LabelerService.Contracts.V1;
using LabelerService.Core.Metrics;

namespace LabelerService.Server.Inference.Evaluation;

/// <summary>Measures metrics with their intervals; one that is not defined becomes a warning.</summary>
/// <param name="plan">The plan.</param>
/// <param name="count">Number of rows, which are items.</param>
/// <param name="cancel">Cancels between replicas.</param>
internal sealed class MetricList(EvaluationPlan plan, int count, CancellationToken cancel)
{
    /// <summary>Fixed, so that the same data gives the same interval every time.</summary>
    public const int Seed = 1;

    private readonly int[] _all = [.. Enumerable.Range(0, count)];

    /// <summary>What was measured.</summary>
    public List<Metric> Metrics { get; } = [];

    /// <summary>Metrics that are not defined here.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Measures a metric.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="statistic">The metric over rows; NaN where it is not defined.</param>
    /// <param name="undefined">Why it may be undefined.</param>
    public void Add(string name, RowStatistic statistic, string undefined = "it is not defined on these items")
    {
        var value = statistic(_all);
        if (double.IsNaN(value))
        {
            Warnings.Add($"{name} is left out: {undefined}");
            return;
        }

        var interval = Bootstrap.Percentile(
            count,
            rows =>
            {
                cancel.ThrowIfCancellationRequested();
                return statistic(rows);
            },
            plan.ReplicasFor(count), Seed);
        var metric = new Metric { Metric_ = name, Split = plan.SplitName, Value = value, Count = count };
        if (!double.IsNaN(interval.Low))
        {
            (metric.Lower, metric.Upper) = (interval.Low, interval.High);
        }

        Metrics.Add(metric);
    }
}
