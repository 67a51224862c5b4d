namespace LabelerService.TestKit.Crowds;

/// <summary>Draws the chances of answers of a labeler of each kind: rows are true classes, columns answers, rows sum to one.</summary>
internal static class LabelerSkill
{
    private const double Good = 0.95;
    private const double Fair = 0.75;
    private const double OutsideSpeciality = 0.40;
    private const double OutsideRegion = 0.35;
    private const double Swapping = 0.80;
    private const double NotSwapping = 0.90;
    private const double AdversaryRight = 0.10;

    /// <summary>Chances where the labeler is at home; everywhere, but for <see cref="LabelerKind.RegionDependent"/>.</summary>
    public static double[][] Draw(LabelerKind kind, int classes, Random random) => kind switch
    {
        LabelerKind.Expert or LabelerKind.RegionDependent => Even(classes, _ => Good),
        LabelerKind.Average => Even(classes, _ => Fair),
        LabelerKind.ClassSpecialist => Specialist(classes, random),
        LabelerKind.Confuser => Confuser(classes, random),
        LabelerKind.Spammer => Even(classes, _ => 1.0 / classes),
        LabelerKind.Constant => Constant(classes, random.Next(classes)),
        LabelerKind.Adversary => Even(classes, _ => AdversaryRight),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of labeler."),
    };

    /// <summary>Chances of a region-dependent labeler outside its region.</summary>
    public static double[][] Elsewhere(int classes) => Even(classes, _ => Math.Max(OutsideRegion, 1.0 / classes));

    private static double[][] Even(int classes, Func<int, double> right)
    {
        var rows = new double[classes][];
        for (var k = 0; k < classes; k++)
        {
            rows[k] = new double[classes];
            Array.Fill(rows[k], (1 - right(k)) / (classes - 1));
            rows[k][k] = right(k);
        }

        return rows;
    }

    private static double[][] Specialist(int classes, Random random)
    {
        var order = Enumerable.Range(0, classes).ToArray();
        random.Shuffle(order);
        var known = order.Take(Math.Max(1, classes * 2 / 5)).ToHashSet();
        return Even(classes, k => known.Contains(k) ? Good : Math.Max(OutsideSpeciality, 1.0 / classes));
    }

    private static double[][] Confuser(int classes, Random random)
    {
        var order = Enumerable.Range(0, classes).ToArray();
        random.Shuffle(order);
        var rows = Even(classes, _ => NotSwapping);
        for (var pair = 0; pair < Math.Max(1, classes / 4); pair++)
        {
            var (a, b) = (order[2 * pair], order[(2 * pair) + 1]);
            foreach (var (truth, answer) in (ReadOnlySpan<(int, int)>)[(a, b), (b, a)])
            {
                // What is not swapped is right three times of four; the rest is spread evenly.
                var left = 1 - Swapping;
                Array.Fill(rows[truth], classes == 2 ? 0 : left / 4 / (classes - 2));
                rows[truth][answer] = Swapping;
                rows[truth][truth] = classes == 2 ? left : left * 3 / 4;
            }
        }

        return rows;
    }

    private static double[][] Constant(int classes, int answer)
    {
        var rows = new double[classes][];
        for (var k = 0; k < classes; k++)
        {
            rows[k] = new double[classes];
            rows[k][answer] = 1;
        }

        return rows;
    }
}
