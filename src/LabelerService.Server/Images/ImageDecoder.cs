using System.Buffers;
using Google.Protobuf;
using LabelerService.Core.Datasets;
using LabelerService.Server.Validation;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Images;

/// <summary>
/// Turns the image files of a batch into features. Decoding is work for processors: it runs beside the requests, on as many threads as
/// there are processors whatever the number of requests, and a request waits for its own images only.
/// </summary>
internal sealed class ImageDecoder
{
    /// <summary>Values that are decoded where the request runs, because handing them over would take longer.</summary>
    private const int FewValues = 64 * 1024;

    /// <summary>Values of one piece of work.</summary>
    private const int PieceValues = 1024 * 1024;

    private readonly TaskScheduler _workers =
        new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, Environment.ProcessorCount).ConcurrentScheduler;

    /// <summary>Fills in the features of items that are image files.</summary>
    /// <param name="schema">Schema of the dataset.</param>
    /// <param name="items">The items; their headers have been checked.</param>
    /// <param name="cancel">Cancels between images.</param>
    /// <exception cref="Core.Errors.ServiceException">InvalidArgument naming <c>batch.images[i]</c>: broken, cut short, transparent.</exception>
    public async Task<IReadOnlyList<ItemWrite>> DecodeAsync(
        DatasetSchema schema, IReadOnlyList<ItemWrite> items, CancellationToken cancel)
    {
        if (schema.ItemKind != ItemKind.Image || items.All(item => item.Content is null))
        {
            return items;
        }

        var decoded = new ItemWrite[items.Count];
        await DecodeAsync(schema, items.Count, Decode, i => $"batch.images[{i}]", cancel);
        return decoded;

        string? Decode(int i)
        {
            var features = new byte[schema.FeatureLength];
            decoded[i] = items[i] with { Features = features };
            return ImagePixels.Decode(items[i].Content!.Value.Bytes.Span, schema, features);
        }
    }

    /// <summary>Decodes image files into values in [0, 1], as stored images are read.</summary>
    /// <param name="schema">Schema of the dataset, of images.</param>
    /// <param name="files">The files; their headers have been checked.</param>
    /// <param name="field">Path of a file in the request.</param>
    /// <param name="rows">Receives the values, row-major [files, H · W · C].</param>
    /// <param name="cancel">Cancels between images.</param>
    /// <exception cref="Core.Errors.ServiceException">InvalidArgument naming the file: broken, cut short, transparent.</exception>
    public Task DecodeAsync(
        DatasetSchema schema, IReadOnlyList<ByteString> files, Func<int, string> field, Memory<float> rows, CancellationToken cancel)
    {
        var length = schema.FeatureLength;
        return DecodeAsync(schema, files.Count, Decode, field, cancel);

        string? Decode(int i)
        {
            var pixels = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                var problem = ImagePixels.Decode(files[i].Span, schema, pixels);
                if (problem is null)
                {
                    FeaturePacking.Unpack(pixels.AsSpan(0, length), FeatureEncoding.UInt8, rows.Span.Slice(i * length, length));
                }

                return problem;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(pixels);
            }
        }
    }

    private async Task DecodeAsync(DatasetSchema schema, int count, Func<int, string?> decode, Func<int, string> field, CancellationToken cancel)
    {
        var problems = new string?[count];
        if ((long)count * schema.FeatureLength <= FewValues)
        {
            DecodePart(0, count);
        }
        else
        {
            var piece = Math.Max(1, PieceValues / schema.FeatureLength);
            await Task.WhenAll(Enumerable.Range(0, (count + piece - 1) / piece).Select(part => Task.Factory.StartNew(
                () => DecodePart(part * piece, Math.Min(count, (part + 1) * piece)), cancel, TaskCreationOptions.None, _workers)));
        }

        var validator = new RequestValidator();
        for (var i = 0; i < problems.Length; i++)
        {
            if (problems[i] is { } problem)
            {
                validator.Add(field(i), problem);
            }
        }

        validator.ThrowIfInvalid();

        void DecodePart(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                cancel.ThrowIfCancellationRequested();
                problems[i] = decode(i);
            }
        }
    }
}
