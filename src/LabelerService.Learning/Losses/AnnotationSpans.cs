namespace LabelerService.Learning.Losses;

/// <summary>Some annotations as parallel spans.</summary>
/// <param name="rows">Row of the item of each.</param>
/// <param name="heads">Head of the labeler of each.</param>
/// <param name="classes">Class of each.</param>
internal readonly ref struct AnnotationSpans(ReadOnlySpan<int> rows, ReadOnlySpan<int> heads, ReadOnlySpan<int> classes)
{
    public ReadOnlySpan<int> Rows { get; } = rows;

    public ReadOnlySpan<int> Heads { get; } = heads;

    public ReadOnlySpan<int> Classes { get; } = classes;
}

/// <summary>The shared head as a loss sees it.</summary>
/// <param name="outputs">W_0 z, row-major [N, O].</param>
/// <param name="constants">c_0 [P].</param>
/// <param name="outputsGradient">[N, O], added to.</param>
/// <param name="constantsGradient">[P], added to.</param>
internal readonly ref struct SharedHead<T>(
    ReadOnlySpan<T> outputs, ReadOnlySpan<T> constants, Span<T> outputsGradient, Span<T> constantsGradient)
{
    public ReadOnlySpan<T> Outputs { get; } = outputs;

    public ReadOnlySpan<T> Constants { get; } = constants;

    public Span<T> OutputsGradient { get; } = outputsGradient;

    public Span<T> ConstantsGradient { get; } = constantsGradient;
}

/// <summary>What the labelers' heads add to the shared one.</summary>
/// <param name="weights">V, row-major [R, O, h].</param>
/// <param name="constants">d, row-major [R, P].</param>
/// <param name="weightsGradient">[R, O, h], added to.</param>
/// <param name="constantsGradient">[R, P], added to.</param>
/// <param name="shrinkage">Strength λ_r of the penalty λ_r/2 · (‖V_r‖² + ‖d_r‖²) that each annotation carries [R]; empty for none.</param>
internal readonly ref struct HeadDeviations<T>(
    ReadOnlySpan<T> weights, ReadOnlySpan<T> constants, Span<T> weightsGradient, Span<T> constantsGradient, ReadOnlySpan<T> shrinkage)
{
    public ReadOnlySpan<T> Weights { get; } = weights;

    public ReadOnlySpan<T> Constants { get; } = constants;

    public Span<T> WeightsGradient { get; } = weightsGradient;

    public Span<T> ConstantsGradient { get; } = constantsGradient;

    public ReadOnlySpan<T> Shrinkage { get; } = shrinkage;
}
