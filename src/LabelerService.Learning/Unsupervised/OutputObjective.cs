using LabelerService.Core.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Unsupervised;

/// <summary>An objective at some outputs.</summary>
/// <param name="Loss">What is made small, in nats.</param>
/// <param name="Gradient">∂ loss / ∂ y [N, m], float64; owned by the receiver.</param>
internal readonly record struct ObjectiveValue(double Loss, Tensor Gradient);

/// <summary>
/// What a net's outputs are trained towards without labels: a function of the outputs of many items at once. Its derivative is fed into the
/// net as the outputs' error, whatever the net is (Klapper-Rybicka, Schraudolph, Schmidhuber: Unsupervised Learning in LSTM Recurrent
/// Neural Networks. ICANN 2001).
/// </summary>
internal abstract class OutputObjective
{
    /// <summary>
    /// Standard deviation that outputs are brought to before the objective sees them. At a fixed spread an objective says how much the
    /// items fall into kinds; without one, large weights make any split look sharp, and starts can no longer be compared by it.
    /// </summary>
    public abstract double Spread { get; }

    /// <summary>What the objective looks at: the outputs of that spread, or what nodes make of them. Gradients go through it.</summary>
    /// <param name="outputs">Outputs of a batch [N, m] as the net gives them.</param>
    public virtual Tensor Present(Tensor outputs) => ReadOut.Standardise(outputs, Spread);

    /// <summary>The objective that an algorithm trains by.</summary>
    public static OutputObjective Create(TrainingSettings settings) => settings.Algorithm switch
    {
        "bingo" => new BingoObjective(settings.OutputGain),
        "neo" => new NeoObjective(settings.KernelFloor, settings.OutputGain),
        _ => throw new InvalidOperationException($"{settings.Algorithm} pretrains nothing."),
    };

    /// <summary>Loss and gradient at the outputs y of a batch [N, m], float32 or float64; N at least 2.</summary>
    public abstract ObjectiveValue Evaluate(Tensor outputs);

    /// <summary>How well outputs [N, m] do, in nats; more is better, and comparable between nets and starts.</summary>
    public abstract double Score(Tensor outputs);
}
