using LabelerService.Core.Annotations;
using LabelerService.Core.Randomness;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>A K×K confusion for each labeler.</summary>
internal sealed class FullLabelerSweep : LabelerSweep
{
    private const int Block = 16;
    private readonly AnnotationTable _table;
    private readonly ConfusionSamplerOptions _options;
    private readonly Accuracies _accuracies;
    private readonly SkillPopulation _skills;
    private readonly ErrorPopulation _errors;
    private readonly Blocks _blocks;
    private readonly int _cells;

    // Logs label-major [r, y, k] as they are read; sums of probabilities and of their squares alike.
    private readonly double[] _logs;
    private readonly double[] _sums;
    private readonly double[] _squares;
    private readonly int[] _skillKinds;
    private readonly int[] _errorKinds;
    private readonly long[] _skillCounts = new long[SkillPopulation.Kinds];
    private readonly long[] _errorCounts = new long[ErrorPopulation.Kinds];
    private int _kept;

    public FullLabelerSweep(
        AnnotationTable table, ConfusionSamplerOptions options, ReadOnlySpan<double> common, Accuracies accuracies, CancellationToken cancellationToken)
    {
        var classes = table.ClassCount;
        (_table, _options, _accuracies, _cells) = (table, options, accuracies, classes * classes);
        var right = new double[classes];
        for (var k = 0; k < classes; k++)
        {
            right[k] = common[(k * classes) + k];
        }

        _skills = new SkillPopulation(right);
        _errors = new ErrorPopulation(common, classes);
        _blocks = new Blocks(table.LabelerCount, Block, options.EffectiveThreads, cancellationToken);
        _logs = new double[table.LabelerCount * _cells];
        _sums = new double[_logs.Length];
        _squares = new double[_logs.Length];
        _skillKinds = new int[table.LabelerCount];
        _errorKinds = new int[table.LabelerCount];
    }

    public override void AddLogLikelihood(int labeler, int label, Span<double> logs)
    {
        var row = _logs.AsSpan((labeler * _cells) + (label * logs.Length), logs.Length);
        for (var k = 0; k < logs.Length; k++)
        {
            logs[k] += row[k];
        }
    }

    public override void Draw(int[] classes, double[] classPrior, int sweep, int kept)
    {
        _blocks.Run(
            () => new Scratch(_table.ClassCount),
            (block, start, end, scratch) =>
            {
                var random = Random(_options, sweep, block);
                for (var r = start; r < end; r++)
                {
                    DrawLabeler(r, classes, random, scratch);
                    if (kept >= 0)
                    {
                        Keep(r, classPrior, kept);
                    }
                }
            });
        _kept = Math.Max(_kept, kept + 1);
        Count(_skillCounts, _skillKinds);
        Count(_errorCounts, _errorKinds);
        var population = Random(_options, sweep);
        _skills.DrawWeights(population, _skillCounts);
        _errors.DrawWeights(population, _errorCounts);
    }

    public override CredibleInterval Cell(int labeler, int trueClass, int label, double level)
    {
        var at = (labeler * _cells) + (label * _table.ClassCount) + trueClass;
        var mean = Math.Clamp(_sums[at] / _kept, 0, 1);
        return CredibleInterval.OfMoments(mean, (_squares[at] / _kept) - (mean * mean), level);
    }

    private void DrawLabeler(int r, int[] classes, RandomStream random, Scratch scratch)
    {
        var count = _table.ClassCount;
        var positions = _table.PositionsOfLabeler(r);
        scratch.Clear();
        foreach (var i in positions)
        {
            scratch.Add(classes[_table.Items[i]], _table.Classes[i]);
        }

        var skill = _skills.Draw(random, scratch.Right, scratch.Wrong, scratch.Weights);
        var errors = _errors.Draw(random, scratch.Counts);

        // Who has not answered says nothing of what kinds there are.
        _skillKinds[r] = positions.Length > 0 ? skill : -1;
        _errorKinds[r] = positions.Length > 0 ? errors : -1;
        var (s, c) = (SkillPopulation.Concentration(skill), ErrorPopulation.Concentration(errors));
        var logs = _logs.AsSpan(r * _cells, _cells);
        for (var k = 0; k < count; k++)
        {
            var mean = _skills.Mean(skill, k);
            var (right, wrong) = random.NextLogBeta((s * mean) + scratch.Right[k], (s * (1 - mean)) + scratch.Wrong[k]);
            var answers = scratch.Answers;
            for (var y = 0; y < count; y++)
            {
                answers[y] = y == k ? double.NegativeInfinity
                    : count == 2 ? 0
                    : random.NextLogGamma((c * _errors.Errors[(k * count) + y]) + scratch.Counts[(k * count) + y]);
            }

            SkillPopulation.ToLogWeights(answers);
            for (var y = 0; y < count; y++)
            {
                logs[(y * count) + k] = y == k ? right : wrong + answers[y];
            }
        }
    }

    private void Keep(int r, double[] classPrior, int kept)
    {
        var accuracy = 0.0;
        var (start, count) = (r * _cells, _table.ClassCount);
        for (var cell = 0; cell < _cells; cell++)
        {
            var probability = Math.Exp(_logs[start + cell]);
            _sums[start + cell] += probability;
            _squares[start + cell] += probability * probability;
            accuracy += cell % (count + 1) == 0 ? classPrior[cell / (count + 1)] * probability : 0;
        }

        _accuracies.Keep(r, kept, accuracy);
    }

    private sealed class Scratch(int classes)
    {
        public int[] Counts { get; } = new int[classes * classes];

        public int[] Right { get; } = new int[classes];

        public int[] Wrong { get; } = new int[classes];

        public double[] Answers { get; } = new double[classes];

        public double[] Weights { get; } = new double[SkillPopulation.Kinds];

        public void Add(int trueClass, int label)
        {
            Counts[(trueClass * classes) + label]++;
            (trueClass == label ? Right : Wrong)[trueClass]++;
        }

        public void Clear()
        {
            Array.Clear(Counts);
            Array.Clear(Right);
            Array.Clear(Wrong);
        }
    }
}
