using LabelerService.Benchmarks.Reporting;

namespace LabelerService.Benchmarks.Capacity;

/// <summary>What an amount costs: something to begin with, and so much for each.</summary>
/// <param name="Base">For none.</param>
/// <param name="Each">For each one more.</param>
internal readonly record struct AffineCost(double Base, double Each)
{
    /// <summary>For an amount.</summary>
    public double Of(double amount) => Base + (Each * amount);

    /// <summary>
    /// Through measured points: the median slope of pairs, which one bad measurement does not bend. More never costs less: a slope that is negative is noise about
    /// none.
    /// </summary>
    /// <param name="points">At least two, of different amounts.</param>
    public static AffineCost Through(IReadOnlyList<(double Amount, double Cost)> points)
    {
        var slopes = new List<double>();
        for (var i = 0; i < points.Count; i++)
        {
            for (var j = i + 1; j < points.Count; j++)
            {
                if (points[i].Amount != points[j].Amount)
                {
                    slopes.Add((points[j].Cost - points[i].Cost) / (points[j].Amount - points[i].Amount));
                }
            }
        }

        if (slopes.Count == 0)
        {
            throw new ArgumentException("A line needs two amounts.", nameof(points));
        }

        var each = Math.Max(0, Statistics.Median(slopes));
        return new AffineCost(Statistics.Median(points.Select(point => point.Cost - (each * point.Amount))), each);
    }
}
