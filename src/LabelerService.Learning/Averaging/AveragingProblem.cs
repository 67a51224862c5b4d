using System.Runtime.InteropServices;
using LabelerService.Core.Training;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>
/// Second phase of the weighted doctor net: backbone and heads are frozen, one averaging logit per labeler is learnt by the leave-own-out
/// loss (Who Said What, section 3). Items that all labelers with a head have labelled have no mixture and are skipped.
/// </summary>
internal sealed class AveragingProblem : IFitProblem
{
    private readonly Network _network;
    private readonly ParameterSet _frozen;
    private readonly ParameterLayout _layout = new();
    private readonly ParameterSlot _logits;
    private readonly AnnotatedItems _annotated;
    private readonly Tensor _representation;
    private readonly Tensor _targets;
    private readonly Tensor _features;
    private readonly TrainingSnapshot _snapshot;
    private readonly TrainingSet _set;
    private readonly HeadAssignment _assignment;
    private readonly double _entropyPenalty;
    private readonly Random _random;
    private readonly int _batchSize;
    private readonly int[] _order;
    private EpochPlan? _plan;

    /// <summary>Sets the phase up.</summary>
    /// <param name="network">The net's shape.</param>
    /// <param name="frozen">Its values, which do not change any more.</param>
    /// <param name="features">Transformed features of all items [N, D].</param>
    /// <param name="snapshot">The data.</param>
    /// <param name="set">What of it is trained on.</param>
    /// <param name="assignment">Whose head is whose.</param>
    /// <param name="settings">Batch size and penalties.</param>
    /// <param name="random">Draws the order of items.</param>
    public AveragingProblem(
        Network network, ParameterSet frozen, Tensor features, TrainingSnapshot snapshot, TrainingSet set, HeadAssignment assignment,
        TrainingSettings settings, Random random)
    {
        _network = network;
        _frozen = frozen;
        _snapshot = snapshot;
        _set = set;
        _assignment = assignment;
        _batchSize = settings.BatchSize;
        _entropyPenalty = settings.EntropyPenalty;
        _random = random;
        _logits = _layout.Declare("averaging.logits", ParameterRole.Weight, assignment.Count);
        _annotated = AnnotatedItems.WithOthers(set, assignment);
        _order = [.. Enumerable.Range(0, _annotated.Items.Length)];
        _features = features;
        _representation = Representations.Of(network, frozen, features, set.Items);
        _targets = tensor(set.Targets(LabelTarget.Mean, network.Heads.Classes), set.Items.Length, network.Heads.Classes)
            .DetachFromDisposeScope();
    }

    public string Phase => "averaging";

    public int ItemCount => _order.Length;

    public int BatchCount => (_order.Length + _batchSize - 1) / _batchSize;

    /// <summary>Averaging logits, all zero: equal weights to start from.</summary>
    public ParameterSet EqualLogits() => new(_layout, trainable: true);

    /// <summary>w = softmax(v) [R].</summary>
    public HeadAveraging Averaging(ParameterSet logits)
    {
        using var scope = NewDisposeScope();
        return new FixedWeights(logits[_logits].detach().softmax(0));
    }

    public void Shuffle()
    {
        _random.Shuffle(_order);
        _plan?.Dispose();
        _plan = new EpochPlan(
            _annotated, _order, _batchSize, WorkingMemory.Rows((long)_network.Heads.Count * _network.Heads.Classes));
    }

    public double Accumulate(int batch, ParameterSet parameters)
    {
        var pieces = _plan!.Batches[batch];
        var items = pieces[^1].End - pieces[0].Start;
        var total = 0.0;
        foreach (var piece in pieces)
        {
            using var scope = NewDisposeScope();
            var training = _plan.Items(piece);
            var probabilities = Probabilities(_representation.index_select(0, training));
            var own = Own(piece.Count, _plan.AnnotationRows(piece), _plan.AnnotationHeads(piece));
            var sum = LeaveOwnOutLoss.Sum(parameters[_logits], own, probabilities, _targets.index_select(0, training));
            sum.Times(1.0 / items).backward();
            total += sum.Value();
        }

        if (_entropyPenalty > 0)
        {
            using var scope = NewDisposeScope();
            Penalties.Entropy(parameters[_logits], _entropyPenalty).backward();
        }

        return total;
    }

    public ValidationScore? Validate(ParameterSet parameters)
    {
        using var scope = NewDisposeScope();
        if (_set.ValidationItems.Length > 0)
        {
            using var averaging = Averaging(parameters);
            return Validation.Score(
                _snapshot, _set,
                rows => new EnsembleRunner(HeadEnsemble.Borrowing(_network, _frozen, averaging), _features).Predict(rows));
        }

        return HeldOutLoss(parameters) is { } loss ? new ValidationScore(loss, null) : null;
    }

    public void Dispose()
    {
        _plan?.Dispose();
        _representation.Dispose();
        _targets.Dispose();
    }

    private Tensor Probabilities(Tensor z)
    {
        using var noGrad = no_grad();
        return _network.Heads.LogProbabilities(z, _frozen).exp();
    }

    // True at [row, head] where the head's labeler labelled the row's item.
    private Tensor Own(int rows, ReadOnlySpan<int> annotationRows, ReadOnlySpan<int> annotationHeads)
    {
        var own = zeros(rows, _assignment.Count, dtype: ScalarType.Bool);
        var marks = own.bytes;
        for (var a = 0; a < annotationRows.Length; a++)
        {
            marks[(annotationRows[a] * _assignment.Count) + annotationHeads[a]] = 1;
        }

        return own;
    }

    // Mean −ln of the held-out labels' probability under the mixture of those who did not label the item.
    private double? HeldOutLoss(ParameterSet parameters)
    {
        using var noGrad = no_grad();
        var (total, count) = (0.0, 0);
        var chunk = WorkingMemory.Rows((long)_network.Heads.Count * _network.Heads.Classes);
        foreach (var part in Enumerable.Range(0, _set.HeldOut.Count).Where(HasOthers).Chunk(chunk))
        {
            using var scope = NewDisposeScope();
            var rows = new List<int>();
            var heads = new List<int>();
            for (var i = 0; i < part.Length; i++)
            {
                foreach (var head in OwnHeads(_set.HeldOut.Items[part[i]]))
                {
                    rows.Add(i);
                    heads.Add(head);
                }
            }

            var z = Representations.Of(_network, _frozen, _features, [.. part.Select(a => _set.HeldOut.Items[a])]);
            using (z)
            {
                var targets = zeros(part.Length, _network.Heads.Classes)
                    .scatter_(1, tensor(part.Select(a => (long)_set.HeldOut.Classes[a]).ToArray()).unsqueeze(1), ones(part.Length, 1));
                var own = Own(part.Length, CollectionsMarshal.AsSpan(rows), CollectionsMarshal.AsSpan(heads));
                total += LeaveOwnOutLoss.Sum(parameters[_logits], own, Probabilities(z), targets).Value();
                count += part.Length;
            }
        }

        return count == 0 ? null : total / count;
    }

    private bool HasOthers(int heldOut) => OwnHeads(_set.HeldOut.Items[heldOut]).Count < _assignment.Count;

    private HashSet<int> OwnHeads(int item)
    {
        var (start, end) = _snapshot.Annotations.RangeOfItem(item);
        var heads = new HashSet<int>();
        for (var a = start; a < end; a++)
        {
            var head = _assignment[_snapshot.Annotations.Labelers[a]];
            if (head >= 0)
            {
                heads.Add(head);
            }
        }

        return heads;
    }
}
