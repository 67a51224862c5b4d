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
        var problems = new string?[items.Count];
        if ((long)items.Count * schema.FeatureLength <= FewValues)
        {
            Decode(0, items.Count);
        }
        else
        {
            var piece = Math.Max(1, PieceValues / schema.FeatureLength);
            await Task.WhenAll(Enumerable.Range(0, (items.Count + piece - 1) / piece).Select(part => Task.Factory.StartNew(
                () => Decode(part * piece, Math.Min(items.Count, (part + 1) * piece)), cancel, TaskCreationOptions.None, _workers)));
        }

        var validator = new RequestValidator();
        for (var i = 0; i < problems.Length; i++)
        {
            if (problems[i] is { } problem)
            {
                validator.Add($"batch.images[{i}]", problem);
            }
        }

        validator.ThrowIfInvalid();
        return decoded;

        void Decode(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                cancel.ThrowIfCancellationRequested();
                var features = new byte[schema.FeatureLength];
                problems[i] = ImagePixels.Decode(items[i].Content!.Value.Bytes.Span, schema, features);
                decoded[i] = items[i] with { Features = features };
            }
        }
    }
}
