namespace LabelerService.Core.Curves;

/// <summary>
/// How accuracy grows with x, the logarithm of the data counted from the largest part measured: h(x), increasing, h(0) = 0. A curve is linear in h.
/// </summary>
internal abstract record CurveGrowth
{
    /// <summary>Whether there is an accuracy that it comes ever closer to.</summary>
    public abstract bool Saturates { get; }

    /// <summary>h(x); finite or infinite at ±∞.</summary>
    public abstract double Of(double x);
}

/// <summary>
/// h(x) = (1 − e^(−g·x))/g. At g = 0 that is x: accuracy is linear in the logarithm of the number of labels (Sun, Shrivastava, Singh, Gupta:
/// Revisiting Unreasonable Effectiveness of Data, ICCV 2017, §4.2; papers.md §2). At g &gt; 0 it is an inverse power law that saturates,
/// c − a·n^(−g); at g &lt; 0 it still gathers speed.
/// </summary>
/// <param name="Bend">g.</param>
internal sealed record PowerGrowth(double Bend) : CurveGrowth
{
    public override bool Saturates => Bend > 0;

    public override double Of(double x) => Bend == 0 ? x : (1 - Math.Exp(-Bend * x)) / Bend;
}

/// <summary>
/// Slow, then fast, then slow again: h(x) = σ(s·(x − m)) − σ(−s·m), which in n is (a·b + c·n^s)/(b + n^s), the curve of Morgan, Mercer and Flodin.
/// With the next it is among the few that fit learning curves of many learners best (Viering, Loog: The Shape of Learning Curves: a Review,
/// IEEE TPAMI 2023, table 1 and §4.1: MMF4, WBL4).
/// </summary>
/// <param name="Steepness">s.</param>
/// <param name="Midpoint">m, where it is steepest, as x.</param>
internal sealed record HillGrowth(double Steepness, double Midpoint) : CurveGrowth
{
    public override bool Saturates => true;

    public override double Of(double x) => Sigmoid(x) - Sigmoid(0);

    private double Sigmoid(double x) => 1 / (1 + Math.Exp(-Steepness * (x - Midpoint)));
}

/// <summary>
/// Error that decays exponentially in a power of the data, c − a·exp(−b·n^s) (Weibull; exponential at s = 1):
/// h(x) = exp(−e^(−s·m)) − exp(−e^(s·(x − m))).
/// </summary>
/// <param name="Steepness">s.</param>
/// <param name="Midpoint">m, where it is steepest, as x.</param>
internal sealed record WeibullGrowth(double Steepness, double Midpoint) : CurveGrowth
{
    public override bool Saturates => true;

    public override double Of(double x) => Left(0) - Left(x);

    private double Left(double x) => Math.Exp(-Math.Exp(Steepness * (x - Midpoint)));
}

/// <summary>
/// A late start, such as of a net that is at chance with little data, and then nearly an inverse power law: c·exp(−b·n^(−s)) (Fréchet; of ln n, Gompertz):
/// h(x) = exp(−e^(−s·(x − m))) − exp(−e^(s·m)).
/// </summary>
/// <param name="Steepness">s.</param>
/// <param name="Midpoint">m, where it is steepest, as x.</param>
internal sealed record FrechetGrowth(double Steepness, double Midpoint) : CurveGrowth
{
    public override bool Saturates => true;

    public override double Of(double x) => Reached(x) - Reached(0);

    private double Reached(double x) => Math.Exp(-Math.Exp(-Steepness * (x - Midpoint)));
}
