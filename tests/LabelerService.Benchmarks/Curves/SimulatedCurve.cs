using LabelerService.Core.Curves;

namespace LabelerService.Benchmarks.Curves;

/// <summary>Learning curves whose truth is known: from 50 % at a twentieth of the data, most to 85 % at all of it.</summary>
internal static class SimulatedCurve
{
    private const double Low = 0.5;
    private const double High = 0.85;
    private const double Least = 0.05;
    private const double NoiseAtAll = 0.006;

    public static CurveSize Size { get; } = new(1000, 3000);

    /// <summary>Name and accuracy as a function of the share of the data. The last two are S-shaped.</summary>
    public static IReadOnlyList<(string Name, Func<double, double> Truth)> Truths { get; } =
    [
        ("log_linear", share => High + ((High - Low) * Math.Log(share) / -Math.Log(Least))),
        ("power_0.3", share => Power(share, 0.3)),
        ("power_0.5", share => Power(share, 0.5)),
        ("power_1", share => Power(share, 1)),
        ("flat", _ => High),
        ("exponential", share => High - ((High - Low) * (Math.Exp(-4 * share) - Math.Exp(-4)) / (Math.Exp(-4 * Least) - Math.Exp(-4)))),
        ("logistic", share => Low - 0.2 + ((High - Low + 0.2) / (1 + Math.Exp(-1.5 * (Math.Log(share) - Math.Log(0.15)))))),
    ];

    /// <summary>Noise of one training, with a variance in inverse proportion to the share.</summary>
    public static double Noise(double share, Random random) =>
        NoiseAtAll / Math.Sqrt(share) * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Points of a curve as they would be measured.</summary>
    public static CurvePoint[] Points(Func<double, double> truth, double[] shares, int seeds, Random random) =>
    [
        .. Enumerable.Range(1, seeds).SelectMany(seed => shares.Select(share => new CurvePoint(
            new CurveCell("", share, 1, seed), (long)(Size.Items * share), (long)(Size.Labels * share), Math.Clamp(truth(share) + Noise(share, random), 0, 1), 5000, 1))),
    ];

    private static double Power(double share, double bend) =>
        High - ((High - Low) * (Math.Pow(share, -bend) - 1) / (Math.Pow(Least, -bend) - 1));
}
