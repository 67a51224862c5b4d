namespace LabelerService.Core.Encodings;

/// <summary>Order of the values of an image. The values are stored; never renumber.</summary>
public enum PixelLayout
{
    /// <summary>As the model's input declares it.</summary>
    Declared = 0,

    /// <summary>Batch, height, width, channels.</summary>
    Nhwc = 1,

    /// <summary>Batch, channels, height, width.</summary>
    Nchw = 2,
}

/// <summary>How an uploaded model reads items.</summary>
public sealed record ExtractorInput
{
    /// <summary>Name of its input; empty where it has one.</summary>
    public string Input { get; init; } = "";

    /// <summary>Name of the output that holds the features; empty where it has one.</summary>
    public string Output { get; init; } = "";

    /// <summary>Order of an image's values in its input.</summary>
    public PixelLayout Layout { get; init; }

    /// <summary>Subtracted from the values, one for each channel or one for all; none is zero.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [];

    /// <summary>What is left is divided by these, one for each channel or one for all; none is one.</summary>
    public IReadOnlyList<float> Deviation { get; init; } = [];
}
