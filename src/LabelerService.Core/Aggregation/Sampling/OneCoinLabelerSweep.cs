using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>
/// One probability of being right for each labeler; errors fall as the common labeler's. For many labelers and classes: memory R + K·K. Also what
/// is left of the model with one class, where every answer is right.
/// </summary>
internal sealed class OneCoinLabelerSweep : LabelerSweep
{
    private const int Block = 64;
    private readonly AnnotationTable _table;
    private readonly ConfusionSamplerOptions _options;
    private readonly ProbabilityDraws _accuracies;
    private readonly SkillPopulation _skills;
    private readonly Blocks _blocks;
    private readonly double[] _errors;
    private readonly double[] _errorLogs;
    private readonly double[] _right;
    private readonly double[] _wrong;
    private readonly int[] _kinds;
    private readonly long[] _counts = new long[SkillPopulation.Kinds];

    public OneCoinLabelerSweep(
        AnnotationTable table, ConfusionSamplerOptions options, ReadOnlySpan<double> common, ReadOnlySpan<double> classPrior, ProbabilityDraws accuracies,
        CancellationToken cancellationToken)
    {
        var classes = table.ClassCount;
        (_table, _options, _accuracies) = (table, options, accuracies);
        var right = 0.0;
        for (var k = 0; k < classes; k++)
        {
            right += classPrior[k] * common[(k * classes) + k];
        }

        _skills = new SkillPopulation([right]);
        _errors = classes == 1 ? [0] : new ErrorPopulation(common, classes).Errors.ToArray();
        _errorLogs = new double[_errors.Length];
        LabelerConfusions.LogsByLabel(_errors, classes, _errorLogs);
        _blocks = new Blocks(options.Threads, cancellationToken);
        _right = new double[table.LabelerCount];
        _wrong = new double[table.LabelerCount];
        _kinds = new int[table.LabelerCount];
    }

    public override long Bytes => (20L * _right.Length) + (16L * _errors.Length);

    public override void AddLogLikelihood(ReadOnlySpan<int> labelers, ReadOnlySpan<int> labels, Span<double> logs)
    {
        for (var i = 0; i < labelers.Length; i++)
        {
            var errors = _errorLogs.AsSpan(labels[i] * logs.Length, logs.Length);
            var (right, wrong) = (_right[labelers[i]], _wrong[labelers[i]]);
            for (var k = 0; k < errors.Length; k++)
            {
                logs[k] += k == labels[i] ? right : wrong + errors[k];
            }
        }
    }

    public override void Draw(int[] classes, double[] classPrior, int sweep, int kept)
    {
        _blocks.Run(
            _table.LabelerCount, Block,
            () => (Right: new int[1], Wrong: new int[1], Weights: new double[SkillPopulation.Kinds]),
            (block, start, end, scratch) =>
            {
                var random = Random(_options, sweep, block);
                for (var r = start; r < end; r++)
                {
                    var positions = _table.PositionsOfLabeler(r);
                    scratch.Right[0] = 0;
                    foreach (var i in positions)
                    {
                        scratch.Right[0] += classes[_table.Items[i]] == _table.Classes[i] ? 1 : 0;
                    }

                    scratch.Wrong[0] = positions.Length - scratch.Right[0];
                    var kind = _skills.Draw(random, scratch.Right, scratch.Wrong, scratch.Weights);
                    _kinds[r] = positions.Length > 0 ? kind : -1;
                    var (s, mean) = (SkillPopulation.Concentration(kind), _skills.Mean(kind, 0));
                    (_right[r], _wrong[r]) = random.NextLogBeta((s * mean) + scratch.Right[0], (s * (1 - mean)) + scratch.Wrong[0]);
                    if (kept >= 0)
                    {
                        _accuracies.Keep(r, kept, classPrior.Length == 1 ? 1 : Math.Exp(_right[r]));
                    }
                }
            });
        Count(_counts, _kinds);
        _skills.DrawWeights(Random(_options, sweep), _counts);
    }

    public override CredibleInterval Cell(int labeler, int trueClass, int label, double level)
    {
        var right = _accuracies.Interval(labeler, level);
        var share = _errors[(trueClass * _table.ClassCount) + label];
        return trueClass == label ? right : new CredibleInterval(share * (1 - right.Mean), share * (1 - right.High), share * (1 - right.Low));
    }
}
