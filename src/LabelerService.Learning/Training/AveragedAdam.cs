using LabelerService.Learning.Checkpoints;

namespace LabelerService.Learning.Training;

/// <summary>
/// Adam (Kingma, Ba 2015) and the running mean of weights (Polyak, Juditsky 1992) in one pass over flat memory. A small net's step is
/// bound by the number of passes and calls, not by arithmetic: this is one call where libtorch's operators are a dozen.
/// </summary>
/// <remarks>
/// The decay of the mean rises as (1 + t)/(10 + t) up to its bound: the mean is over about the last tenth of the steps while training is
/// short, so the initial weights are soon forgotten.
/// </remarks>
internal sealed class AveragedAdam(int length, double learningRate, double averageDecay)
{
    private readonly float[] _mean = new float[length];
    private readonly float[] _square = new float[length];
    private long _steps;

    /// <summary>Moves parameters one step against the gradient, takes them into the mean and clears the gradient.</summary>
    /// <param name="parameters">Values to move.</param>
    /// <param name="gradient">Their gradient; all zero afterwards.</param>
    /// <param name="average">The running mean; the values themselves where its decay is 0.</param>
    public void Step(Span<float> parameters, Span<float> gradient, Span<float> average)
    {
        _steps++;
        AdamRule.At(learningRate, _steps, AdamRule.ShareAt(averageDecay, _steps)).Apply(parameters, gradient, average, _mean, _square);
    }

    /// <summary>Keeps the moments.</summary>
    public void Save(JournalState state)
    {
        state.Put("adam.steps", [_steps]);
        state.Put<float>("adam.mean", _mean.AsSpan());
        state.Put<float>("adam.square", _square.AsSpan());
    }

    /// <summary>Restores them.</summary>
    /// <exception cref="InvalidDataException">They are of other parameters.</exception>
    public void Load(JournalState state)
    {
        state.Read("adam.steps", new Span<long>(ref _steps));
        state.Read<float>("adam.mean", _mean);
        state.Read<float>("adam.square", _square);
    }
}
