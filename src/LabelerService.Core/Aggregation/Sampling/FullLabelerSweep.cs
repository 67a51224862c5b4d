using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;
using LabelerService.Core.Randomness;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>A K×K confusion for each labeler.</summary>
internal sealed class FullLabelerSweep : LabelerSweep
{
    private const int Block = 16;
    private readonly AnnotationTable _table;
    private readonly ConfusionSamplerOptions _options;
    private readonly ProbabilityDraws _accuracies;
    private readonly SkillPopulation _skills;
    private readonly ErrorPopulation _errors;
    private readonly Blocks _blocks;
    private readonly int _cells;

    // Logs label-major [r, y, k] as they are read, and draws of the probabilities alike.
    private readonly double[] _logs;
    private readonly ProbabilityDraws _draws;
    private readonly int[] _counts;
    private readonly int[] _right;
    private readonly int[] _wrong;
    private readonly long[] _tables;
    private readonly int[] _skillKinds;
    private readonly int[] _errorKinds;
    private readonly int[] _errorDrawn;
    private readonly long[] _skillCounts = new long[SkillPopulation.Kinds];
    private readonly long[] _errorCounts = new long[ErrorPopulation.Kinds];

    public FullLabelerSweep(
        AnnotationTable table, ConfusionSamplerOptions options, ReadOnlySpan<double> common, ProbabilityDraws accuracies, CancellationToken cancellationToken)
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
        _blocks = new Blocks(options.Threads, cancellationToken);
        _logs = new double[table.LabelerCount * _cells];
        _draws = new ProbabilityDraws(_logs.Length, options.Length(table.Count).Kept, options.MaxKeptDraws);
        _counts = new int[_logs.Length];
        _right = new int[table.LabelerCount * classes];
        _wrong = new int[_right.Length];
        _tables = new long[_cells];
        _skillKinds = new int[table.LabelerCount];
        _skillKinds.AsSpan().Fill(-1);
        _errorKinds = new int[table.LabelerCount];
        _errorDrawn = new int[table.LabelerCount];
    }

    public override long Bytes => (12L * _logs.Length) + (8L * _right.Length) + _draws.Bytes;

    public override void AddLogLikelihood(ReadOnlySpan<int> labelers, ReadOnlySpan<int> labels, Span<double> logs)
    {
        for (var i = 0; i < labelers.Length; i++)
        {
            var row = _logs.AsSpan((labelers[i] * _cells) + (labels[i] * logs.Length), logs.Length);
            for (var k = 0; k < row.Length; k++)
            {
                logs[k] += row[k];
            }
        }
    }

    public override void Draw(int[] classes, double[] classPrior, int sweep, int kept)
    {
        Array.Clear(_tables);
        _blocks.Run(
            _table.LabelerCount, Block,
            () => 0,
            (block, start, end, _) =>
            {
                var random = Random(_options, sweep, block);
                for (var r = start; r < end; r++)
                {
                    CountLabeler(r, classes);
                    DrawErrorKind(r, random);
                }
            });

        // The first draw has no kinds of labelers yet.
        if (!_options.HoldCommon && sweep > 0)
        {
            DrawCommon(sweep);
        }

        _blocks.Run(
            _table.LabelerCount, Block,
            () => (Weights: new double[SkillPopulation.Kinds], Answers: new double[_table.ClassCount]),
            (block, start, end, scratch) =>
            {
                var random = Random(_options, sweep, ~block);
                for (var r = start; r < end; r++)
                {
                    DrawLabeler(r, random, scratch.Weights, scratch.Answers);
                    if (kept >= 0)
                    {
                        Keep(r, classPrior, kept);
                    }
                }
            });
        Count(_skillCounts, _skillKinds);
        Count(_errorCounts, _errorKinds);
        var population = Random(_options, sweep);
        _skills.DrawWeights(population, _skillCounts);
        _errors.DrawWeights(population, _errorCounts);
    }

    public override CredibleInterval Cell(int labeler, int trueClass, int label, double level) =>
        _draws.Interval((labeler * _cells) + (label * _table.ClassCount) + trueClass, level);

    private void CountLabeler(int r, int[] classes)
    {
        var count = _table.ClassCount;
        var cells = _counts.AsSpan(r * _cells, _cells);
        var right = _right.AsSpan(r * count, count);
        var wrong = _wrong.AsSpan(r * count, count);
        cells.Clear();
        right.Clear();
        wrong.Clear();
        foreach (var i in _table.PositionsOfLabeler(r))
        {
            var (k, y) = (classes[_table.Items[i]], _table.Classes[i]);
            cells[(k * count) + y]++;
            (k == y ? right : wrong)[k]++;
        }
    }

    // Who has not answered says nothing of what kinds there are: kind −1.
    private void DrawErrorKind(int r, RandomStream random)
    {
        var counts = _counts.AsSpan(r * _cells, _cells);
        var kind = _errors.Draw(random, counts);
        _errorDrawn[r] = kind;
        _errorKinds[r] = _table.CountOfLabeler(r) > 0 ? kind : -1;
        _errors.AddTables(random, kind, counts, _tables);
    }

    // Classes are independent of each other given the labelers' kinds.
    private void DrawCommon(int sweep)
    {
        _blocks.Run(
            _table.ClassCount, 1,
            () => 0,
            (block, start, _, _) => _skills.DrawLevel(Random(_options, sweep, int.MaxValue - block), start, _skillKinds, _right, _wrong));
        _errors.DrawErrors(Random(_options, sweep, int.MinValue), _tables);
    }

    private void DrawLabeler(int r, RandomStream random, double[] weights, double[] answers)
    {
        var count = _table.ClassCount;
        var right = _right.AsSpan(r * count, count);
        var wrong = _wrong.AsSpan(r * count, count);
        var skill = _skills.Draw(random, right, wrong, weights);
        _skillKinds[r] = _table.CountOfLabeler(r) > 0 ? skill : -1;
        var (s, c) = (SkillPopulation.Concentration(skill), ErrorPopulation.Concentration(_errorDrawn[r]));
        var logs = _logs.AsSpan(r * _cells, _cells);
        for (var k = 0; k < count; k++)
        {
            var mean = _skills.Mean(skill, k);
            var (logRight, logWrong) = random.NextLogBeta((s * mean) + right[k], (s * (1 - mean)) + wrong[k]);
            for (var y = 0; y < count; y++)
            {
                var cell = (k * count) + y;
                answers[y] = y == k ? double.NegativeInfinity
                    : count == 2 ? 0
                    : random.NextLogGamma((c * _errors.Errors[cell]) + _counts[(r * _cells) + cell]);
            }

            SkillPopulation.ToLogWeights(answers);
            for (var y = 0; y < count; y++)
            {
                logs[(y * count) + k] = y == k ? logRight : logWrong + answers[y];
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
            _draws.Keep(start + cell, kept, probability);
            accuracy += cell % (count + 1) == 0 ? classPrior[cell / (count + 1)] * probability : 0;
        }

        _accuracies.Keep(r, kept, accuracy);
    }
}
