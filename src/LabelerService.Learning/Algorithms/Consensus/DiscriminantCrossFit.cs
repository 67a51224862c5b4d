using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Features;
using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>
/// Discriminant analysis as the classifier of a cross-fit: the covariance of each fold is decomposed once, every round after that costs
/// two thin products.
/// </summary>
internal sealed class DiscriminantCrossFit : ICrossFitClassifier
{
    private readonly RandomFeatures? _map;
    private readonly Tensor _items;
    private readonly Fold[] _folds;
    private readonly DiscriminantEigenbasis[] _bases;
    private readonly Tensor[] _heldOut;
    private readonly int _classes;
    private readonly List<Tensor> _weights = [];
    private readonly List<Tensor> _biases = [];
    private bool _mapGiven;

    /// <summary>Maps and decomposes the training items.</summary>
    /// <param name="task">Features.</param>
    /// <param name="folds">The parts.</param>
    /// <param name="options">What to fit.</param>
    /// <param name="generator">Draws the layer of random features, if there is one.</param>
    public DiscriminantCrossFit(LearningTask task, Fold[] folds, DiscriminantOptions options, Generator generator)
    {
        _folds = folds;
        _classes = task.Classes;
        Shrinkage = options.Shrinkage;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var items = FeatureTensors.Whole(task);
        _map = options.RandomUnits > 0 ? RandomFeatures.Draw(items, options.RandomUnits, generator) : null;
        _items = (_map?.Apply(items) ?? items).DetachFromDisposeScope();
        _heldOut = [.. folds.Select(fold => tensor(fold.HeldOut.Select(i => (long)i).ToArray()).DetachFromDisposeScope())];
        _bases = new DiscriminantEigenbasis[folds.Length];
        for (var f = 0; f < folds.Length; f++)
        {
            task.Run.Cancel.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            _bases[f] = new DiscriminantEigenbasis(_items.index_select(0, tensor(folds[f].Train.Select(i => (long)i).ToArray())));
        }
    }

    /// <summary>s of <see cref="DiscriminantEigenbasis"/>; may change between rounds at no cost.</summary>
    public double Shrinkage { get; set; }

    public double[][] FitPredict(double[][] targets, Action progress)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Release();
        var count = _items.shape[0];
        var predicted = new double[targets.Length][];
        foreach (var partition in _folds.Index().GroupBy(fold => fold.Item.Repeat))
        {
            using var inner = NewDisposeScope();
            var distributions = tensor(targets[partition.Key], count, _classes);
            var single = distributions.to(ScalarType.Float32);
            var allCounts = distributions.sum([0]);
            var allSums = single.t().mm(_items).to(ScalarType.Float64);
            predicted[partition.Key] = new double[targets[partition.Key].Length];
            foreach (var (f, fold) in partition)
            {
                var rows = _items.index_select(0, _heldOut[f]);
                var (counts, sums) = (allCounts, allSums);
                if (fold.Train.Length < count)
                {
                    // What was not held out is everything less what was: the smaller product.
                    counts = allCounts.sub(distributions.index_select(0, _heldOut[f]).sum([0]));
                    sums = allSums.sub(single.index_select(0, _heldOut[f]).t().mm(rows).to(ScalarType.Float64));
                }

                var (weight, bias) = _bases[f].Fit(counts, sums, Shrinkage);
                _weights.Add(weight.DetachFromDisposeScope());
                _biases.Add(bias.DetachFromDisposeScope());
                var logits = rows.mm(weight.to(ScalarType.Float32).t()).to(ScalarType.Float64).Plus(bias);
                Scatter(logits.softmax(1).reshape(-1).data<double>(), fold.HeldOut, predicted[partition.Key]);
                progress();
            }
        }

        return predicted;
    }

    public void Save(JournalState state)
    {
        // Every round is worked out from its targets alone.
    }

    public void Load(JournalState state)
    {
        // Likewise.
    }

    public Ensemble Build(double sharpness)
    {
        _mapGiven = true;
        return new LinearBag(_map, _weights, _biases, sharpness);
    }

    public void Dispose()
    {
        Release();
        _items.Dispose();
        if (!_mapGiven)
        {
            _map?.Dispose();
        }

        foreach (var part in _heldOut)
        {
            part.Dispose();
        }

        foreach (var basis in _bases)
        {
            basis.Dispose();
        }
    }

    private void Scatter(TorchSharp.Utils.TensorAccessor<double> rows, int[] items, double[] result)
    {
        var values = rows.ToArray();
        for (var i = 0; i < items.Length; i++)
        {
            values.AsSpan(i * _classes, _classes).CopyTo(result.AsSpan(items[i] * _classes));
        }
    }

    private void Release()
    {
        foreach (var tensor in _weights.Concat(_biases))
        {
            tensor.Dispose();
        }

        _weights.Clear();
        _biases.Clear();
    }
}

/// <summary>A discriminant classifier.</summary>
/// <param name="Shrinkage">s of <see cref="DiscriminantEigenbasis"/>.</param>
/// <param name="RandomUnits">Units of the layer of random features; 0: the features themselves.</param>
internal sealed record DiscriminantOptions(double Shrinkage, int RandomUnits);
