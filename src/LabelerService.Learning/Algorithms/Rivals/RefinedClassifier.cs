using LabelerService.Learning.Averaging;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// A classifier fitted again and again to class distributions that change, each time from where it was: the net in an EM. Order of items
/// and dropped units go on from one fit to the next.
/// </summary>
internal sealed class RefinedClassifier : IDisposable
{
    private readonly LearningTask _task;
    private readonly Network _network;
    private readonly ParameterSet _parameters;
    private readonly Generator _dropping;
    private readonly Random _order;
    private readonly int _totalEpochs;
    private int _epochsDone;
    private bool _built;

    /// <summary>Draws initial values.</summary>
    /// <param name="task">Settings, features and random draws.</param>
    /// <param name="totalEpochs">Epochs of all fits together, for progress.</param>
    public RefinedClassifier(LearningTask task, int totalEpochs)
    {
        _task = task;
        _totalEpochs = totalEpochs;
        _network = new Network(task.Settings, task.FeatureLength, 1, task.Classes);
        _parameters = new ParameterSet(_network.Layout, trainable: true);
        using var initialisation = task.Streams.Native(RandomStream.Initialisation);
        _network.Initialise(_parameters, initialisation);
        _dropping = task.Streams.Native(RandomStream.Dropout);
        _order = task.Streams.Managed(RandomStream.NetworkOrder);
    }

    /// <summary>Fits to class distributions of the training items.</summary>
    /// <param name="targets">[n, K], row-major.</param>
    /// <param name="epochs">Most passes.</param>
    public void Fit(float[] targets, int epochs)
    {
        var settings = _task.Settings;
        using var problem = new NetworkProblem(
            _network, _task.Features, AnnotatedItems.WithoutAnnotations(_task.Set, items: null), new SoftLabelNetworkLoss(_network, targets),
            candidate => AnswerNet.Validate(_task, _network, candidate), settings.BatchSize, new Dropout(settings.Dropout, _dropping), _order);
        var progress = _task.Run.Progress is { } whole ? new PartialProgress(whole, _epochsDone, _totalEpochs) : null;
        // What was reached before is a candidate: with patience, a round that only fits noise is undone.
        new FitLoop(_task.Run.Time, progress, _totalEpochs - _epochsDone - epochs, _task.Run.Cancel).Run(problem, _parameters, new FitOptions(
            epochs, settings.LearningRate, settings.L1, settings.WeightDecay, settings.PolyakDecay, settings.Patience, settings.Selection,
            InitialCounts: _epochsDone > 0));
        _epochsDone += epochs;
    }

    /// <summary>Class distributions of the training items [n, K], row-major.</summary>
    public float[] Predict()
    {
        using var equal = FixedWeights.Equal(1);
        return new EnsembleRunner(HeadEnsemble.Borrowing(_network, _parameters, equal), _task.Features).Predict(_task.Set.Items);
    }

    /// <summary>The classifier as it is now, which takes over its values: nothing is fitted after this.</summary>
    public Ensemble Build()
    {
        _built = true;
        return new HeadEnsemble(_network, _parameters, FixedWeights.Equal(1));
    }

    public void Dispose()
    {
        _dropping.Dispose();
        if (!_built)
        {
            _parameters.Dispose();
        }
    }
}
