namespace LabelerService.Core.Curves;

/// <summary>Mean accuracy at one part of the data, over the seeds.</summary>
/// <param name="Items">Items, mean over the seeds.</param>
/// <param name="LabelsPerItem">Labels an item.</param>
/// <param name="Mean">Mean accuracy.</param>
/// <param name="Count">Seeds S.</param>
/// <param name="Squares">Sum of squared deviations from the mean.</param>
internal readonly record struct CurveMean(double Items, double LabelsPerItem, double Mean, int Count, double Squares)
{
    public double Labels => Items * LabelsPerItem;
}

/// <summary>
/// One shape of a learning curve. With u items of r labels each, x = ln u + ρ ln r counted from the largest part measured, accuracy is
/// level + rise · h(x)/|h(x₀)|, x₀ the smallest part. ρ says what another label of an item is worth against a label of another item: 1 as
/// much, 0 nothing. The noise of a single training has variance ∝ n^(−κ).
/// </summary>
/// <param name="Growth">h.</param>
/// <param name="LabelWorth">ρ.</param>
/// <param name="NoisePower">κ.</param>
/// <param name="LogPrior">Logarithm of its prior probability.</param>
internal sealed record CurveShape(CurveGrowth Growth, double LabelWorth, double NoisePower, double LogPrior)
{
    /// <summary>Prior probability that a curve saturates.</summary>
    public const double PriorOfSaturation = 0.75;

    private static readonly double[] NoisePowers = [0, 0.5, 1, 1.5];
    private static readonly double[] LabelWorths = [.. Enumerable.Range(0, 13).Select(step => step / 10.0)];

    private static readonly double[] Midpoints = [-2.4, -2, -1.6, -1.2, -0.8, -0.4, 0, 0.5, 1.2];

    // Small data sets, which are those that a crowd still labels, mostly saturate, and start late as often as not; large ones go on and on.
    private static readonly (CurveGrowth Growth, double Prior)[] Growths =
    [
        (new PowerGrowth(0), 1 - PriorOfSaturation),
        .. Alike(0.15, [.. new[] { 0.25, 0.5, 0.75, 1, 1.5, 2 }.Select(bend => new PowerGrowth(bend))]),
        .. Alike(0.2, [.. Midpoints.SelectMany(middle => new[] { 0.75, 1, 1.4, 2, 2.8 }.Select(steepness => new HillGrowth(steepness, middle)))]),
        .. Alike(0.2, [.. Midpoints.SelectMany(middle => new[] { 0.75, 1, 1.4, 2 }.Select(steepness => new WeibullGrowth(steepness, middle)))]),
        .. Alike(0.2, [.. Midpoints.SelectMany(middle => new[] { 0.5, 0.75, 1, 1.4, 2 }.Select(steepness => new FrechetGrowth(steepness, middle)))]),
    ];

    /// <summary>All shapes that are considered.</summary>
    public static IReadOnlyList<CurveShape> All { get; } =
    [
        .. Growths.SelectMany(growth => LabelWorths.SelectMany(worth => NoisePowers.Select(power => new CurveShape(
            growth.Growth, worth, power, Math.Log(growth.Prior / (LabelWorths.Length * NoisePowers.Length)))))),
    ];

    /// <summary>Whether accuracy is linear in the logarithm of the data.</summary>
    public bool IsLogLinear => Growth is PowerGrowth { Bend: 0 };

    /// <summary>x, from the logarithms of items and labels an item.</summary>
    public double Size(double logItems, double logLabelsPerItem) => logItems + (LabelWorth * logLabelsPerItem);

    private static IEnumerable<(CurveGrowth Growth, double Prior)> Alike(double prior, IReadOnlyList<CurveGrowth> growths) =>
        growths.Select(growth => (growth, prior / growths.Count));
}
