using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>
/// Running mean of the weights (Polyak, Juditsky 1992), which is what is evaluated and served. The decay rises as (1 + t)/(10 + t) up to
/// its bound: the mean is over about the last tenth of the steps while training is short, so the initial weights are soon forgotten.
/// </summary>
internal sealed class PolyakAverage(double decay)
{
    private long _steps;

    /// <summary>Takes one step's weights into the mean. Call within a dispose scope and without gradient recording.</summary>
    public void Update(Tensor mean, Tensor current)
    {
        _steps++;
        var share = 1 - Math.Min(decay, (1.0 + _steps) / (10.0 + _steps));
        if (decay == 0)
        {
            mean.copy_(current);
        }
        else
        {
            mean.mul_(1 - share).add_(current, alpha: share);
        }
    }
}
