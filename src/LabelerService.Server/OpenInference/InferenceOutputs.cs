using System.Text.Json;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Server.Inference;
using LabelerService.Server.Validation;

namespace LabelerService.Server.OpenInference;

/// <summary>The outputs of a model under this protocol: which there are, which a request wants, and their values.</summary>
internal static class InferenceOutputs
{
    private const string Probabilities = "probabilities";
    private const string PredictedClass = "predicted_class";
    private const string PredictedClassName = "predicted_class_name";
    private const string Entropy = "entropy";
    private const string Disagreement = "disagreement";
    private const string LabelerProbabilities = "labeler_probabilities";
    private const string LabelerWeights = "labeler_weights";

    // An answer is bounded like a request is.
    private const long MaximumValues = Limits.MessageBytes / sizeof(float);

    private static readonly string[] OfDistilled = [Probabilities, PredictedClass, PredictedClassName, Entropy];
    private static readonly string[] All = [.. OfDistilled, Disagreement, LabelerProbabilities, LabelerWeights];

    /// <summary>Name, datatype and shape of every output of a version, -1 for the number of items.</summary>
    public static IEnumerable<(string Name, string Datatype, IReadOnlyList<long> Shape)> Describe(ModelManifest manifest) =>
        All.Select(name => (name, Datatype(name), (IReadOnlyList<long>)Shape(name, -1, manifest.Heads.Count, manifest.Classes.Count)));

    /// <summary>The outputs that a request wants, in its order; all that there are where it names none.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT: unknown, twice, or not computed by the distilled head.</exception>
    public static IReadOnlyList<string> Choose(InferenceCall call)
    {
        var there = call.Distilled ? OfDistilled : All;
        for (var i = 0; i < call.Outputs.Count; i++)
        {
            var name = call.Outputs[i];
            if (!All.Contains(name))
            {
                throw ServiceException.InvalidField($"outputs[{i}].name", $"is no output of this model; there are {string.Join(", ", there)}");
            }

            if (!there.Contains(name))
            {
                throw ServiceException.InvalidField(
                    $"outputs[{i}].name", $"{name} is not computed by the distilled head, which gives {string.Join(", ", there)}");
            }

            if (call.Outputs.Take(i).Contains(name))
            {
                throw ServiceException.InvalidField($"outputs[{i}].name", $"{name} stands there twice");
            }
        }

        return call.Outputs.Count > 0 ? call.Outputs : there;
    }

    /// <summary>Refuses an answer that would be too large, before it is computed.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT.</exception>
    public static void CheckSize(IReadOnlyList<string> names, int items, int heads, int classes)
    {
        var values = names.Sum(name => Shape(name, items, heads, classes).Aggregate(1L, (product, side) => product * side));
        if (values > MaximumValues)
        {
            throw ServiceException.InvalidField(
                "outputs",
                $"make an answer of {values} values, more than {MaximumValues}; name the outputs that you need, or ask for at most {Math.Max(1, MaximumValues / (values / items))} items at once");
        }
    }

    /// <summary>What the engine has to compute for these outputs.</summary>
    public static PredictionOptions Options(IReadOnlyList<string> names, bool distilled, LabelerSubset? labelers) => new()
    {
        Distilled = distilled,
        Labelers = labelers,
        LabelerProbabilities = names.Contains(LabelerProbabilities),
        LabelerWeights = names.Contains(LabelerWeights),
    };

    /// <summary>An output's values.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="predicted">What the engine has computed.</param>
    /// <param name="manifest">The version's manifest.</param>
    /// <param name="heads">The heads along the labeler axis, as indexes in the manifest.</param>
    public static InferenceOutput Create(string name, PredictedItems predicted, ModelManifest manifest, IReadOnlyList<int> heads)
    {
        var output = new InferenceOutput(name, Shape(name, predicted.Count, heads.Count, predicted.ClassCount));
        return name switch
        {
            Probabilities => output with { Floats = predicted.Probabilities },
            PredictedClass => output with { Integers = [.. Enumerable.Range(0, predicted.Count).Select(predicted.TopClass)] },
            PredictedClassName => output with
            {
                Texts = [.. Enumerable.Range(0, predicted.Count).Select(item => manifest.Classes[predicted.TopClass(item)])],
            },
            Entropy => output with { Floats = predicted.Entropies },
            Disagreement => output with { Floats = predicted.Disagreements },
            LabelerProbabilities => output with { Floats = predicted.LabelerProbabilities, Labelers = LabelersJson(manifest, heads) },
            _ => output with { Floats = predicted.LabelerWeights, Labelers = LabelersJson(manifest, heads) },
        };
    }

    /// <summary>Keys of heads as a JSON array; empty for a head that is nobody's.</summary>
    public static string LabelersJson(ModelManifest manifest, IEnumerable<int> heads) => JsonArray(heads.Select(head => manifest.Heads[head].LabelerId ?? ""));

    /// <summary>Texts as a JSON array.</summary>
    public static string JsonArray(IEnumerable<string> texts)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, HttpAnswers.Options))
        {
            writer.WriteStartArray();
            foreach (var text in texts)
            {
                writer.WriteStringValue(text);
            }

            writer.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Datatype(string name) => name switch
    {
        PredictedClass => InferenceDatatype.Int32,
        PredictedClassName => InferenceDatatype.Bytes,
        _ => InferenceDatatype.Fp32,
    };

    private static long[] Shape(string name, long items, int heads, int classes) => name switch
    {
        Probabilities => [items, classes],
        LabelerProbabilities => [items, heads, classes],
        LabelerWeights => [items, heads],
        _ => [items],
    };
}
