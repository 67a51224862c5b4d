namespace LabelerService.Extraction;

/// <summary>An input or output as a graph declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementType">Number of its element type in ONNX; 0 where it is no tensor.</param>
/// <param name="Sides">Its shape, −1 for a side that the file leaves open; null where it declares none.</param>
internal sealed record OnnxValue(string Name, int ElementType, IReadOnlyList<long>? Sides)
{
    /// <summary>ONNX's number for float32.</summary>
    public const int Float32 = 1;

    /// <summary>ONNX's number for uint8.</summary>
    public const int UInt8 = 2;

    /// <summary>The shape for people: <c>[?, 3, 32, 32]</c>.</summary>
    public string Shape => Sides is null ? "of no declared shape" : Describe(Sides);

    /// <summary>A shape for people.</summary>
    public static string Describe(IEnumerable<long> sides) => $"[{string.Join(", ", sides.Select(side => side < 0 ? "?" : $"{side}"))}]";
}

/// <summary>What is known of an ONNX file before anything runs it.</summary>
/// <param name="Opset">Version of the standard operators that it uses.</param>
/// <param name="Inputs">Inputs that are no constants of the graph.</param>
/// <param name="Outputs">Outputs.</param>
/// <param name="Nodes">How many operators it has.</param>
internal sealed record OnnxGraph(long Opset, IReadOnlyList<OnnxValue> Inputs, IReadOnlyList<OnnxValue> Outputs, int Nodes);
