using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>Adam (Kingma, Ba 2015) on one flat tensor.</summary>
internal sealed class FlatAdam : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private readonly double _learningRate;
    private readonly Tensor _mean;
    private readonly Tensor _square;
    private readonly Tensor _meanRate = tensor(1 - Beta1);
    private readonly Tensor _scratch;
    private long _steps;

    public FlatAdam(Tensor parameters, double learningRate)
    {
        _learningRate = learningRate;
        _mean = zeros_like(parameters);
        _square = zeros_like(parameters);
        _scratch = zeros_like(parameters);
        foreach (var tensor in (ReadOnlySpan<Tensor>)[_mean, _square, _meanRate, _scratch])
        {
            tensor.DetachFromDisposeScope();
        }
    }

    /// <summary>Moves the parameters one step against the gradient. Call within a dispose scope and without gradient recording.</summary>
    public void Step(Tensor parameters, Tensor gradient)
    {
        _steps++;
        _mean.lerp_(gradient, _meanRate);
        _square.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
        var rate = _learningRate / (1 - Math.Pow(Beta1, _steps));
        var correction = Math.Sqrt(1 - Math.Pow(Beta2, _steps));
        // θ ← θ − rate · m / (√v / correction + ε), multiplied through by the correction.
        _scratch.copy_(_square).sqrt_().add_(Epsilon * correction);
        parameters.addcdiv_(_mean, _scratch, -rate * correction);
    }

    public void Dispose()
    {
        _mean.Dispose();
        _square.Dispose();
        _meanRate.Dispose();
        _scratch.Dispose();
    }
}
