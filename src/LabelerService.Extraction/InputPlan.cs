using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;

namespace LabelerService.Extraction;

/// <summary>How items of a dataset are put into a model's input.</summary>
/// <param name="Name">Name of the input.</param>
/// <param name="Output">Name of the output that holds the features.</param>
/// <param name="Bytes">Whether it takes bytes, 0 to 255, and not float32.</param>
/// <param name="FixedItems">Items of one run where the model fixes them; 0 where it takes any number.</param>
/// <param name="Sides">The input's sides but the first, as they are given to the model.</param>
/// <param name="ChannelsFirst">Whether the values of an image are to be reordered from H×W×C to C×H×W.</param>
internal sealed record InputPlan(string Name, string Output, bool Bytes, int FixedItems, IReadOnlyList<long> Sides, bool ChannelsFirst)
{
    private const int MostFixedItems = 1024;

    /// <summary>Finds out how a model reads a dataset's items.</summary>
    /// <exception cref="Core.Errors.ServiceException">InvalidArgument: it cannot.</exception>
    public static InputPlan Of(OnnxGraph graph, DatasetSchema schema, ExtractorInput wanted)
    {
        if (schema.FeatureLength == 0)
        {
            throw OnnxErrors.Mismatch($"extractors read vectors and images, and the dataset's items are of kind {schema.ItemKind}");
        }

        var input = Choose(graph.Inputs, wanted.Input, "input");
        if (graph.Inputs.Count > 1)
        {
            throw OnnxErrors.Unsupported(
                $"it has {graph.Inputs.Count} inputs: {Names(graph.Inputs)}", "Export it with one input, the items; what else it needs must be constant.");
        }

        var output = Choose(graph.Outputs, wanted.Output, "output");
        if (output.ElementType is not (OnnxValue.Float32 or 0))
        {
            throw OnnxErrors.Unsupported($"its output '{output.Name}' is not float32", "Name a float32 output, or export it with one.");
        }

        if (input.ElementType is not (OnnxValue.Float32 or OnnxValue.UInt8))
        {
            throw OnnxErrors.Unsupported($"its input '{input.Name}' takes neither float32 nor uint8", "Export it with an input of float32.");
        }

        var bytes = input.ElementType == OnnxValue.UInt8;
        if (bytes && (schema.ItemKind != ItemKind.Image || wanted.Mean.Count > 0 || wanted.Deviation.Count > 0))
        {
            throw OnnxErrors.Mismatch(
                $"its input '{input.Name}' takes bytes, which are the values of images from 0 to 255 and are not scaled; export it with an input of float32");
        }

        if (input.Sides is not { Count: > 0 } sides)
        {
            throw OnnxErrors.Mismatch($"its input '{input.Name}' declares no shape; export it with one");
        }

        if (sides[0] is 0 or > MostFixedItems)
        {
            throw OnnxErrors.Mismatch($"its input '{input.Name}' takes {sides[0]} items at once; export it with a dynamic first side");
        }

        CheckScale(schema, wanted);
        var (given, channelsFirst) = Fit(input, sides, schema, wanted.Layout);
        return new InputPlan(input.Name, output.Name, bytes, sides[0] < 0 ? 0 : (int)sides[0], given, channelsFirst);
    }

    private static OnnxValue Choose(IReadOnlyList<OnnxValue> values, string wanted, string what)
    {
        if (wanted.Length > 0)
        {
            return values.FirstOrDefault(value => value.Name == wanted)
                ?? throw OnnxErrors.Mismatch($"it has no {what} '{wanted}'; it has {Names(values)}");
        }

        return values.Count == 1
            ? values[0]
            : throw OnnxErrors.Mismatch($"it has {values.Count} {what}s ({Names(values)}); name the one to use as extractor.{what}");
    }

    private static (IReadOnlyList<long> Sides, bool ChannelsFirst) Fit(OnnxValue input, IReadOnlyList<long> sides, DatasetSchema schema, PixelLayout layout)
    {
        long[] rest = [.. sides.Skip(1)];
        long[] flat = [schema.FeatureLength];
        if (schema.ItemKind == ItemKind.Vector)
        {
            return Matches(rest, flat) ? (flat, false) : throw Wrong(input, [flat]);
        }

        var (height, width, channels) = ((long)schema.ItemShape[0], (long)schema.ItemShape[1], (long)schema.ItemShape[2]);
        long[] last = [height, width, channels];
        long[] first = [channels, height, width];
        long[] plane = [height, width];
        var asLast = layout != PixelLayout.Nchw && Matches(rest, last);
        var asFirst = layout != PixelLayout.Nhwc && Matches(rest, first);
        if (asLast && asFirst)
        {
            // With one channel both are the same numbers in the same order.
            return channels == 1
                ? (last, false)
                : throw OnnxErrors.Mismatch(
                    $"its input '{input.Name}' {input.Shape} may be {OnnxValue.Describe(last)} or {OnnxValue.Describe(first)}; say which as extractor.layout (nhwc or nchw)");
        }

        return asLast ? (last, false)
            : asFirst ? (first, channels > 1)
            : channels == 1 && Matches(rest, plane) ? (plane, false)
            : Matches(rest, flat) ? (flat, layout == PixelLayout.Nchw && channels > 1)
            : throw Wrong(input, [last, first, flat]);
    }

    private static bool Matches(ReadOnlySpan<long> declared, ReadOnlySpan<long> item)
    {
        if (declared.Length != item.Length)
        {
            return false;
        }

        for (var i = 0; i < item.Length; i++)
        {
            if (declared[i] >= 0 && declared[i] != item[i])
            {
                return false;
            }
        }

        return true;
    }

    private static void CheckScale(DatasetSchema schema, ExtractorInput wanted)
    {
        var channels = schema.ItemShape[^1];
        foreach (var (field, values) in (ReadOnlySpan<(string, IReadOnlyList<float>)>)[("mean", wanted.Mean), ("deviation", wanted.Deviation)])
        {
            if (values.Count > 1 && values.Count != channels)
            {
                throw Core.Errors.ServiceException.InvalidField($"backbone.extractor.{field}", $"has {values.Count} values; give one, or one for each of the {channels} channels");
            }

            if (!values.All(float.IsFinite) || (field == "deviation" && values.Contains(0)))
            {
                throw Core.Errors.ServiceException.InvalidField($"backbone.extractor.{field}", "must be finite numbers, and a deviation not 0");
            }
        }
    }

    private static Core.Errors.ServiceException Wrong(OnnxValue input, IEnumerable<long[]> shapes) => OnnxErrors.Mismatch(
        $"its input '{input.Name}' is {input.Shape}, and an item of the dataset is {string.Join(" or ", shapes.Select(sides => OnnxValue.Describe([-1, .. sides])).Distinct())}");

    private static string Names(IEnumerable<OnnxValue> values) => string.Join(", ", values.Take(8).Select(value => $"'{value.Name}' {value.Shape}"));
}
