using LabelerService.Core.Randomness;

namespace LabelerService.Core.Curves;

/// <summary>
/// What the means of a curve's parts say of its shape, as draws from the posterior. For each shape (g, ρ, κ; <see cref="CurveShape"/>) the
/// model is linear: ȳ_k = level + rise·z_k + e_k, e_k ~ N(0, σ²/w_k), w_k = S_k (n_k/n_top)^κ. With flat priors on level and rise, which mean the
/// same whatever the shape, and 1/σ² on σ²:
///   p(shape | y) ∝ p(shape) · Π w_k^½ · |ZᵀWZ|^(−½) · SSR^(−(K−2)/2) · Π (n_k/n_top)^(κ(S_k−1)/2) · Q^(−Σ(S_k−1)/2),
/// SSR the weighted residual sum of squares of K means, Q = Σ (n_k/n_top)^κ Σ_s (y_ks − ȳ_k)² that of single trainings around their means
/// (Gelman et al.: Bayesian Data Analysis, 3rd ed. 2013, §14.2 and §7.4). Given the shape, σ² is SSR/χ²(K−2), and level and rise are normal, as far as the
/// accuracies that a curve comes ever closer to are within [0, 1]: other draws are left out.
/// </summary>
/// <remarks>
/// The residuals are those of means of parts, so what makes the curve itself differ from its shape counts, and seeds do not make it look
/// better known than it is. Where means lie closer to the fit than their seeds let them, that is luck, and both estimates are pooled.
/// </remarks>
internal sealed class CurvePosterior
{
    /// <summary>Sizes that a fit needs: with fewer there is nothing left to judge it by.</summary>
    public const int FewestSizes = 3;

    private const int DrawCount = 4000;
    private const int MostPasses = 10;
    private const int FewestPossible = 1000;
    private readonly CurveMean[] _means;
    private readonly double _logItems;
    private readonly double _logLabels;

    private CurvePosterior(CurveMean[] means, double granularity, long seed, IReadOnlyList<CurveShape> shapes)
    {
        _means = means;
        var top = means.MaxBy(mean => mean.Labels);
        (_logItems, _logLabels) = (Math.Log(top.Items), Math.Log(top.LabelsPerItem));
        var noises = shapes.Select(shape => shape.NoisePower).Distinct().ToDictionary(power => power, power => new Precision(this, power, granularity));
        var fits = shapes.Select(shape => ShapeFit.Of(this, shape, noises[shape.NoisePower], granularity)).OfType<ShapeFit>().ToArray();
        Draws = Sample(fits, new RandomStream(seed));
        Saturation = Draws.Average(draw => draw.Shape.Growth.Saturates ? 1.0 : 0);
        LogLinear = Sample([.. fits.Where(fit => fit.Shape.IsLogLinear)], new RandomStream(seed, 1));
    }

    /// <summary>Curves, equally probable.</summary>
    public CurveDraw[] Draws { get; }

    /// <summary>Curves that are linear in the logarithm of the number of labels, equally probable.</summary>
    public CurveDraw[] LogLinear { get; }

    /// <summary>Probability that the curve saturates.</summary>
    public double Saturation { get; }

    /// <summary>The parts that it is worked out from.</summary>
    public IReadOnlyList<CurveMean> Means => _means;

    /// <summary>Works out what the means say; null where there are too few.</summary>
    /// <param name="means">Means of the parts of the data.</param>
    /// <param name="evaluated">Items that accuracy is measured on.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <param name="shapes">Shapes that are considered, some of them log-linear; null for all.</param>
    public static CurvePosterior? Of(CurveMean[] means, int evaluated, long seed, IReadOnlyList<CurveShape>? shapes = null) =>
        means.Select(mean => mean.Items).Distinct().Count() < FewestSizes
            ? null
            // An accuracy is a multiple of 1/m: means that fit exactly are known no better than that.
            : new CurvePosterior(means, 1 / (12.0 * evaluated * evaluated), seed, shapes ?? CurveShape.All);

    /// <summary>Accuracy that a draw expects; within [0, 1].</summary>
    public double Expected(in CurveDraw draw, double items, double labelsPerItem) =>
        Math.Clamp(Height(draw, items, labelsPerItem), 0, 1);

    /// <summary>Slope of accuracy against ln u and intercept, of a log-linear draw, at a number of labels an item.</summary>
    public (double Intercept, double Slope) Line(in CurveDraw draw, double labelsPerItem)
    {
        var slope = draw.Rise / draw.Scale;
        return (Height(draw, 1 / labelsPerItem, labelsPerItem), slope);
    }

    /// <summary>Standard deviation of a single training's accuracy around what a draw expects. Beyond the data it shrinks no further.</summary>
    public double Noise(in CurveDraw draw, double items, double labelsPerItem) =>
        draw.Sigma * Math.Exp(-draw.Shape.NoisePower / 2 * Math.Min(0, LogRatio(items, labelsPerItem)));

    private double Height(in CurveDraw draw, double items, double labelsPerItem) =>
        draw.Level + (draw.Rise / draw.Scale * draw.Shape.Growth.Of(
            draw.Shape.Size(Math.Log(items) - _logItems, Math.Log(labelsPerItem) - _logLabels)));

    private double LogRatio(double items, double labelsPerItem) => Math.Log(items) + Math.Log(labelsPerItem) - _logItems - _logLabels;

    // Systematic sampling: in each pass a shape gets its share of the draws, up to one. Of the curves that are possible as many are kept, evenly spaced.
    private static CurveDraw[] Sample(ShapeFit[] fits, RandomStream random)
    {
        var best = fits.Max(fit => fit.LogWeight);
        double[] weights = [.. fits.Select(fit => Math.Exp(fit.LogWeight - best))];
        var total = weights.Sum();
        var (all, possible) = (new List<CurveDraw>(), new List<CurveDraw>());
        for (var pass = 0; pass < MostPasses && possible.Count < DrawCount; pass++)
        {
            var (at, offset, reached) = (0, random.NextDouble(), weights[0]);
            for (var i = 0; i < DrawCount; i++)
            {
                var wanted = (i + offset) / DrawCount * total;
                while (reached < wanted && at < fits.Length - 1)
                {
                    reached += weights[++at];
                }

                var draw = fits[at].Draw(random);
                all.Add(draw);
                if (draw.IsPossible)
                {
                    possible.Add(draw);
                }
            }
        }

        // Where hardly any is possible, points of more noise than signal say nothing of where the curve ends.
        var kept = possible.Count * FewestPossible < all.Count ? all : possible;
        return [.. Enumerable.Range(0, DrawCount).Select(i => kept[(int)((long)i * kept.Count / DrawCount)])];
    }

    // What is the same for all shapes of one κ.
    private sealed class Precision
    {
        public Precision(CurvePosterior data, double noisePower, double granularity)
        {
            var means = data._means;
            LogItems = [.. means.Select(mean => Math.Log(mean.Items) - data._logItems)];
            LogLabels = [.. means.Select(mean => Math.Log(mean.LabelsPerItem) - data._logLabels)];
            double[] logPrecisions = [.. LogItems.Zip(LogLabels, (items, labels) => noisePower * (items + labels))];
            Weights = [.. means.Zip(logPrecisions, (mean, logPrecision) => mean.Count * Math.Exp(logPrecision))];
            LogWeights = Weights.Sum(Math.Log);
            WithinFreedom = means.Sum(mean => mean.Count - 1);
            Within = (WithinFreedom * granularity) + means.Zip(logPrecisions, (mean, logPrecision) => Math.Exp(logPrecision) * mean.Squares).Sum();
            LogWithin = WithinFreedom == 0 ? 0 : (means.Zip(logPrecisions, (mean, logPrecision) => logPrecision * (mean.Count - 1)).Sum() / 2) - (WithinFreedom / 2.0 * Math.Log(Within));
        }

        public double[] LogItems { get; }

        public double[] LogLabels { get; }

        /// <summary>w of each mean.</summary>
        public double[] Weights { get; }

        public double LogWeights { get; }

        /// <summary>Q.</summary>
        public double Within { get; }

        public int WithinFreedom { get; }

        /// <summary>Logarithm of the likelihood of the single trainings around their means.</summary>
        public double LogWithin { get; }
    }

    private sealed record ShapeFit(
        CurveShape Shape, double LogWeight, double Level, double Rise, double VarianceOfLevel, double Covariance, double VarianceOfRise, double Scale,
        double SumOfSquares, int Freedom)
    {
        public static ShapeFit? Of(CurvePosterior data, CurveShape shape, Precision precision, double granularity)
        {
            var means = data._means;
            var heights = new double[means.Length];
            var smallest = double.PositiveInfinity;
            for (var k = 0; k < means.Length; k++)
            {
                var size = shape.Size(precision.LogItems[k], precision.LogLabels[k]);
                heights[k] = shape.Growth.Of(size);
                smallest = Math.Min(smallest, size);
            }

            var scale = Math.Abs(shape.Growth.Of(smallest));
            if (scale < 1e-9)
            {
                return null;
            }

            double sumW = 0, sumWz = 0, sumWzz = 0, sumWy = 0, sumWzy = 0;
            for (var k = 0; k < means.Length; k++)
            {
                var (w, z) = (precision.Weights[k], heights[k] / scale);
                (sumW, sumWz, sumWzz) = (sumW + w, sumWz + (w * z), sumWzz + (w * z * z));
                (sumWy, sumWzy) = (sumWy + (w * means[k].Mean), sumWzy + (w * z * means[k].Mean));
            }

            var determinant = (sumW * sumWzz) - (sumWz * sumWz);
            if (determinant < 1e-12 * sumW * sumWzz)
            {
                // All parts but one are equally high: a step, of which nothing follows.
                return null;
            }

            var level = ((sumWzz * sumWy) - (sumWz * sumWzy)) / determinant;
            var rise = ((sumW * sumWzy) - (sumWz * sumWy)) / determinant;
            var squares = means.Length * granularity;
            for (var k = 0; k < means.Length; k++)
            {
                var residual = means[k].Mean - level - (rise * heights[k] / scale);
                squares += precision.Weights[k] * residual * residual;
            }

            var freedom = means.Length - 2;
            var logWeight = shape.LogPrior + (precision.LogWeights / 2) - (Math.Log(determinant) / 2) - (freedom / 2.0 * Math.Log(squares));
            if (precision.WithinFreedom > 0)
            {
                logWeight += precision.LogWithin;
                if (squares * precision.WithinFreedom < precision.Within * freedom)
                {
                    (squares, freedom) = (squares + precision.Within, freedom + precision.WithinFreedom);
                }
            }

            return new ShapeFit(
                shape, logWeight, level, rise, sumWzz / determinant, -sumWz / determinant, sumW / determinant, scale, squares, freedom);
        }

        public CurveDraw Draw(RandomStream random)
        {
            // χ²(ν) is twice a Gamma variate of shape ν/2.
            var sigma = Math.Sqrt(SumOfSquares / (2 * Math.Exp(random.NextLogGamma(Freedom / 2.0))));
            var (first, second) = (random.NextNormal(), random.NextNormal());
            var deviation = Math.Sqrt(VarianceOfLevel);
            var level = Level + (sigma * deviation * first);
            var rise = Rise + (sigma * ((Covariance / deviation * first) + (Math.Sqrt(VarianceOfRise - (Covariance * Covariance / VarianceOfLevel)) * second)));
            return new CurveDraw(Shape, level, rise, Scale, sigma);
        }
    }
}

/// <summary>One curve of the posterior.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Level">Accuracy at the largest part measured.</param>
/// <param name="Rise">Accuracy gained between the smallest part and that.</param>
/// <param name="Scale">|h(x₀)|.</param>
/// <param name="Sigma">Standard deviation of a single training at the largest part.</param>
internal readonly record struct CurveDraw(CurveShape Shape, double Level, double Rise, double Scale, double Sigma)
{
    /// <summary>Whether the accuracies that it comes ever closer to, with more data and with less, are ones.</summary>
    public bool IsPossible => IsAccuracyOrNone(double.PositiveInfinity) && IsAccuracyOrNone(double.NegativeInfinity);

    private bool IsAccuracyOrNone(double x)
    {
        var height = Shape.Growth.Of(x);
        return !double.IsFinite(height) || Level + (Rise / Scale * height) is >= 0 and <= 1;
    }
}
