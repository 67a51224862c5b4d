namespace LabelerService.TestKit.Crowds.Sequences;

/// <summary>
/// Sequences of kinds that only their course in time tells apart (the tasks of Klapper-Rybicka, Schraudolph, Schmidhuber: Unsupervised Learning in LSTM
/// Recurrent Neural Networks. ICANN 2001, rebuilt). Classes are equally likely, lengths uniform between the shortest and the longest; the same
/// arguments give the same sequences.
/// </summary>
public static class SequenceTasks
{
    /// <summary>
    /// Random symbols, one-hot: those of class 0 are a, b, c, d with chances 0.4, 0.3, 0.2, 0.1, those of class 1 the other way round. A single
    /// symbol says little; the sequence as a whole tells.
    /// </summary>
    /// <param name="count">Number of sequences.</param>
    /// <param name="shortest">Steps of the shortest.</param>
    /// <param name="longest">Steps of the longest.</param>
    /// <param name="seed">Seed of everything random.</param>
    public static SequenceSet Symbols(int count, int shortest, int longest, int seed) => Make("symbols", 4, 2, count, shortest, longest, seed, (kind, steps, random) =>
    {
        for (var t = 0; t < steps.Steps; t++)
        {
            var draw = random.Next(10);
            var symbol = draw < 4 ? 0 : draw < 7 ? 1 : draw < 9 ? 2 : 3;
            steps[t, kind == 0 ? symbol : 3 - symbol] = 1;
        }
    });

    /// <summary>
    /// Temporal order: a and later b in the middle of distractors, or b and later a. How often each symbol comes is the same in both classes.
    /// </summary>
    /// <param name="count">Number of sequences.</param>
    /// <param name="shortest">Steps of the shortest, at least 10.</param>
    /// <param name="longest">Steps of the longest.</param>
    /// <param name="seed">Seed of everything random.</param>
    public static SequenceSet Order(int count, int shortest, int longest, int seed) => Make("order", 4, 2, count, shortest, longest, seed, (kind, steps, random) =>
    {
        // From three to seven tenths of the sequence: whoever looks at its middle sees both.
        var first = random.Next(3 * steps.Steps / 10, 5 * steps.Steps / 10);
        var second = random.Next(5 * steps.Steps / 10, 7 * steps.Steps / 10);
        for (var t = 0; t < steps.Steps; t++)
        {
            var symbol = t == first ? kind : t == second ? 1 - kind : 2 + random.Next(2);
            steps[t, symbol] = 1;
        }
    });

    /// <summary>
    /// Rhythms: a beat of strength 0.7 to 1.3 every so many steps from a random first one, in Gaussian noise of standard deviation 0.2. The class is the
    /// period. Beats left out make kinds of their own (sequences with a gap and without), which cut across the classes.
    /// </summary>
    /// <param name="count">Number of sequences.</param>
    /// <param name="shortest">Steps of the shortest.</param>
    /// <param name="longest">Steps of the longest.</param>
    /// <param name="seed">Seed of everything random.</param>
    /// <param name="missing">Share of the beats left out.</param>
    /// <param name="periods">Steps from beat to beat of each class.</param>
    public static SequenceSet Rhythms(int count, int shortest, int longest, int seed, double missing, params int[] periods) =>
        Make("rhythms", 1, periods.Length, count, shortest, longest, seed, (kind, steps, random) =>
        {
            var phase = random.Next(periods[kind]);
            for (var t = 0; t < steps.Steps; t++)
            {
                var beat = t % periods[kind] == phase && random.NextDouble() >= missing ? 0.7 + (0.6 * random.NextDouble()) : 0;
                steps[t, 0] = (float)(beat + (0.2 * Gaussian.Next(random)));
            }
        });

    /// <summary>
    /// Tones: sines of a period for each class with random phase, in Gaussian noise of standard deviation 0.3. Mean and power are the same in all classes.
    /// </summary>
    /// <param name="count">Number of sequences.</param>
    /// <param name="shortest">Steps of the shortest.</param>
    /// <param name="longest">Steps of the longest.</param>
    /// <param name="seed">Seed of everything random.</param>
    /// <param name="periods">Steps of a period of each class.</param>
    public static SequenceSet Tones(int count, int shortest, int longest, int seed, params double[] periods) =>
        Make("tones", 1, periods.Length, count, shortest, longest, seed, (kind, steps, random) =>
        {
            var phase = 2 * Math.PI * random.NextDouble();
            for (var t = 0; t < steps.Steps; t++)
            {
                steps[t, 0] = (float)(Math.Sin((2 * Math.PI * t / periods[kind]) + phase) + (0.3 * Gaussian.Next(random)));
            }
        });

    private static SequenceSet Make(
        string name, int stepLength, int classes, int count, int shortest, int longest, int seed, Action<int, StepWriter, Random> write)
    {
        var random = new Random(seed);
        var length = 1 + (longest * stepLength);
        var rows = new float[count * length];
        var kinds = new int[count];
        for (var n = 0; n < count; n++)
        {
            kinds[n] = random.Next(classes);
            var steps = random.Next(shortest, longest + 1);
            rows[n * length] = steps;
            write(kinds[n], new StepWriter(rows.AsMemory((n * length) + 1, steps * stepLength), stepLength), random);
        }

        return new SequenceSet(name, stepLength, longest, classes, rows, kinds);
    }

    // The steps of one sequence.
    private readonly record struct StepWriter(Memory<float> Values, int StepLength)
    {
        public int Steps => Values.Length / StepLength;

        public float this[int step, int channel]
        {
            set => Values.Span[(step * StepLength) + channel] = value;
        }
    }
}
