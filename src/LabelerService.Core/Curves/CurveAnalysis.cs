using System.Globalization;
using LabelerService.Core.Metrics;
using LabelerService.Core.Randomness;

namespace LabelerService.Core.Curves;

/// <summary>
/// Works out what a learning curve says: a fit for each capacity, forecasts, and what the next labels are worth. Accuracy is forecast by
/// averaging over shapes that saturate or do not (<see cref="CurvePosterior"/>), so that intervals are as wide as what the points leave open.
/// </summary>
/// <remarks>
/// Noise of sampling the m items that accuracy p is measured on: it has variance p(1−p)/m, and is the same for all points of a curve, as they
/// share the items. It counts where something is said of other items. A gain G has variance at most G(1−G)/m, reached where each item is
/// gained for good or not at all.
/// </remarks>
public static class CurveAnalysis
{
    private const long Seed = 2017;
    private const int EnoughPoints = 200;
    private const int SizesToCheck = 4;
    private const double Sure = 0.95;

    /// <summary>Works out a report.</summary>
    /// <param name="points">The points measured so far.</param>
    /// <param name="size">How much data there is in all; null before that is known.</param>
    /// <param name="question">What is asked.</param>
    public static CurveReport Of(IReadOnlyList<CurvePoint> points, CurveSize? size, CurveQuestion question)
    {
        if (size is null || size.Labels == 0 || points.Count == 0)
        {
            return new CurveReport([], [], "Nothing is measured yet.");
        }

        var curves = points.Select(point => point.Cell.Capacity).Distinct()
            .Select(capacity => Curve.Of(capacity, [.. points.Where(point => point.Cell.Capacity == capacity)], size))
            .OfType<Curve>().ToArray();
        if (curves.Length == 0)
        {
            return new CurveReport(
                [], [],
                $"Too few points for a fit: it takes {CurvePosterior.FewestSizes} different shares of the items whose models could be trained.");
        }

        var targets = question.Labels.Count > 0 ? question.Labels : [size.Labels * 3 / 2, size.Labels * 2, size.Labels * 4];
        var fits = curves.Select(curve => curve.Fit(targets)).ToArray();
        var best = curves.MaxBy(curve => curve.Now)!;
        var target = targets.FirstOrDefault(labels => labels > size.Labels, size.Labels * 2);
        var options = CurveOptions.Of(curves, best, size, target, question);
        return new CurveReport(fits, options, CurveSummary.Of(best, size, target, options));
    }

    /// <summary>The curve of one capacity.</summary>
    internal sealed class Curve
    {
        private readonly CurvePosterior _posterior;
        private readonly CurveSize _size;
        private readonly double[] _testNoise;
        private readonly double[] _ownNoise;

        private Curve(string capacity, CurvePosterior posterior, CurveSize size, int evaluated, int labelShares, int failed)
        {
            (Capacity, _posterior, _size, Evaluated, LabelShares, Failed) = (capacity, posterior, size, evaluated, labelShares, failed);
            var random = new RandomStream(Seed, 2);
            _testNoise = [.. posterior.Draws.Select(_ => random.NextNormal())];
            _ownNoise = [.. posterior.Draws.Select(_ => random.NextNormal())];
            Now = posterior.Draws.Average(draw => posterior.Expected(draw, size.Items, size.LabelsPerItem));
        }

        public string Capacity { get; }

        /// <summary>Items that accuracy is measured on.</summary>
        public int Evaluated { get; }

        /// <summary>Shares of labels that were measured.</summary>
        public int LabelShares { get; }

        /// <summary>Parts of the data that no model could be trained on.</summary>
        public int Failed { get; }

        /// <summary>Expected accuracy with all the present labels.</summary>
        public double Now { get; }

        /// <summary>Probability that it saturates.</summary>
        public double Saturation => _posterior.Saturation;

        /// <summary>Null where the points are too few.</summary>
        public static Curve? Of(string capacity, CurvePoint[] points, CurveSize size)
        {
            var trained = points.Where(point => point.Accuracy is not null && point.Items > 0).ToArray();
            if (trained.Length == 0)
            {
                return null;
            }

            CurveMean[] means = [.. trained.GroupBy(point => (point.Cell.ItemShare, point.Cell.LabelShare)).Select(Mean)];
            var evaluated = trained.Max(point => point.Evaluated);
            return CurvePosterior.Of(means, evaluated, Seed) is { } posterior
                ? new Curve(capacity, posterior, size, evaluated, trained.Select(point => point.Cell.LabelShare).Distinct().Count(), points.Length - trained.Length)
                : null;
        }

        /// <summary>Expected accuracy of each draw.</summary>
        public double[] Expected(double items, double labelsPerItem) => [.. _posterior.Draws.Select(draw => _posterior.Expected(draw, items, labelsPerItem))];

        /// <summary>Gain of each draw over another state, on items of this kind in general.</summary>
        public double[] Gains(double[] now, double[] then)
        {
            var gains = new double[now.Length];
            for (var i = 0; i < gains.Length; i++)
            {
                var gain = then[i] - now[i];
                var size = Math.Abs(gain);
                gains[i] = gain + (_testNoise[i] * Math.Sqrt(size * (1 - size) / Evaluated));
            }

            return gains;
        }

        public CurveFit Fit(IReadOnlyList<long> targets)
        {
            var perItem = _size.LabelsPerItem;
            var lines = _posterior.LogLinear.Select(draw => _posterior.Line(draw, perItem)).ToArray();
            return new CurveFit
            {
                Capacity = Capacity,
                Intercept = Interval([.. lines.Select(line => line.Intercept)]),
                Slope = Interval([.. lines.Select(line => line.Slope)]),
                ResidualDeviation = Interval([.. _posterior.Draws.Select(draw => draw.Sigma)]).Mean,
                Saturation = _posterior.Saturation,
                LabelWorth = LabelShares > 1 ? Interval([.. _posterior.Draws.Select(draw => draw.Shape.LabelWorth)]) : null,
                Forecasts = [.. targets.Select(labels => Forecast(labels))],
                Warnings = Warnings(targets.Max()),
            };
        }

        private CurveForecast Forecast(long labels)
        {
            var perItem = _size.LabelsPerItem;
            var items = labels / perItem;
            var (now, then) = (Expected(_size.Items, perItem), Expected(items, perItem));
            var (measured, others) = (new double[then.Length], new double[then.Length]);
            for (var i = 0; i < then.Length; i++)
            {
                measured[i] = Math.Clamp(then[i] + (_ownNoise[i] * _posterior.Noise(_posterior.Draws[i], items, perItem)), 0, 1);
                others[i] = Math.Clamp(measured[i] + (_testNoise[i] * Math.Sqrt(then[i] * (1 - then[i]) / Evaluated)), 0, 1);
            }

            return new CurveForecast(labels, Interval(then), Interval(measured), Interval(others), Interval(Gains(now, then)));
        }

        private List<string> Warnings(long farthest)
        {
            var warnings = new List<string>();
            if (Failed > 0)
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{Failed} points have no model and are left out."));
            }

            if (Misfit() is { } misfit)
            {
                warnings.Add(misfit);
            }

            if (_posterior.Saturation > Sure)
            {
                warnings.Add("The curve saturates: the log-linear line lies above what more labels will give; go by the forecasts.");
            }

            var sizes = _posterior.Means.Select(mean => mean.Items).Distinct().Count();
            if (sizes < 5)
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"Only {sizes} sizes were measured: intervals are wide. Five or more tell more than further seeds."));
            }

            var measured = _posterior.Means.Max(mean => mean.Labels);
            if (farthest > 4 * measured)
            {
                warnings.Add("Forecasts beyond four times the labels measured rest on the assumed shapes more than on the points.");
            }

            if (Evaluated < EnoughPoints)
            {
                warnings.Add(string.Create(
                    CultureInfo.InvariantCulture, $"Accuracy is measured on {Evaluated} items only: on others it may differ by {Points(1.96 * Math.Sqrt(Now * (1 - Now) / Evaluated))} points."));
            }

            return warnings;
        }

        // The largest part, forecast from the others: where that fails, forecasts beyond it cannot be trusted either.
        private string? Misfit()
        {
            var top = _posterior.Means.MaxBy(mean => mean.Labels);
            CurveMean[] others = [.. _posterior.Means.Where(mean => mean != top)];
            if (others.Select(mean => mean.Items).Distinct().Count() < SizesToCheck || CurvePosterior.Of(others, Evaluated, Seed) is not { } before)
            {
                return null;
            }

            var random = new RandomStream(Seed, 3);
            var interval = Interval([.. before.Draws.Select(draw => Math.Clamp(
                before.Expected(draw, top.Items, top.LabelsPerItem)
                + (random.NextNormal() * before.Noise(draw, top.Items, top.LabelsPerItem) / Math.Sqrt(top.Count)), 0, 1))]);
            return top.Mean >= interval.Low && top.Mean <= interval.High
                ? null
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"The curve is of no shape that is known here: from the smaller parts {top.Labels:#,0} labels should give {Points(interval.Low)} to {Points(interval.High)} %, and they give {Points(top.Mean)} %. Do not rely on the forecasts; measure more sizes near all the data.");
        }

        private static CurveMean Mean(IEnumerable<CurvePoint> part)
        {
            var points = part.ToArray();
            var mean = points.Average(point => point.Accuracy!.Value);
            var items = points.Average(point => (double)point.Items);
            return new CurveMean(
                items, points.Average(point => (double)point.Labels) / items, mean, points.Length,
                points.Sum(point => (point.Accuracy!.Value - mean) * (point.Accuracy!.Value - mean)));
        }
    }

    /// <summary>Mean and central 95 % of draws.</summary>
    internal static CurveInterval Interval(double[] draws)
    {
        double[] sorted = [.. draws.Order()];
        // The mean of draws that a t distribution of few degrees of freedom gave is ruled by its tails; the median is not.
        return new CurveInterval(Quantiles.Of<double>(sorted, 0.5), Quantiles.Of<double>(sorted, 0.025), Quantiles.Of<double>(sorted, 0.975));
    }

    /// <summary>Percentage points with one digit.</summary>
    internal static string Points(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture);
}
