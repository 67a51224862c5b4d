using System.Runtime.InteropServices;
using LabelerService.Core.Metrics;
using LabelerService.Core.Training;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>
/// First phase: backbone and heads, by the baseline net's loss where one head serves all, by the doctor net's masked loss where every
/// labeler has a head.
/// </summary>
internal sealed class NetworkProblem : IFitProblem
{
    private readonly Network _network;
    private readonly Tensor _features;
    private readonly Tensor? _targets;
    private readonly AnnotatedItems _annotated;
    private readonly Evaluator _evaluator;
    private readonly TrainingSnapshot _snapshot;
    private readonly TrainingSet _set;
    private readonly Tensor _equalWeights;
    private readonly Dropout _dropout;
    private readonly Random _random;
    private readonly int _batchSize;
    private readonly int[] _order;
    private EpochPlan? _plan;

    /// <summary>Sets the phase up.</summary>
    /// <param name="network">The net's shape.</param>
    /// <param name="features">Transformed features of all items [N, D].</param>
    /// <param name="snapshot">The data.</param>
    /// <param name="set">What of it is trained on.</param>
    /// <param name="assignment">Whose head is whose.</param>
    /// <param name="targets">Label distributions of the training items [n, K], row-major; null to learn every annotation by its own head.</param>
    /// <param name="batchSize">Items of a step.</param>
    /// <param name="dropout">Drops hidden units.</param>
    /// <param name="random">Draws the order of items.</param>
    public NetworkProblem(
        Network network, Tensor features, TrainingSnapshot snapshot, TrainingSet set, HeadAssignment assignment, float[]? targets,
        int batchSize, Dropout dropout, Random random)
    {
        _network = network;
        _features = features;
        _snapshot = snapshot;
        _set = set;
        _batchSize = batchSize;
        _dropout = dropout;
        _random = random;
        _annotated = AnnotatedItems.WithHeads(set, assignment);
        _order = [.. Enumerable.Range(0, _annotated.Items.Length)];
        _evaluator = new Evaluator(network, features);
        _equalWeights = Evaluator.EqualWeights(assignment.Count).DetachFromDisposeScope();
        _targets = targets is null ? null : tensor(targets, set.Items.Length, network.Heads.Classes).DetachFromDisposeScope();
    }

    public string Phase => "network";

    public int ItemCount => _order.Length;

    public int BatchCount => (_order.Length + _batchSize - 1) / _batchSize;

    public void Shuffle()
    {
        _random.Shuffle(_order);
        _plan?.Dispose();
        _plan = new EpochPlan(
            _annotated, _order, _batchSize, WorkingMemory.Rows(Math.Max(_features.shape[1], _network.Backbone.Width)));
    }

    public double Accumulate(int batch, ParameterSet parameters)
    {
        var pieces = _plan!.Batches[batch];
        // Over the items of the batch, so that an annotation counts the same in any batch of full size.
        var scale = 1.0 / (pieces[^1].End - pieces[0].Start);
        var total = 0.0;
        foreach (var piece in pieces)
        {
            using var scope = NewDisposeScope();
            var z = _network.Backbone.Forward(_features.index_select(0, _plan.Rows(piece)), parameters, _dropout);
            total += _targets is null ? AccumulateAnnotations(_plan, piece, z, parameters, scale) : AccumulateMean(_plan, piece, z, parameters, scale);
        }

        return total;
    }

    public ValidationScore? Validate(ParameterSet parameters)
    {
        if (_set.ValidationItems.Length > 0)
        {
            var sample = new ClassificationSample(
                _evaluator.Predict(parameters, _equalWeights, _set.ValidationItems),
                [.. _set.ValidationItems.Select(n => _snapshot.Gold[n])], _network.Heads.Classes);
            return new ValidationScore(sample.LogLoss(), sample.Accuracy());
        }

        return HeldOutLoss(parameters) is { } loss ? new ValidationScore(loss, null) : null;
    }

    public void Dispose()
    {
        _plan?.Dispose();
        _targets?.Dispose();
        _equalWeights.Dispose();
    }

    private double AccumulateMean(EpochPlan plan, EpochPlan.Piece piece, Tensor z, ParameterSet parameters, double scale)
    {
        var sum = MeanLabelLoss.Sum(_network.Heads.All(z, parameters).squeeze(1), _targets!.index_select(0, plan.Items(piece)));
        sum.Times(scale).backward();
        return sum.Value();
    }

    private double AccumulateAnnotations(EpochPlan plan, EpochPlan.Piece piece, Tensor z, ParameterSet parameters, double scale)
    {
        var annotations = new AnnotationSpans(
            plan.AnnotationRows(piece), plan.AnnotationHeads(piece), plan.AnnotationClasses(piece), _network.Heads.Classes);
        var gradient = zeros(piece.Count, _network.Heads.Width);
        var sum = _network.Heads.Accumulate(
            MemoryMarshal.Cast<byte, float>(z.detach().bytes), annotations, parameters, (float)scale,
            MemoryMarshal.Cast<byte, float>(gradient.bytes));
        if (z.requires_grad)
        {
            z.backward([gradient]);
        }

        return sum;
    }

    // Mean −ln of the held-out labels' probability under the mean of the heads: what is served, on labels that were not trained on.
    private double? HeldOutLoss(ParameterSet parameters)
    {
        if (_set.HeldOut.Count == 0)
        {
            return null;
        }

        var probabilities = _evaluator.Predict(parameters, _equalWeights, _set.HeldOut.Items);
        return new ClassificationSample(probabilities, _set.HeldOut.Classes, _network.Heads.Classes).LogLoss();
    }
}
