using LabelerService.Core.Datasets;

namespace LabelerService.Core.Encodings;

/// <summary>How an item becomes a row of floats. The values are stored; never renumber.</summary>
public enum ItemEncodingKind
{
    /// <summary>The values of a vector or an image as they are.</summary>
    Values = 1,

    /// <summary>The number of steps of a sequence, then its steps, then zeros.</summary>
    Sequence = 2,

    /// <summary>What a text featurizer makes of a text.</summary>
    Text = 3,

    /// <summary>What a frozen model makes of the values of a vector or an image.</summary>
    Extracted = 4,
}

/// <summary>
/// What the rows are that a model is trained on and served with: D floats an item, whatever the item is. Chosen at training, kept with the
/// model, and applied to whatever it is to predict.
/// </summary>
public sealed record ItemEncoding
{
    /// <summary>How an item becomes a row.</summary>
    public required ItemEncodingKind Kind { get; init; }

    /// <summary>Length D of a row; 0 where training decides it (see <see cref="Expected"/>).</summary>
    public required int FeatureLength { get; init; }

    /// <summary>Values a step of a sequence, d; otherwise 0.</summary>
    public int StepLength { get; init; }

    /// <summary>Most steps of a sequence; otherwise 0.</summary>
    public int MaxSteps { get; init; }

    /// <summary>Height, width and channels where a row is an image; otherwise empty.</summary>
    public IReadOnlyList<int> Shape { get; init; } = [];

    /// <summary>Hex SHA-256 of what the encoder was made of: a text featurizer, or an extractor's ONNX file; null where it takes nothing.</summary>
    public string? ArtefactSha256 { get; init; }

    /// <summary>Resource name of the extractor; null where there is none.</summary>
    public string? Backbone { get; init; }

    /// <summary>How the extractor reads items; null where there is none.</summary>
    public ExtractorInput? Extractor { get; init; }

    /// <summary>The encoding of vectors or images as they are.</summary>
    public static ItemEncoding OfValues(int length, IReadOnlyList<int>? shape = null) =>
        new() { Kind = ItemEncodingKind.Values, FeatureLength = length, Shape = shape ?? [] };

    /// <summary>The encoding of sequences: D = 1 + maxSteps · d.</summary>
    /// <param name="stepLength">Values a step, d.</param>
    /// <param name="maxSteps">Most steps.</param>
    public static ItemEncoding OfSequences(int stepLength, int maxSteps) => new()
    {
        Kind = ItemEncodingKind.Sequence,
        FeatureLength = maxSteps == 0 ? 0 : checked(1 + (maxSteps * stepLength)),
        StepLength = stepLength,
        MaxSteps = maxSteps,
    };

    /// <summary>
    /// The encoding of a dataset's items as far as it is known before their contents are: D is 0 for texts and sequences. What an extractor
    /// makes of them is not known here.
    /// </summary>
    public static ItemEncoding Expected(DatasetSchema schema) => schema.ItemKind switch
    {
        ItemKind.Text => new() { Kind = ItemEncodingKind.Text, FeatureLength = 0 },
        ItemKind.Sequence => OfSequences(schema.ItemShape[0], maxSteps: 0),
        ItemKind.Image => OfValues(schema.FeatureLength, schema.ItemShape),
        _ => OfValues(schema.FeatureLength),
    };
}
