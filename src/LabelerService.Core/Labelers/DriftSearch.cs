namespace LabelerService.Core.Labelers;

/// <summary>
/// Looks for the moment at which a labeler changed. A labeler of skill s and guesses g (its shares of answers) answers y to an item of which
/// the others say q with probability p_s(y) = s·q(y) + (1 − s)·g(y) (Hovy et al., MACE, NAACL 2013, §2, with the item's class unknown), so
/// hard items, of which the others are unsure, count little. With ŝ of greatest likelihood the scores x_i = (q_i(y_i) − g(y_i))/p_ŝ(y_i) sum
/// to zero, and if nothing changed every order of them is as likely. Statistic: max over the moments τ of |Z_τ|, Z_τ the sum of the scores
/// before τ in standard deviations over the orders (the maximally selected two-sample statistic, Worsley, Biometrika 70, 1983; Miller and
/// Siegmund, Biometrics 38, 1982). P-value: by orders drawn at random, no more than it takes (Besag and Clifford, Biometrika 78, 1991); where
/// they no longer tell, by Miller and Siegmund's formula, P(max ≥ b) ≈ 4φ(b)/b + φ(b)(b − 1/b)·ln(((1 − ε)/ε)²) for τ in [εn, (1 − ε)n], but never above what
/// the orders say.
/// </summary>
internal sealed class DriftSearch(LabelerAnalysisInput input, LabelerAnalysisOptions options)
{
    // Changes nearer to the ends than this share, or than so many annotations, are not looked for.
    private const double Trim = 0.1;
    private const int LeastSide = 5;
    private const int MostPeriods = 12;
    private const int LeastPeriod = 10;
    private const double GreatestSkill = 0.95;

    // Scores that differ by less than this share of the largest are equal.
    private const double Rounding = 1e-9;

    // Orders are drawn until so many were as clear, at most this many; and not where the formula says this much or so little.
    private const int Enough = 20;
    private const int MostOrders = 2000;
    private const double ClearlyNothing = 0.5;
    private const double ClearlySomething = 1e-7;
    private const int ManyAnnotations = 200;

    /// <summary>Makes a thread's own memory.</summary>
    public static Scratch NewScratch() => new();

    /// <summary>The clearest change of a labeler; null where there are too few dated annotations.</summary>
    /// <param name="labeler">The labeler: names its generator.</param>
    /// <param name="evidence">Its answers.</param>
    /// <param name="scratch">Memory.</param>
    public LabelerDrift? Of(int labeler, LabelerEvidence evidence, Scratch scratch)
    {
        if (input.Times.IsEmpty || evidence.ClassCount == 1)
        {
            return null;
        }

        var n = Order(evidence, scratch);
        if (n < options.DriftMinAnnotations)
        {
            return null;
        }

        var skill = Score(evidence, n, scratch);
        var side = Math.Max(LeastSide, (int)Math.Ceiling(Trim * n));
        var deviation = Deviation(scratch.Scores.AsSpan(0, n));
        Scale(scratch.Times.AsSpan(0, n), side, deviation, scratch.Scales.AsSpan(0, n));
        var (statistic, change) = Clearest(scratch.Scores.AsSpan(0, n), scratch.Scales.AsSpan(0, n));
        if (change < 0)
        {
            return null;
        }

        var p = PValue(labeler, statistic, n, side, scratch);
        double before = 0, after = 0;
        for (var i = 0; i < n; i++)
        {
            var agreement = Agreement(evidence, scratch.Order[i]);
            (before, after) = i < change ? (before + agreement, after) : (before, after + agreement);
        }

        return new LabelerDrift(
            scratch.Times[change],
            MeasuredShare.Of(before, change, options.Level)!.Value,
            MeasuredShare.Of(after, n - change, options.Level)!.Value,
            statistic, p, Periods(evidence, n, skill, scratch));
    }

    // Dated annotations by time; the order of the table among equals.
    private int Order(LabelerEvidence evidence, Scratch scratch)
    {
        scratch.Resize(evidence.Count, evidence.ClassCount);
        var n = 0;
        for (var i = 0; i < evidence.Count; i++)
        {
            var time = input.TimeOf(evidence.Positions[i]);
            if (time != long.MinValue)
            {
                scratch.Times[n] = time;
                scratch.Order[n++] = i;
            }
        }

        // An unstable sort of (time, index) pairs is stable on the pairs.
        var keys = new (long Time, int Index)[n];
        for (var i = 0; i < n; i++)
        {
            keys[i] = (scratch.Times[i], scratch.Order[i]);
        }

        Array.Sort(keys);
        for (var i = 0; i < n; i++)
        {
            (scratch.Times[i], scratch.Order[i]) = keys[i];
        }

        return n;
    }

    // Finds the likeliest skill and writes the scores at it.
    private static double Score(LabelerEvidence evidence, int n, Scratch scratch)
    {
        scratch.Guesses.AsSpan(0, evidence.ClassCount).Fill(1.0 / (n + evidence.ClassCount));
        for (var i = 0; i < n; i++)
        {
            scratch.Guesses[evidence.Answers[scratch.Order[i]]] += 1.0 / (n + evidence.ClassCount);
        }

        // The likelihood is concave in s.
        double low = 0, high = GreatestSkill;
        for (var step = 0; step < 40; step++)
        {
            var middle = (low + high) / 2;
            (low, high) = Write(middle) > 0 ? (middle, high) : (low, middle);
        }

        Write(low);
        return low;

        double Write(double skill)
        {
            var sum = 0.0;
            for (var i = 0; i < n; i++)
            {
                var guess = scratch.Guesses[evidence.Answers[scratch.Order[i]]];
                var excess = Agreement(evidence, scratch.Order[i]) - guess;
                scratch.Scores[i] = excess / (guess + (skill * excess));
                sum += scratch.Scores[i];
            }

            return sum;
        }
    }

    private static double Agreement(LabelerEvidence evidence, int i) => evidence.OthersOf(i)[evidence.Answers[i]];

    // 0 where the scores are all the same but for rounding, which a statistic in deviations would blow up into a change.
    private static double Deviation(ReadOnlySpan<double> scores)
    {
        double mean = 0, squares = 0, largest = 0;
        foreach (var score in scores)
        {
            mean += score / scores.Length;
            largest = Math.Max(largest, Math.Abs(score));
        }

        foreach (var score in scores)
        {
            squares += (score - mean) * (score - mean);
        }

        var deviation = Math.Sqrt(squares / (scores.Length - 1));
        return deviation > Rounding * largest ? deviation : 0;
    }

    // One over the standard deviation of the sum of the first i scores over all orders, deviation² · i(n − i)/n; 0 where no change is looked for:
    // near the ends, and among annotations of one time.
    private static void Scale(ReadOnlySpan<long> times, int side, double deviation, Span<double> scales)
    {
        var n = times.Length;
        scales.Clear();
        for (var i = side; i <= n - side && deviation > 0; i++)
        {
            scales[i] = times[i] > times[i - 1] ? 1 / (deviation * Math.Sqrt((double)i * (n - i) / n)) : 0;
        }
    }

    // The greatest |Z| and the index of the first annotation after the change; −1 where there is none.
    private static (double Statistic, int Change) Clearest(ReadOnlySpan<double> scores, ReadOnlySpan<double> scales)
    {
        double total = 0, sum = 0, clearest = 0;
        foreach (var score in scores)
        {
            total += score;
        }

        var mean = total / scores.Length;
        var change = -1;
        for (var i = 1; i < scales.Length; i++)
        {
            sum += scores[i - 1] - mean;
            var z = Math.Abs(sum) * scales[i];
            if (z > clearest)
            {
                (clearest, change) = (z, i);
            }
        }

        return (clearest, change);
    }

    private double PValue(int labeler, double statistic, int n, int side, Scratch scratch)
    {
        var formula = MillerSiegmund(statistic, (double)side / n);
        if (formula > ClearlyNothing || (formula < ClearlySomething && n >= ManyAnnotations))
        {
            return formula;
        }

        var random = new Random(unchecked((options.Seed * 31) ^ (labeler * 40503)));
        var scores = scratch.Shuffled.AsSpan(0, n);
        scratch.Scores.AsSpan(0, n).CopyTo(scores);
        var scales = scratch.Scales.AsSpan(0, n);
        var (orders, asClear) = (0, 0);
        while (orders < MostOrders && asClear < Enough)
        {
            random.Shuffle(scores);
            orders++;

            // Sums in another order differ in their last bits.
            asClear += Clearest(scores, scales).Statistic >= statistic * (1 - 1e-9) ? 1 : 0;
        }

        return asClear >= Enough ? (double)asClear / orders : Math.Min(formula, (asClear + 1.0) / (orders + 1));
    }

    private static double MillerSiegmund(double b, double trim)
    {
        if (b < 1)
        {
            return 1;
        }

        var density = Math.Exp(-b * b / 2) / Math.Sqrt(2 * Math.PI);
        return Math.Min(1, (4 * density / b) + (density * (b - (1 / b)) * 2 * Math.Log((1 - trim) / trim)));
    }

    private static LabelerPeriod[] Periods(LabelerEvidence evidence, int n, double skill, Scratch scratch)
    {
        var periods = new LabelerPeriod[Math.Clamp(n / LeastPeriod, 1, MostPeriods)];
        for (var p = 0; p < periods.Length; p++)
        {
            var (start, end) = ((int)((long)n * p / periods.Length), (int)((long)n * (p + 1) / periods.Length));
            double agreement = 0, expected = 0;
            for (var i = start; i < end; i++)
            {
                agreement += Agreement(evidence, scratch.Order[i]);
                var row = evidence.OthersOf(scratch.Order[i]);
                for (var y = 0; y < row.Length; y++)
                {
                    expected += row[y] * ((skill * row[y]) + ((1 - skill) * scratch.Guesses[y]));
                }
            }

            periods[p] = new LabelerPeriod(scratch.Times[start], scratch.Times[end - 1], end - start, agreement / (end - start), expected / (end - start));
        }

        return periods;
    }

    /// <summary>A thread's own memory.</summary>
    internal sealed class Scratch
    {
        public long[] Times { get; private set; } = [];

        public int[] Order { get; private set; } = [];

        public double[] Scores { get; private set; } = [];

        public double[] Scales { get; private set; } = [];

        public double[] Shuffled { get; private set; } = [];

        public double[] Guesses { get; private set; } = [];

        public void Resize(int count, int classes)
        {
            if (Times.Length < count)
            {
                (Times, Order, Scores, Scales) = (new long[count], new int[count], new double[count], new double[count]);
                Shuffled = new double[count];
            }

            if (Guesses.Length < classes)
            {
                Guesses = new double[classes];
            }
        }
    }
}
