namespace LabelerService.Server.OpenInference;

/// <summary>A request for predictions, read from either transport. Its tensors agree with their own shapes; the model is not known yet.</summary>
internal sealed record InferenceCall
{
    /// <summary>Path of the model's name in the request.</summary>
    public const string NameField = "model_name";

    /// <summary>Path of the model's version in the request.</summary>
    public const string VersionField = "model_version";

    /// <summary>Name of the request parameter that lists labelers.</summary>
    public const string LabelersParameter = "labelers";

    /// <summary>Name of the request parameter for the distilled head.</summary>
    public const string DistilledParameter = "distilled";

    /// <summary>Name of the model as it came.</summary>
    public required string ModelName { get; init; }

    /// <summary>Version as it came; empty for the server's choice.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>Comes back with the answer.</summary>
    public string Id { get; init; } = "";

    /// <summary>The inputs, one or more.</summary>
    public required IReadOnlyList<InferenceInput> Inputs { get; init; }

    /// <summary>Names of the outputs that are wanted; empty for all.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>Keys of labelers, separated by commas; null for all.</summary>
    public string? Labelers { get; init; }

    /// <summary>Whether the distilled head answers.</summary>
    public bool Distilled { get; init; }
}

/// <summary>One input tensor. Either <see cref="Floats"/> or <see cref="Texts"/> is set.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sides, each at least 1.</param>
/// <param name="Field">Path of the tensor in the request.</param>
/// <param name="DataField">Path of its values in the request.</param>
internal sealed record InferenceInput(string Name, IReadOnlyList<long> Shape, string Field, string DataField)
{
    /// <summary>Name of the input that holds features, FP32 or FP16 [N, D].</summary>
    public const string Features = "features";

    /// <summary>Name of the input that holds texts, BYTES [N].</summary>
    public const string Text = "text";

    /// <summary>Name of the input that holds sequences of the same number of steps, FP32 or FP16 [N, T, d].</summary>
    public const string Sequence = "sequence";

    /// <summary>Name of the input that names stored items, BYTES [N].</summary>
    public const string ItemId = "item_id";

    /// <summary>The values of numbers, row-major; null for texts.</summary>
    public float[]? Floats { get; init; }

    /// <summary>The values of BYTES; null for numbers.</summary>
    public string[]? Texts { get; init; }
}

/// <summary>Predictions, to be written to either transport.</summary>
/// <param name="ModelName">Name of the model as it came.</param>
/// <param name="ModelVersion">Version that answered.</param>
/// <param name="Id">The request's.</param>
/// <param name="Outputs">The outputs in the order wanted.</param>
internal sealed record InferenceAnswer(string ModelName, int ModelVersion, string Id, IReadOnlyList<InferenceOutput> Outputs);

/// <summary>One output tensor; one of the three kinds of values is set, as its datatype says.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sides.</param>
internal sealed record InferenceOutput(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>Values of an FP32 tensor.</summary>
    public float[]? Floats { get; init; }

    /// <summary>Values of an INT32 tensor.</summary>
    public int[]? Integers { get; init; }

    /// <summary>Values of a BYTES tensor.</summary>
    public string[]? Texts { get; init; }

    /// <summary>Keys along the labeler axis, as a JSON array; null where there is no such axis.</summary>
    public string? Labelers { get; init; }

    /// <summary>Its datatype.</summary>
    public string Datatype => Floats is not null ? InferenceDatatype.Fp32 : Integers is not null ? InferenceDatatype.Int32 : InferenceDatatype.Bytes;
}
