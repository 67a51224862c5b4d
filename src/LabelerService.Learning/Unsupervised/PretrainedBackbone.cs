namespace LabelerService.Learning.Unsupervised;

/// <summary>A backbone that was pretrained on items without labels.</summary>
public sealed record PretrainedBackbone
{
    /// <summary>
    /// Values of the backbone by name and shape as a <see cref="Core.Tensors.TensorArchive"/> of kind <c>weights</c>, as those of model versions
    /// are, without heads; the outputs that it was trained by are in it as <c>readout.weight</c> and <c>readout.bias</c>.
    /// </summary>
    public required byte[] Weights { get; init; }

    /// <summary>Width h of the representation.</summary>
    public required int Width { get; init; }

    /// <summary>Every setting as it took effect; the kind of backbone is resolved.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>
    /// What was measured at its end: <c>objective</c> (on items held out, in nats, more is better), <c>training_objective</c>, <c>restart</c> (which start was
    /// kept, from 1), <c>spread_of_restarts</c> (best minus worst objective), <c>largest_correlation</c> (of two outputs).
    /// </summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Wall time of the training, in seconds.</summary>
    public required double TrainingSeconds { get; init; }
}

/// <summary>What a pretrained backbone makes of items.</summary>
/// <param name="Width">Width h of the representation.</param>
/// <param name="OutputCount">Number of outputs m.</param>
/// <param name="Representation">Representation of each item, row-major [N, h].</param>
/// <param name="Outputs">Outputs of each item, row-major [N, m]; mean 0 and standard deviation 1 over the items trained on.</param>
public sealed record BackboneView(int Width, int OutputCount, float[] Representation, float[] Outputs);
