using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Features;
using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>
/// Ridge-penalised softmax regression as the classifier of a cross-fit, fitted by L-BFGS from where the last round ended. For very many
/// features, such as words, where a covariance would be larger than the data.
/// </summary>
internal sealed class LogisticCrossFit : ICrossFitClassifier
{
    private const int FirstIterations = 60;
    private const int LaterIterations = 15;
    private const double SmallestSpread = 1e-12;
    private readonly Tensor _items;
    private readonly Fold[] _folds;
    private readonly Tensor[] _train;
    private readonly Tensor[] _heldOut;
    private readonly SoftmaxRegression[] _fits;
    private readonly int _classes;
    private readonly double _scale;
    private bool _started;

    /// <summary>Sets the folds up.</summary>
    /// <param name="task">Features.</param>
    /// <param name="folds">The parts.</param>
    /// <param name="ridge">
    /// λ of the penalty λ v/2 · Σ w² on the mean loss, v being the items' mean squared distance from their centre: the same λ means the
    /// same whatever the features are measured in.
    /// </param>
    public LogisticCrossFit(LearningTask task, Fold[] folds, double ridge)
    {
        _folds = folds;
        _classes = task.Classes;
        using var scope = NewDisposeScope();
        var items = FeatureTensors.Whole(task);
        // In units of their own spread, so that neither the penalty nor the descent depends on what features are measured in.
        var spread = items.sub(items.mean([0])).Squared().sum(1).mean().Value();
        _scale = 1 / Math.Sqrt(Math.Max(spread, SmallestSpread));
        _items = items.Times(_scale).DetachFromDisposeScope();
        _train = [.. folds.Select(fold => Indexes(fold.Train).DetachFromDisposeScope())];
        _heldOut = [.. folds.Select(fold => Indexes(fold.HeldOut).DetachFromDisposeScope())];
        _fits = [.. folds.Select(_ => new SoftmaxRegression(task.FeatureLength, _classes, ridge))];
    }

    public double[][] FitPredict(double[][] targets, Action progress)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var predicted = Array.ConvertAll(targets, partition => new double[partition.Length]);
        for (var f = 0; f < _folds.Length; f++)
        {
            using var inner = NewDisposeScope();
            var fold = _folds[f];
            var distributions = tensor(targets[fold.Repeat], _items.shape[0], _classes).to(ScalarType.Float32);
            _fits[f].Fit(
                _items.index_select(0, _train[f]), distributions.index_select(0, _train[f]), _started ? LaterIterations : FirstIterations);
            var rows = _fits[f].Predict(_items.index_select(0, _heldOut[f])).reshape(-1).data<double>().ToArray();
            for (var i = 0; i < fold.HeldOut.Length; i++)
            {
                rows.AsSpan(i * _classes, _classes).CopyTo(predicted[fold.Repeat].AsSpan(fold.HeldOut[i] * _classes));
            }

            progress();
        }

        _started = true;
        return predicted;
    }

    public void Save(JournalState state)
    {
        foreach (var (f, fit) in _fits.Index())
        {
            state.Put<double>($"fit.{f}", fit.Values);
        }
    }

    public void Load(JournalState state)
    {
        foreach (var (f, fit) in _fits.Index())
        {
            state.Read($"fit.{f}", fit.Values);
        }

        _started = true;
    }

    public Ensemble Build(double sharpness)
    {
        using var scope = NewDisposeScope();
        return new LinearBag(null, [.. _fits.Select(fit => fit.Weight().Times(_scale))], [.. _fits.Select(fit => fit.Bias())], sharpness);
    }

    public void Dispose()
    {
        _items.Dispose();
        foreach (var tensor in _train.Concat(_heldOut))
        {
            tensor.Dispose();
        }
    }

    private static Tensor Indexes(int[] rows) => tensor(rows.Select(row => (long)row).ToArray());
}
