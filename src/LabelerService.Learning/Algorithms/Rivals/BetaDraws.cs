namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>Draws from Beta(α, α) for 0 &lt; α ≤ 1 (Jöhnk 1964), in logarithms so that small α does not underflow.</summary>
internal static class BetaDraws
{
    /// <summary>One draw in [0, 1].</summary>
    public static double Next(Random random, double alpha)
    {
        while (true)
        {
            // u^(1/α) and v^(1/α), accepted where they sum to at most one.
            var x = Math.Log(1 - random.NextDouble()) / alpha;
            var y = Math.Log(1 - random.NextDouble()) / alpha;
            var most = Math.Max(x, y);
            var sum = most + Math.Log(Math.Exp(x - most) + Math.Exp(y - most));
            if (sum <= 0)
            {
                return Math.Exp(x - sum);
            }
        }
    }
}
