using System.Buffers;
using System.Text;
using Google.Protobuf;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Server.Images;
using LabelerService.Server.Inference;
using LabelerService.Server.Mapping;
using LabelerService.Server.Validation;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Services;

/// <summary>
/// Reads texts, sequences and image files that are to be predicted, by the rules that stored ones obey, and by those of the model: it may take
/// shorter sequences than the dataset.
/// </summary>
internal sealed class PredictionContents(ImageDecoder images)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Refuses an input that is for items of another kind.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field.</exception>
    public static void Require(PinnedModel model, string field, params ReadOnlySpan<ItemKind> kinds)
    {
        var kind = model.Dataset.Schema.ItemKind;
        if (!kinds.Contains(kind))
        {
            var singular = field is "text" or "sequence" or "image";
            throw ServiceException.InvalidField(
                field, $"must not be set: the items of datasets/{model.Dataset.Id} are {ItemBatchReader.Plural(kind)}; set {FieldOf(model, singular)}");
        }
    }

    /// <summary>Name of the field that takes such items as the model's.</summary>
    public static string FieldOf(PinnedModel model, bool one) => (model.Dataset.Schema.ItemKind, one) switch
    {
        (ItemKind.Text, true) => "text",
        (ItemKind.Text, false) => "texts",
        (ItemKind.Sequence, true) => "sequence",
        (ItemKind.Sequence, false) => "sequences",
        _ => "features",
    };

    /// <summary>Reads texts.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming each that is empty, too long, has NUL or is no Unicode.</exception>
    public static PredictionInput ReadTexts(PinnedModel model, IReadOnlyList<string> texts, Func<int, string> field)
    {
        var validator = new RequestValidator();
        for (var i = 0; i < texts.Count && !validator.IsFull; i++)
        {
            if (TextProblem(texts[i]) is { } problem)
            {
                validator.Add(field(i), problem);
            }
        }

        return Items(model, texts.Count, i => new RawItem(default, texts[i]), field, validator);
    }

    /// <summary>Reads sequences.</summary>
    /// <exception cref="ServiceException">
    /// INVALID_ARGUMENT naming what is wrong: another type, another length of steps, no steps or more than the model takes, NaN.
    /// </exception>
    public static PredictionInput ReadSequences(PinnedModel model, IReadOnlyList<Tensor> sequences, Func<int, string> field)
    {
        var validator = new RequestValidator();
        for (var i = 0; i < sequences.Count && !validator.IsFull; i++)
        {
            TensorReader.CheckSequence(sequences[i], model.Dataset.Schema.ItemShape[0], field(i), validator);
        }

        return Items(model, sequences.Count, i => new RawItem(Values(sequences[i])), i => $"{field(i)}.shape", validator);
    }

    /// <summary>How many image files are read at once, whatever their files' sizes.</summary>
    public static int MostImages(PinnedModel model) =>
        Math.Clamp(Limits.PredictedValues / model.Dataset.Schema.FeatureLength, 1, Limits.PredictedImages);

    /// <summary>Reads image files, at most <see cref="MostImages"/>.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming each file that is broken, of another format, size or number of channels.</exception>
    public async Task<PredictionInput> ReadImagesAsync(
        PinnedModel model, IReadOnlyList<ByteString> files, Func<int, string> field, CancellationToken cancel)
    {
        var schema = model.Dataset.Schema;
        var validator = new RequestValidator();
        for (var i = 0; i < files.Count && !validator.IsFull; i++)
        {
            if (ImageHeader.Read(files[i].Span).ProblemFor(schema) is { } problem)
            {
                validator.Add(field(i), problem);
            }
        }

        validator.ThrowIfInvalid();
        var values = files.Count * schema.FeatureLength;
        var rented = ArrayPool<float>.Shared.Rent(values);
        try
        {
            var rows = rented.AsMemory(0, values);
            await images.DecodeAsync(schema, files, field, rows, cancel);
            return PredictionInput.OfValues(model, rows, files.Count, rented);
        }
        catch
        {
            ArrayPool<float>.Shared.Return(rented);
            throw;
        }
    }

    /// <summary>What is wrong with a text as such; null if nothing.</summary>
    public static string? TextProblem(string text)
    {
        // A character takes three bytes at most, and at least one.
        if (text.Length is 0 or > ItemRules.MaxTextBytes)
        {
            return $"must have 1 to {ItemRules.MaxTextBytes} bytes of UTF-8 (it has {(text.Length == 0 ? "none" : $"{text.Length} characters")})";
        }

        try
        {
            var bytes = Utf8.GetByteCount(text);
            return bytes > ItemRules.MaxTextBytes ? $"must have 1 to {ItemRules.MaxTextBytes} bytes of UTF-8 (it has {bytes})"
                : text.Contains('\0') ? "must not contain the NUL character"
                : null;
        }
        catch (EncoderFallbackException)
        {
            return "must be valid Unicode (it has half of a surrogate pair)";
        }
    }

    /// <summary>Items as the model's encoder takes them.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming those that it cannot encode.</exception>
    public static PredictionInput Items(
        PinnedModel model, int count, Func<int, RawItem> item, Func<int, string> field, RequestValidator validator)
    {
        validator.ThrowIfInvalid();
        var items = PredictionInput.Rent(count);
        for (var i = 0; i < count && !validator.IsFull; i++)
        {
            items[i] = item(i);
            if (model.Encoder.Problem(items[i]) is { } problem)
            {
                validator.Add(field(i), problem);
            }
        }

        var input = PredictionInput.OfItems(items, count);
        if (validator.Count > 0)
        {
            input.Dispose();
            validator.ThrowIfInvalid();
        }

        return input;
    }

    private static ReadOnlyMemory<float> Values(Tensor tensor)
    {
        if (tensor.DataType == Tensor.Types.DataType.Float32)
        {
            return PackedFloats.ToSingle(tensor.Data);
        }

        var values = new float[tensor.Shape[0] * tensor.Shape[1]];
        TensorReader.Read(tensor, values);
        return values;
    }
}
