using static TorchSharp.torch;

namespace LabelerService.Learning.Losses;

/// <summary>The baseline net's loss: cross-entropy of one head to the item's label distribution (Who Said What, section 3).</summary>
internal static class MeanLabelLoss
{
    /// <summary>−Σ_n Σ_k t_nk ln p_nk.</summary>
    /// <param name="logProbabilities">ln p of the head [N, K].</param>
    /// <param name="targets">Label distribution of each item [N, K].</param>
    public static Tensor Sum(Tensor logProbabilities, Tensor targets) => logProbabilities.mul(targets).sum().neg();
}
