using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Server.Inference;
using LabelerService.Server.Services;
using LabelerService.Server.Validation;

namespace LabelerService.Server.OpenInference;

/// <summary>
/// Checks the one input of a call against the model, and makes items of it. Vectors and images come as <c>features</c> [N, D], texts as
/// <c>text</c> [N], sequences as <c>sequence</c> [N, T, d] where all have T steps, or else as <c>features</c> [N, D]: rows as the serving graph
/// takes them, the number of steps first.
/// </summary>
internal static class InferenceContents
{
    /// <summary>Checks name, datatype and shape.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming what is wrong.</exception>
    public static void Check(InferenceInput input, PinnedModel model)
    {
        var encoding = model.Encoder.Encoding;
        var kind = model.Dataset.Schema.ItemKind;
        var fits = input.Name switch
        {
            InferenceInput.Text => kind == ItemKind.Text,
            InferenceInput.Sequence => kind == ItemKind.Sequence,
            InferenceInput.Features => kind != ItemKind.Text,
            _ => true,
        };
        if (!fits)
        {
            var right = kind switch
            {
                ItemKind.Text => InferenceInput.Text,
                ItemKind.Sequence => InferenceInput.Sequence,
                _ => InferenceInput.Features,
            };
            throw ServiceException.InvalidField($"{input.Field}.name", $"is {input.Name}; the model takes {right} or {InferenceInput.ItemId}");
        }

        var texts = input.Name is InferenceInput.Text or InferenceInput.ItemId;
        if (texts != input.Texts is not null)
        {
            throw ServiceException.InvalidField(
                $"{input.Field}.datatype", $"must be {(texts ? InferenceDatatype.Bytes : $"{InferenceDatatype.Fp32} or {InferenceDatatype.Fp16}")} for {input.Name}");
        }

        var length = FeaturesLength(model);
        CheckShape(input, input.Name switch
        {
            InferenceInput.Features => ["items", $"{length}"],
            InferenceInput.Sequence => ["items", "steps", $"{encoding.StepLength}"],
            _ => ["items"],
        });
        if (input.Name == InferenceInput.Features && input.Shape[1] != length)
        {
            throw ServiceException.InvalidField($"{input.Field}.shape[1]", $"is {input.Shape[1]}; the model takes vectors of length {length}");
        }

        if (input.Name == InferenceInput.Sequence && input.Shape[1] > encoding.MaxSteps)
        {
            throw ServiceException.InvalidField($"{input.Field}.shape[1]", $"is {input.Shape[1]}; the model takes sequences of at most {encoding.MaxSteps} steps");
        }

        if (input.Name == InferenceInput.Sequence && input.Shape[2] != encoding.StepLength)
        {
            throw ServiceException.InvalidField($"{input.Field}.shape[2]", $"is {input.Shape[2]}; the model takes steps of length {encoding.StepLength}");
        }
    }

    /// <summary>Makes items of a checked input that has contents.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the values: NaN, an empty text, a number of steps that is none.</exception>
    public static PredictionInput Read(InferenceInput input, PinnedModel model)
    {
        var count = (int)input.Shape[0];
        if (input.Texts is { } texts)
        {
            return PredictionContents.ReadTexts(model, texts, i => $"{input.DataField}[{i}]");
        }

        var values = input.Floats!;
        var length = values.Length / count;
        var at = TensorReader.FirstNonFinite(values);
        if (at >= 0)
        {
            throw ServiceException.InvalidField(input.DataField, $"row {at / length}, value {at % length} is not a finite number");
        }

        if (model.Encoder.Encoding is not { Kind: ItemEncodingKind.Sequence } encoding)
        {
            return PredictionInput.OfValues(model, values, count);
        }

        var validator = new RequestValidator();
        return input.Name == InferenceInput.Sequence
            ? PredictionContents.Items(model, count, i => new RawItem(values.AsMemory(i * length, length)), _ => input.DataField, validator)
            : PredictionContents.Items(
                model, count, i => new RawItem(values.AsMemory((i * length) + 1, Steps(values.AsSpan(i * length, length), i, encoding, input.DataField) * encoding.StepLength)),
                _ => input.DataField, validator);
    }

    // A row's number of steps. Values behind the last step would be lost without a word.
    private static int Steps(ReadOnlySpan<float> row, int index, ItemEncoding encoding, string field)
    {
        var steps = row[0];
        if (steps < 1 || steps > encoding.MaxSteps || steps != MathF.Floor(steps))
        {
            throw ServiceException.InvalidField(
                field, $"row {index} begins with {steps}; a row begins with its number of steps, 1 to {encoding.MaxSteps}, and has {encoding.StepLength} values for each behind it");
        }

        var rest = row[(1 + ((int)steps * encoding.StepLength))..];
        return rest.ContainsAnyExcept(0f)
            ? throw ServiceException.InvalidField(field, $"row {index} has values behind its {steps} steps; they must be 0")
            : (int)steps;
    }

    private static int FeaturesLength(PinnedModel model) =>
        model.Encoder.Encoding.Kind == ItemEncodingKind.Sequence ? model.Version.Manifest.FeatureLength : model.ValuesLength;

    private static void CheckShape(InferenceInput input, string[] sides)
    {
        if (input.Shape.Count != sides.Length)
        {
            throw ServiceException.InvalidField(
                $"{input.Field}.shape", $"has {input.Shape.Count} sides; {input.Name} takes [{string.Join(", ", sides)}]");
        }

        if (input.Shape[0] > Limits.Batch)
        {
            throw ServiceException.InvalidField($"{input.Field}.shape[0]", $"is {input.Shape[0]}; a request takes at most {Limits.Batch} items");
        }
    }
}
