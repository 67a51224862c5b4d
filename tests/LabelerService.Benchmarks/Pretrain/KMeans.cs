namespace LabelerService.Benchmarks.Pretrain;

/// <summary>Clusters by k-means (Lloyd 1982) from k-means++ starts (Arthur, Vassilvitskii 2007); of several starts the tightest is kept.</summary>
internal static class KMeans
{
    private const int Starts = 10;
    private const int MostRounds = 100;

    /// <summary>Cluster of each point.</summary>
    /// <param name="points">Coordinates, row-major [N, D].</param>
    /// <param name="count">Number of points N.</param>
    /// <param name="clusters">Number of clusters.</param>
    /// <param name="seed">Seed of the starts.</param>
    public static int[] Cluster(float[] points, int count, int clusters, int seed)
    {
        var random = new Random(seed);
        var best = (Spread: double.PositiveInfinity, Groups: Array.Empty<int>());
        for (var start = 0; start < Starts; start++)
        {
            var found = Lloyd(points, count, Centres(points, count, clusters, random));
            if (found.Spread < best.Spread)
            {
                best = found;
            }
        }

        return best.Groups;
    }

    // Each further centre is drawn in proportion to the squared distance from the nearest one.
    private static double[][] Centres(float[] points, int count, int clusters, Random random)
    {
        var length = points.Length / count;
        var centres = new List<double[]> { Point(random.Next(count)) };
        while (centres.Count < clusters)
        {
            double[] chances = [.. Enumerable.Range(0, count).Select(n => centres.Min(centre => Distance(points.AsSpan(n * length, length), centre)))];
            var left = random.NextDouble() * chances.Sum();
            var chosen = 0;
            while (chosen < count - 1 && (left -= chances[chosen]) >= 0)
            {
                chosen++;
            }

            centres.Add(Point(chosen));
        }

        return [.. centres];

        double[] Point(int n) => [.. points.Skip(n * length).Take(length).Select(value => (double)value)];
    }

    private static (double Spread, int[] Groups) Lloyd(float[] points, int count, double[][] centres)
    {
        var length = points.Length / count;
        var groups = new int[count];
        var spread = double.PositiveInfinity;
        for (var round = 0; round < MostRounds; round++)
        {
            var sum = 0.0;
            for (var n = 0; n < count; n++)
            {
                var point = points.AsSpan(n * length, length);
                var nearest = double.PositiveInfinity;
                for (var c = 0; c < centres.Length; c++)
                {
                    var distance = Distance(point, centres[c]);
                    if (distance < nearest)
                    {
                        (nearest, groups[n]) = (distance, c);
                    }
                }

                sum += nearest;
            }

            if (sum >= spread)
            {
                break;
            }

            spread = sum;
            Move(points, groups, centres);
        }

        return (spread, groups);
    }

    private static void Move(float[] points, int[] groups, double[][] centres)
    {
        var length = points.Length / groups.Length;
        for (var c = 0; c < centres.Length; c++)
        {
            int[] members = [.. Enumerable.Range(0, groups.Length).Where(n => groups[n] == c)];
            for (var d = 0; d < length && members.Length > 0; d++)
            {
                centres[c][d] = members.Average(n => (double)points[(n * length) + d]);
            }
        }
    }

    private static double Distance(ReadOnlySpan<float> point, double[] centre)
    {
        var sum = 0.0;
        for (var d = 0; d < point.Length; d++)
        {
            sum += (point[d] - centre[d]) * (point[d] - centre[d]);
        }

        return sum;
    }
}
