using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using Microsoft.ML.OnnxRuntime;

namespace LabelerService.Extraction;

/// <summary>
/// An uploaded ONNX model as a frozen feature extractor: an item's values go in, its features come out. Whatever follows from the item
/// alone follows always: the same items in the same blocks give the same bits, and in other blocks the same numbers up to rounding.
/// </summary>
public sealed class OnnxExtractor : IItemEncoder
{
    // 32 MiB of float32: what the input or the output of one block may take.
    private const int BlockValues = 8 * 1024 * 1024;

    private readonly InferenceSession _session;
    private readonly InputPlan _plan;
    private readonly ItemScaling _scaling;
    private readonly int _itemLength;
    private readonly int _features;
    private readonly int _itemsOfRun;
    private readonly ConcurrentBag<ExtractorBuffers> _buffers = [];

    private OnnxExtractor(InferenceSession session, InputPlan plan, DatasetSchema schema, ExtractorOptions options, int features, string sha256)
    {
        (_session, _plan, _features, _itemLength) = (session, plan, features, schema.FeatureLength);
        _scaling = new ItemScaling(schema, options.Input, plan.ChannelsFirst);
        BlockItems = plan.FixedItems > 0
            ? plan.FixedItems
            : Math.Clamp(BlockValues / Math.Max(_itemLength, Math.Max(features, 1)), 1, options.BlockItems);
        _itemsOfRun = plan.FixedItems > 0 || options.FullBlocks ? BlockItems : 0;
        Encoding = new ItemEncoding
        {
            Kind = ItemEncodingKind.Extracted,
            FeatureLength = features,
            ArtefactSha256 = sha256,
            Backbone = options.Backbone,
            Extractor = options.Input,
        };
    }

    /// <inheritdoc/>
    public ItemEncoding Encoding { get; }

    /// <summary>Items of a block: with multiples of it nothing is computed in vain.</summary>
    public int BlockItems { get; }

    /// <summary>SHA-256 of all that features depend on beside the item: the file, and how it is fed.</summary>
    public byte[] Fingerprint() => FingerprintOf(Encoding);

    /// <summary>The fingerprint of the extractor that an encoding is of.</summary>
    public static byte[] FingerprintOf(ItemEncoding encoding) => SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(new { encoding.ArtefactSha256, encoding.Extractor, encoding.FeatureLength }));

    /// <summary>Checks a file, loads it and tries it on items of a dataset.</summary>
    /// <param name="onnx">The file.</param>
    /// <param name="schema">What the items are: vectors or images.</param>
    /// <param name="options">How it is used.</param>
    /// <param name="cancellationToken">Observed while it is tried.</param>
    /// <exception cref="ServiceException">
    /// InvalidArgument: ONNX_INVALID (damaged, or no ONNX model), ONNX_UNSUPPORTED (it uses what is not taken), ONNX_SHAPE_MISMATCH (it is for
    /// other items, or gives no features), ONNX_TOO_LARGE.
    /// </exception>
    public static OnnxExtractor Load(
        ReadOnlyMemory<byte> onnx, DatasetSchema schema, ExtractorOptions options, CancellationToken cancellationToken = default)
    {
        if (onnx.Length > ExtractorOptions.MaximumBytes)
        {
            throw TooLarge(onnx.Length);
        }

        var plan = InputPlan.Of(OnnxScanner.Read(onnx.Span), schema, options.Input);
        InferenceSession? session = null;
        try
        {
            session = OnnxRuntimeSession.Load(onnx.ToArray(), options.Threads);
            var features = ExtractorTrial.FeaturesOf(session, plan, schema, options.TrialTime, cancellationToken);
            return new OnnxExtractor(session, plan, schema, options, features, Convert.ToHexStringLower(SHA256.HashData(onnx.Span)));
        }
        catch (OnnxRuntimeException error)
        {
            session?.Dispose();
            throw OnnxErrors.Invalid(ExtractorTrial.Short(error));
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    /// <summary>A file is larger than any that is taken.</summary>
    public static ServiceException TooLarge(long bytes) => new(
        ErrorKind.InvalidArgument, "ONNX_TOO_LARGE",
        $"The file has {bytes >> 20} MiB or more; extractors have at most {ExtractorOptions.MaximumBytes >> 20} MiB. Export a smaller model, or one of half precision inside.",
        new FieldViolation("content", "is too large"));

    /// <inheritdoc/>
    public string? Problem(RawItem item) =>
        item.Text is not null ? "is a text, and the extractor reads vectors or images"
        : item.Values.Length != _itemLength ? $"has {item.Values.Length} values instead of {_itemLength}"
        : null;

    /// <inheritdoc/>
    /// <exception cref="ServiceException">FailedPrecondition (EXTRACTION_FAILED): the model fails at an item, or says what is no number.</exception>
    public void Encode(ReadOnlySpan<RawItem> items, Span<float> rows, CancellationToken cancellationToken)
    {
        if (!_buffers.TryTake(out var buffers))
        {
            buffers = new ExtractorBuffers(_plan, BlockItems, _itemLength);
        }

        try
        {
            for (var start = 0; start < items.Length; start += BlockItems)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var block = items.Slice(start, Math.Min(BlockItems, items.Length - start));
                Encode(block, rows.Slice(start * _features, block.Length * _features), buffers, cancellationToken);
            }
        }
        finally
        {
            _buffers.Add(buffers);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _buffers.Clear();
    }

    private void Encode(ReadOnlySpan<RawItem> items, Span<float> rows, ExtractorBuffers buffers, CancellationToken cancel)
    {
        for (var i = 0; i < items.Length; i++)
        {
            buffers.Write(i, items[i].Values.Span, _scaling);
        }

        buffers.ClearFrom(items.Length);
        try
        {
            if (!buffers.Run(_session, _plan, _itemsOfRun > 0 ? _itemsOfRun : items.Length, _features, rows, cancel))
            {
                throw Failed($"it does not make {_features} values of each item");
            }
        }
        catch (OnnxRuntimeException error)
        {
            cancel.ThrowIfCancellationRequested();
            throw Failed($"it failed: {ExtractorTrial.Short(error)}");
        }

        foreach (var value in rows)
        {
            if (!float.IsFinite(value))
            {
                throw Failed("it made of an item what is no number");
            }
        }
    }

    private ServiceException Failed(string problem) => new(
        ErrorKind.FailedPrecondition, "EXTRACTION_FAILED",
        $"Features cannot be extracted by {Encoding.Backbone ?? "the model"}: {problem}. Upload a model that takes every item of the dataset.");
}
