using static TorchSharp.torch;

namespace LabelerService.Learning.Losses;

/// <summary>
/// The doctor net's masked loss, −Σ_n Σ_{r∈S_n} ln p_r(y_nr|x_n) (Who Said What, section 3), over logits that exist for annotations only.
/// </summary>
internal static class AnnotationLoss
{
    /// <summary>Sum over annotations.</summary>
    /// <param name="logits">Logits of the annotating labeler's head for each annotation [A, K].</param>
    /// <param name="classes">Class of each annotation, int64 [A].</param>
    public static Tensor Sum(Tensor logits, Tensor classes) =>
        logits.log_softmax(1).gather(1, classes.unsqueeze(1)).sum().neg();
}
