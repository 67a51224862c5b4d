using LabelerService.Core.Annotations;

namespace LabelerService.Server.Inference.Evaluation;

/// <summary>What models are measured on.</summary>
internal abstract record EvaluationData
{
    /// <summary>Items that were left out because a version cannot read them.</summary>
    public int LeftOut { get; init; }

    /// <summary>What to know before trusting the numbers.</summary>
    public IEnumerable<string> Warnings() => LeftOut > 0
        ? [$"{LeftOut} items are left out, which have more steps than the version takes: it was trained when there were none so long, or with a smaller max_steps"]
        : [];
}

/// <summary>What versions say of the items with gold.</summary>
/// <param name="Gold">Gold class of each item [N].</param>
/// <param name="Probabilities">For each version, row-major [N, K].</param>
internal sealed record GoldItems(int[] Gold, IReadOnlyList<float[]> Probabilities) : EvaluationData;

/// <summary>What versions say of the items with annotations.</summary>
/// <param name="Annotations">The annotations of the N items.</param>
/// <param name="Probabilities">For each version, row-major [N, K].</param>
internal sealed record AnnotatedItems(AnnotationTable Annotations, IReadOnlyList<float[]> Probabilities) : EvaluationData;
