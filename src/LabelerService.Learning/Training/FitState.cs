using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Quantising;

namespace LabelerService.Learning.Training;

/// <summary>Where a fit is between two epochs: all that later epochs depend on.</summary>
internal sealed class FitState : IDisposable
{
    private readonly ParameterSet _best;
    private readonly WeightQuantiser? _quantiser;
    private readonly ParameterSet? _deployed;
    private readonly int _epochs;
    private ValidationScore? _bestScore;

    /// <summary>Allocates.</summary>
    /// <param name="parameters">Start values; not owned.</param>
    /// <param name="options">How they are fitted.</param>
    public FitState(ParameterSet parameters, FitOptions options)
    {
        Parameters = parameters;
        Optimiser = new Optimiser(parameters.Layout, options);
        Mean = parameters.SameLayout();
        _best = parameters.SameLayout();
        Mean.CopyFrom(parameters);
        _best.CopyFrom(parameters);
        Kept = _epochs = options.Epochs;
        _quantiser = options.Quantiser;
        if (_quantiser is not null)
        {
            Seen = _quantiser.Deployed(parameters);
            _deployed = parameters.SameLayout();
        }
        else
        {
            Seen = parameters;
        }
    }

    /// <summary>Values that steps move.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>Their running mean.</summary>
    public ParameterSet Mean { get; }

    /// <summary>What losses see: <see cref="Parameters"/>, or their deployed values.</summary>
    public ParameterSet Seen { get; }

    /// <summary>What is scored, and served if it is chosen; to be worked out with <see cref="Deploy"/>.</summary>
    public ParameterSet Deployed => _deployed ?? Mean;

    public Optimiser Optimiser { get; }

    /// <summary>Epochs done.</summary>
    public int Epoch { get; private set; }

    /// <summary>Epochs since the best score.</summary>
    public int SinceBest { get; private set; }

    /// <summary>Epochs that the chosen values have seen.</summary>
    public int Kept { get; private set; }

    /// <summary>The values chosen so far: the best ones where there is a score to choose by, else the mean.</summary>
    public ParameterSet Chosen => _bestScore is null ? Present : _best;

    // The mean of iterates that are on the grid is not on it.
    private ParameterSet Present => _quantiser is { Accumulates: false } ? Parameters : Mean;

    /// <summary>Brings <see cref="Deployed"/> up to date.</summary>
    public void Deploy()
    {
        if (_deployed is not null)
        {
            _quantiser!.Deploy(Present, _deployed);
        }
    }

    /// <summary>Starts with the score of the start values, where it counts.</summary>
    public void Start(ValidationScore? score)
    {
        if (score is not null)
        {
            (_bestScore, Kept) = (score, 0);
        }
    }

    /// <summary>Takes an epoch's score in; null where there is none.</summary>
    public void EndEpoch(ValidationScore? score, FitOptions options)
    {
        Epoch++;
        if (score is null || options.Patience == 0)
        {
            return;
        }

        if (_bestScore is null || score.Value.Beats(_bestScore.Value, options.Selection))
        {
            _bestScore = score;
            _best.CopyFrom(Present);
            (Kept, SinceBest) = (Epoch, 0);
        }
        else
        {
            SinceBest++;
        }
    }

    /// <summary>Keeps it.</summary>
    public void Save(JournalState state)
    {
        state.Put("epochs", [Epoch, SinceBest, Kept]);
        state.Put<float>("parameters", Parameters.Values);
        state.Put<float>("mean", Mean.Values);
        Optimiser.Save(state);
        _quantiser?.Save(state);
        ValidationScore.Save(state, "score", _bestScore);
        if (_bestScore is not null)
        {
            state.Put<float>("best", _best.Values);
        }
    }

    /// <summary>Restores it.</summary>
    /// <exception cref="InvalidDataException">It is another fit's.</exception>
    public void Load(JournalState state)
    {
        var epochs = state.Counters("epochs", _epochs, _epochs, _epochs);
        (Epoch, SinceBest, Kept) = (epochs[0], epochs[1], epochs[2]);
        state.Read("parameters", Parameters.Values);
        state.Read("mean", Mean.Values);
        Optimiser.Load(state);
        _quantiser?.Load(state);
        _bestScore = ValidationScore.Load(state, "score");
        if (_bestScore is not null)
        {
            state.Read("best", _best.Values);
        }
    }

    public void Dispose()
    {
        if (_quantiser is not null)
        {
            Seen.Dispose();
            Parameters.TouchedRows.Touched = null;
            _deployed!.Dispose();
        }

        Mean.Dispose();
        _best.Dispose();
    }
}
