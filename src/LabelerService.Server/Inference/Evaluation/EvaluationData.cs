using LabelerService.Core.Annotations;

namespace LabelerService.Server.Inference.Evaluation;

/// <summary>What versions say of the items with gold.</summary>
/// <param name="Gold">Gold class of each item [N].</param>
/// <param name="Probabilities">For each version, row-major [N, K].</param>
internal sealed record GoldItems(int[] Gold, IReadOnlyList<float[]> Probabilities);

/// <summary>What versions say of the items with annotations.</summary>
/// <param name="Annotations">The annotations of the N items.</param>
/// <param name="Probabilities">For each version, row-major [N, K].</param>
internal sealed record AnnotatedItems(AnnotationTable Annotations, IReadOnlyList<float[]> Probabilities);
