using LabelerService.Learning.Averaging;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Quantising;
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
    private readonly ParameterSet _best;
    private readonly ParameterSet? _deployed;
    private readonly WeightQuantiser? _quantiser;
    private readonly Generator _dropping;
    private readonly SeededRandom _order;
    private readonly int _totalEpochs;
    private int _epochsDone;
    private int _sinceBest;
    private ValidationScore? _bestScore;
    private bool _built;

    /// <summary>Sets initial values.</summary>
    /// <param name="task">Settings, features and random draws.</param>
    /// <param name="totalEpochs">Epochs of all fits together, for progress.</param>
    public RefinedClassifier(LearningTask task, int totalEpochs)
    {
        _task = task;
        _totalEpochs = totalEpochs;
        _network = new Network(task.Settings, task.Snapshot.Encoding, 1, task.Classes);
        _parameters = new ParameterSet(_network.Layout, trainable: true);
        _best = _parameters.SameLayout();
        NetworkFit.Start(task, _network, _parameters);
        _quantiser = WeightQuantiser.Create(task.Settings, _network, task.Streams.Derive(RandomStream.Rounding));
        _quantiser?.Start(_parameters);
        _deployed = _quantiser is null ? null : _parameters.SameLayout();
        _dropping = task.Streams.Native(RandomStream.Dropout);
        _order = task.Streams.Managed(RandomStream.NetworkOrder);
    }

    /// <summary>Whether patience is at its end: that many passes have not improved the validation score.</summary>
    public bool IsDone => _task.Settings.Patience > 0 && _sinceBest >= _task.Settings.Patience;

    /// <summary>Fits to class distributions of the training items.</summary>
    /// <param name="targets">[n, K], row-major.</param>
    /// <param name="epochs">Passes.</param>
    /// <returns>Whether this is the best fit so far; the last fit always is where nothing validates or patience is 0.</returns>
    public bool Fit(float[] targets, int epochs)
    {
        var settings = _task.Settings;
        using var problem = new NetworkProblem(
            _network, _task.Features, AnnotatedItems.WithoutAnnotations(_task.Set, items: null), new SoftLabelNetworkLoss(_network, targets),
            candidate => AnswerNet.Validate(_task, _network, candidate), settings.BatchSize, new Dropout(settings.Dropout, _dropping), _order);
        var progress = _task.Run.Progress is { } whole ? new PartialProgress(whole, _epochsDone, _totalEpochs) : null;
        // Fits are short, and patience is a matter of all of them together.
        new FitLoop(_task.Run, progress, _totalEpochs - _epochsDone - epochs).Run(problem, _parameters, new FitOptions(
            epochs, settings.LearningRate, settings.L1, settings.WeightDecay, settings.PolyakDecay, Patience: 0, settings.Selection,
            InitialCounts: false)
        {
            Quantiser = _quantiser,
        });
        _epochsDone += epochs;
        return Keep(epochs);
    }

    /// <summary>Class distributions of the training items [n, K], row-major.</summary>
    public float[] Predict()
    {
        using var equal = FixedWeights.Equal(1);
        return new EnsembleRunner(HeadEnsemble.Borrowing(_network, Deployed(), equal), _task.Features).Predict(_task.Set.Items);
    }

    /// <summary>The classifier as it is now, which takes over its values: nothing is fitted after this.</summary>
    public Ensemble Build()
    {
        _built = true;
        _parameters.CopyFrom(_best);
        _quantiser?.Deploy(_parameters, _parameters);
        return new HeadEnsemble(_network, _parameters, FixedWeights.Equal(1));
    }

    /// <summary>Keeps where it is between two fits.</summary>
    public void Save(JournalState state)
    {
        state.Put("classifier.epochs", [_epochsDone, _sinceBest]);
        state.Put<float>("classifier.parameters", _parameters.Values);
        state.Put<float>("classifier.best", _best.Values);
        ValidationScore.Save(state, "classifier.score", _bestScore);
        state.Put("classifier.dropout", _dropping);
        _quantiser?.Save(state);
        _order.Save(state, "classifier.order");
    }

    /// <summary>Restores it.</summary>
    /// <exception cref="InvalidDataException">It is another classifier's.</exception>
    public void Load(JournalState state)
    {
        var epochs = state.Counters("classifier.epochs", _totalEpochs, _totalEpochs);
        (_epochsDone, _sinceBest) = (epochs[0], epochs[1]);
        state.Read("classifier.parameters", _parameters.Values);
        state.Read("classifier.best", _best.Values);
        _bestScore = ValidationScore.Load(state, "classifier.score");
        state.Read("classifier.dropout", _dropping);
        _quantiser?.Load(state);
        _order.Load(state, "classifier.order");
    }

    public void Dispose()
    {
        _dropping.Dispose();
        _best.Dispose();
        _deployed?.Dispose();
        if (!_built)
        {
            _parameters.Dispose();
        }
    }

    // The values that are deployed, of those that are fitted on.
    private ParameterSet Deployed()
    {
        if (_deployed is null)
        {
            return _parameters;
        }

        _quantiser!.Deploy(_parameters, _deployed);
        return _deployed;
    }

    private bool Keep(int epochs)
    {
        var score = _task.Settings.Patience > 0 ? AnswerNet.Validate(_task, _network, Deployed()) : null;
        if (score is { } now && _bestScore is { } best && !now.Beats(best, _task.Settings.Selection))
        {
            _sinceBest += epochs;
            return false;
        }

        (_bestScore, _sinceBest) = (score, 0);
        _best.CopyFrom(_parameters);
        return true;
    }
}
