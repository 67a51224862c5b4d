using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Losses;

/// <summary>
/// The loss that averaging weights are learnt by (Who Said What, section 3): cross-entropy of the mixture of the heads to the item's mean
/// label, where the heads of the item's own labelers are left out and the weights renormalised over the rest, so that nobody's head is
/// rewarded for predicting the label it was trained on.
/// </summary>
internal static class LeaveOwnOutLoss
{
    // Keeps the logarithm finite where all other heads are certain of another class.
    private const double SmallestProbability = 1e-12;

    /// <summary>w_r over the labelers who did not label the item, renormalised: softmax(v) restricted to the rest.</summary>
    /// <param name="averagingLogits">v: [R], or [N, R] where they depend on the item.</param>
    /// <param name="own">True where a labeler labelled the item, bool [N, R]; every row leaves at least one labeler.</param>
    /// <returns>[N, R], rows summing to one.</returns>
    public static Tensor Weights(Tensor averagingLogits, Tensor own) =>
        averagingLogits.expand(own.shape).FilledWhere(own, double.NegativeInfinity).softmax(1);

    /// <summary>−Σ_n Σ_k t_nk ln Σ_{r∉S_n} w_r p_nrk.</summary>
    /// <param name="averagingLogits">v: [R], or [N, R].</param>
    /// <param name="own">True where a labeler labelled the item, bool [N, R].</param>
    /// <param name="probabilities">Class distributions of the frozen heads [N, R, K].</param>
    /// <param name="targets">Mean label of each item [N, K].</param>
    public static Tensor Sum(Tensor averagingLogits, Tensor own, Tensor probabilities, Tensor targets)
    {
        var mixture = Weights(averagingLogits, own).unsqueeze(1).bmm(probabilities).squeeze(1);
        return mixture.AtLeast(SmallestProbability).log().mul(targets).sum().neg();
    }
}
