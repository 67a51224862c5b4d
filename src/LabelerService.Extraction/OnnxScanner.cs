using System.Text;

namespace LabelerService.Extraction;

/// <summary>
/// Reads what an ONNX file is, and refuses what ONNX Runtime shall not see: files beside it, operators of others, graphs within graphs,
/// random numbers, and tensors that are not as large as they say. Numbers of fields are those of the ONNX intermediate representation.
/// </summary>
internal static class OnnxScanner
{
    private const long FirstIrVersion = 3;
    private const long LastIrVersion = 13;
    private const long FirstOpset = 7;
    private const long LastOpset = 25;
    private const int MostParts = 100_000;
    private const int MostSides = 16;

    // A file is run for each item of a dataset, again and again: what it says must follow from the item.
    private static readonly HashSet<string> Random = new(StringComparer.Ordinal)
    {
        "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli",
    };

    // Bits of an element by its type's number; strings have none.
    private static readonly int[] Bits = [0, 32, 8, 8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64, 64, 128, 16, 8, 8, 8, 8, 4, 4];

    /// <summary>Reads a file.</summary>
    /// <exception cref="Core.Errors.ServiceException">InvalidArgument: ONNX_INVALID or ONNX_UNSUPPORTED.</exception>
    public static OnnxGraph Read(ReadOnlySpan<byte> file)
    {
        try
        {
            return ReadModel(file);
        }
        catch (InvalidDataException error)
        {
            throw OnnxErrors.Invalid(error.Message);
        }
    }

    private static OnnxGraph ReadModel(ReadOnlySpan<byte> file)
    {
        var (irVersion, opset) = (0L, 0L);
        var graph = default(ReadOnlySpan<byte>);
        var reader = new WireReader(file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when !reader.HasContent:
                    irVersion = reader.Value;
                    break;
                case 7 when reader.HasContent:
                    graph = graph.IsEmpty ? reader.Content : throw new InvalidDataException("it has two graphs");
                    break;
                case 8 when reader.HasContent:
                    opset = Math.Max(opset, ReadOpset(reader.Content));
                    break;
                case 20:
                    throw OnnxErrors.Unsupported("it brings training of its own", "Export it for inference.");
                case 25:
                    throw OnnxErrors.Unsupported("it defines functions of its own", "Export it with functions inlined.");
                case 1 or 7 or 8:
                    throw new InvalidDataException("a field has another type than it should");
                default:
                    break; // Text about the file.
            }
        }

        if (graph.IsEmpty)
        {
            throw new InvalidDataException("it has no graph");
        }

        if (irVersion is < FirstIrVersion or > LastIrVersion)
        {
            throw OnnxErrors.Unsupported($"its format has the version {irVersion}", $"Versions {FirstIrVersion} to {LastIrVersion} can be read.");
        }

        return opset is >= FirstOpset and <= LastOpset
            ? ReadGraph(graph, opset)
            : throw OnnxErrors.Unsupported(
                opset == 0 ? "it does not say which operators it uses" : $"it uses operators of opset {opset}", $"Export it with opset {FirstOpset} to {LastOpset}; 17 is a good choice.");
    }

    private static long ReadOpset(ReadOnlySpan<byte> message)
    {
        var (domain, version) = ("", 0L);
        var reader = new WireReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1 && reader.HasContent)
            {
                domain = Text(reader.Content);
            }
            else if (reader.Field == 2 && !reader.HasContent)
            {
                version = reader.Value;
            }
        }

        // Exporters name operators of others whether or not the graph has any: its nodes decide.
        return IsStandard(domain) ? version : 0;
    }

    private static OnnxGraph ReadGraph(ReadOnlySpan<byte> graph, long opset)
    {
        var inputs = new List<OnnxValue>();
        var outputs = new List<OnnxValue>();
        var constants = new HashSet<string>(StringComparer.Ordinal);
        var (nodes, parts) = (0, 0);
        var reader = new WireReader(graph);
        while (reader.Next())
        {
            if (++parts > MostParts)
            {
                throw OnnxErrors.Unsupported($"it has more than {MostParts} nodes and constants", "Export a smaller one.");
            }

            if (reader.Field is 1 or 5 or 11 or 12 or 15 && !reader.HasContent)
            {
                throw new InvalidDataException("a field has another type than it should");
            }

            switch (reader.Field)
            {
                case 1:
                    CheckNode(reader.Content);
                    nodes++;
                    break;
                case 5:
                    constants.Add(CheckTensor(reader.Content));
                    break;
                case 11:
                    inputs.Add(ReadValue(reader.Content));
                    break;
                case 12:
                    outputs.Add(ReadValue(reader.Content));
                    break;
                case 15:
                    throw OnnxErrors.Unsupported("it has sparse constants", "Export it with dense ones.");
                default:
                    break;
            }
        }

        return nodes > 0
            ? new OnnxGraph(opset, [.. inputs.Where(input => !constants.Contains(input.Name))], outputs, nodes)
            : throw new InvalidDataException("its graph is empty");
    }

    private static void CheckNode(ReadOnlySpan<byte> node)
    {
        var (operation, domain) = ("", "");
        var reader = new WireReader(node);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 4 when reader.HasContent:
                    operation = Text(reader.Content);
                    break;
                case 5 when reader.HasContent:
                    CheckAttribute(reader.Content);
                    break;
                case 7 when reader.HasContent:
                    domain = Text(reader.Content);
                    break;
                default:
                    break;
            }
        }

        if (!IsStandard(domain))
        {
            throw OnnxErrors.Unsupported($"it uses the operator {Shown(operation)} of {Shown(domain)}", "Only the standard operators of ONNX are taken: export it without others.");
        }

        if (Random.Contains(operation))
        {
            throw OnnxErrors.Unsupported($"it draws random numbers ({operation})", "Export it for inference.");
        }
    }

    private static void CheckAttribute(ReadOnlySpan<byte> attribute)
    {
        var reader = new WireReader(attribute);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 5 or 10 when reader.HasContent:
                    CheckTensor(reader.Content);
                    break;
                case 6 or 11:
                    throw OnnxErrors.Unsupported("it has loops or branches (a graph within the graph)", "Export it for items of a fixed shape, without control flow.");
                case 22 or 23:
                    throw OnnxErrors.Unsupported("it has sparse constants", "Export it with dense ones.");
                default:
                    break;
            }
        }
    }

    /// <summary>Checks that a constant is as large as it says; gives its name.</summary>
    private static string CheckTensor(ReadOnlySpan<byte> tensor)
    {
        var (name, type, elements, raw, typed, sides) = ("", 0L, 1L, -1L, 0L, 0);
        var reader = new WireReader(tensor);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when reader.HasContent:
                    var packed = reader.Content;
                    while (!packed.IsEmpty)
                    {
                        elements = Multiply(elements, (long)WireReader.ReadVarint(ref packed), ++sides);
                    }

                    break;
                case 1:
                    elements = Multiply(elements, reader.Value, ++sides);
                    break;
                case 2 when !reader.HasContent:
                    type = reader.Value;
                    break;
                case 4 or 5 or 7 or 10 or 11:
                    typed += reader.HasContent ? reader.Content.Length : sizeof(long);
                    break;
                case 8 when reader.HasContent:
                    name = Text(reader.Content);
                    break;
                case 9 when reader.HasContent:
                    raw = reader.Content.Length;
                    break;
                case 13:
                case 14 when reader.HasContent || reader.Value != 0:
                    throw OnnxErrors.Unsupported("its weights are in files beside it", "Export it as one file, with the weights inside.");
                default:
                    break;
            }
        }

        var bits = type > 0 && type < Bits.Length ? Bits[type] : 0;
        if (bits == 0)
        {
            throw OnnxErrors.Unsupported($"its constant {Shown(name)} is of a type that is no number", "Export it without texts.");
        }

        // Numbers that are not raw take a byte each at least.
        var fits = raw >= 0 ? raw == ((elements * bits) + 7) / 8 : elements <= typed * (bits < 8 ? 2 : 1);
        return fits ? name : throw new InvalidDataException($"the constant {Shown(name)} says to have {elements} values, and has not");
    }

    private static long Multiply(long elements, long side, int sides)
    {
        if (side < 0 || sides > MostSides || (side > 0 && elements > int.MaxValue / side))
        {
            throw new InvalidDataException("a constant has an impossible shape");
        }

        return elements * side;
    }

    private static OnnxValue ReadValue(ReadOnlySpan<byte> value)
    {
        var name = "";
        var type = default(ReadOnlySpan<byte>);
        var reader = new WireReader(value);
        while (reader.Next())
        {
            if (reader.Field == 1 && reader.HasContent)
            {
                name = Text(reader.Content);
            }
            else if (reader.Field == 2 && reader.HasContent)
            {
                type = reader.Content;
            }
        }

        var tensor = Inner(type, 1);
        var (element, shaped) = (0L, false);
        List<long> sides = [];
        reader = new WireReader(tensor);
        while (reader.Next())
        {
            if (reader.Field == 1 && !reader.HasContent)
            {
                element = reader.Value;
            }
            else if (reader.Field == 2 && reader.HasContent)
            {
                shaped = true;
                ReadSides(reader.Content, sides);
            }
        }

        return new OnnxValue(name, element is > 0 and < int.MaxValue ? (int)element : 0, shaped ? sides : null);
    }

    private static void ReadSides(ReadOnlySpan<byte> shape, List<long> sides)
    {
        var reader = new WireReader(shape);
        while (reader.Next())
        {
            if (reader.Field != 1 || !reader.HasContent)
            {
                continue;
            }

            var side = -1L;
            var inner = new WireReader(reader.Content);
            while (inner.Next())
            {
                if (inner.Field == 1 && !inner.HasContent)
                {
                    side = inner.Value >= 0 ? inner.Value : -1;
                }
            }

            sides.Add(sides.Count < MostSides ? side : throw new InvalidDataException("a value has more sides than any has"));
        }
    }

    private static ReadOnlySpan<byte> Inner(ReadOnlySpan<byte> message, int field)
    {
        var found = default(ReadOnlySpan<byte>);
        var reader = new WireReader(message);
        while (reader.Next())
        {
            if (reader.Field == field && reader.HasContent)
            {
                found = reader.Content;
            }
        }

        return found;
    }

    private static bool IsStandard(string domain) => domain is "" or "ai.onnx";

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    // Names come from the file: what is shown of them is short and printable.
    private static string Shown(string name) =>
        $"'{new string([.. name.Take(64).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)])}'";
}
