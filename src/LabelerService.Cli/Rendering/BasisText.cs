using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>What is measured against what, and who won, in words.</summary>
internal static class BasisText
{
    /// <summary><c>gold</c> or <c>labelers</c>.</summary>
    public static string Of(EvaluationBasis basis) => basis == EvaluationBasis.Labelers ? "labelers" : "gold";

    /// <summary><c>first_better</c>, <c>second_better</c> or <c>no_difference</c>.</summary>
    public static string Of(ComparisonVerdict verdict) => verdict switch
    {
        ComparisonVerdict.FirstBetter => "first_better",
        ComparisonVerdict.SecondBetter => "second_better",
        _ => "no_difference",
    };
}
