using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace LabelerService.Extraction;

/// <summary>Tries a model on made-up items: what it declares of its output need not be so.</summary>
internal static class ExtractorTrial
{
    /// <summary>Length of what the model makes of an item.</summary>
    /// <exception cref="Core.Errors.ServiceException">InvalidArgument: it is no extractor.</exception>
    /// <exception cref="OnnxRuntimeException">It fails.</exception>
    public static int FeaturesOf(InferenceSession session, InputPlan plan, DatasetSchema schema, TimeSpan? most, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (most is { } time)
        {
            limit.CancelAfter(time);
        }

        try
        {
            // Two items where their number is open: what a model makes of one must not depend on how many there are.
            var items = plan.FixedItems > 0 ? plan.FixedItems : 2;
            var buffers = Filled(plan, schema, items);
            var (features, first) = Run(session, plan, buffers, items, limit.Token);
            var again = Run(session, plan, buffers, items, limit.Token).Values;
            if (!first.AsSpan().SequenceEqual(again))
            {
                throw OnnxErrors.Unsupported("it says two things of the same item", "Export it for inference, without random numbers or state.");
            }

            if (plan.FixedItems == 0 && Run(session, plan, buffers, 1, limit.Token).Features != features)
            {
                throw OnnxErrors.Mismatch($"its output '{plan.Output}' depends on how many items there are");
            }

            return features;
        }
        catch (OnnxRuntimeException) when (limit.IsCancellationRequested)
        {
            cancel.ThrowIfCancellationRequested();
            throw OnnxErrors.Unsupported($"it takes longer than {most!.Value.TotalSeconds:0} s for a few items", "Export a smaller one.");
        }
    }

    /// <summary>What ONNX Runtime says, without what is only for its authors.</summary>
    public static string Short(OnnxRuntimeException error)
    {
        var line = error.Message.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];
        return new string(line[..Math.Min(line.Length, 300)]).TrimEnd('.');
    }

    private static ExtractorBuffers Filled(InputPlan plan, DatasetSchema schema, int items)
    {
        var buffers = new ExtractorBuffers(plan, items, schema.FeatureLength);
        var scaling = new ItemScaling(schema, new ExtractorInput(), plan.ChannelsFirst);
        var values = new float[schema.FeatureLength];
        for (var n = 0; n < items; n++)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = ((i * 7) + (n * 3)) % 11 / 11f;
            }

            buffers.Write(n, values, scaling);
        }

        return buffers;
    }

    private static (int Features, float[] Values) Run(InferenceSession session, InputPlan plan, ExtractorBuffers buffers, int items, CancellationToken cancel)
    {
        using var outputs = buffers.Run(session, plan, items, cancel);
        if (!outputs[0].IsTensor || outputs[0].GetTensorTypeAndShape() is not { ElementDataType: TensorElementType.Float } type)
        {
            throw OnnxErrors.Unsupported($"its output '{plan.Output}' is no tensor of float32", "Name another output, or export it with one.");
        }

        var sides = type.Shape;
        if (sides.Length == 0 || sides[0] != items)
        {
            throw OnnxErrors.Mismatch(
                $"of {items} items its output '{plan.Output}' is {OnnxValue.Describe(sides)}; its first side must be the items");
        }

        var features = sides.Skip(1).Aggregate(1L, (product, side) => product * side);
        return features is > 0 and <= ExtractorOptions.MaximumFeatures
            ? ((int)features, outputs[0].GetTensorDataAsSpan<float>().ToArray())
            : throw OnnxErrors.Mismatch(
                $"of an item its output '{plan.Output}' makes {features} values; 1 to {ExtractorOptions.MaximumFeatures} are features. Name an output before the last, or pool it");
    }
}
