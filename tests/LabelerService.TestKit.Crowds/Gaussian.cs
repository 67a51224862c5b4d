namespace LabelerService.TestKit.Crowds;

/// <summary>Standard normal draws by the method of Box and Muller (1958).</summary>
internal static class Gaussian
{
    /// <summary>The next draw. One minus the uniform number keeps the logarithm's argument above zero.</summary>
    public static double Next(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
