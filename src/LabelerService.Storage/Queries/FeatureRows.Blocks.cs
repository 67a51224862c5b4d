using LabelerService.Core.Errors;
using LabelerService.Core.Training;

namespace LabelerService.Storage.Queries;

public sealed partial class FeatureRows
{
    /// <summary>Makes rows block by block, one after the other: for rows that are read from somewhere.</summary>
    /// <param name="identity">What tells these rows from others: of the same items, made in the same way, they are the same.</param>
    /// <param name="count">Number of rows N.</param>
    /// <param name="length">Length of a row D.</param>
    /// <param name="block">Rows of a block; the last one may have fewer.</param>
    /// <param name="advice">What to do if they are too many, for people.</param>
    /// <param name="fill">Given the index of the first item of a block, fills its rows.</param>
    /// <param name="cancel">Observed between blocks.</param>
    /// <exception cref="ServiceException">FailedPrecondition: the rows are too many (SNAPSHOT_TOO_LARGE), or the cache's folder is of no use.</exception>
    public async Task<FeatureMatrix> MakeAsync(
        string identity, int count, int length, int block, string advice, Func<int, Memory<float>, Task> fill, CancellationToken cancel)
    {
        var values = (long)count * length;
        if (_cache is not null && _cache.Takes(values * sizeof(float)))
        {
            return values * sizeof(float) <= _cache.Capacity
                ? await MakeMappedAsync(_cache, identity, count, length, block, fill, cancel)
                : throw TooLarge(count, length, $"the feature cache takes {_cache.Capacity} bytes. {advice}");
        }

        if (values > Array.MaxLength)
        {
            throw TooLarge(count, length, $"that is more than one training run can hold in memory. {advice} Or give the trainer a --feature-cache.");
        }

        var rows = new float[values];
        for (var first = 0; first < count; first += block)
        {
            cancel.ThrowIfCancellationRequested();
            await fill(first, rows.AsMemory(first * length, Math.Min(block, count - first) * length));
        }

        return rows;
    }

    private static async Task<FeatureFile> MakeMappedAsync(
        FeatureCache cache, string identity, int count, int length, int block, Func<int, Memory<float>, Task> fill, CancellationToken cancel)
    {
        var state = StateOf(identity);
        if (cache.Find(state, count, length, cancel) is { } known)
        {
            return known;
        }

        using (var writer = cache.Create(state, length))
        {
            var rows = new float[Math.Min(count, block) * length];
            for (var first = 0; first < count; first += block)
            {
                cancel.ThrowIfCancellationRequested();
                var part = rows.AsMemory(0, Math.Min(block, count - first) * length);
                await fill(first, part);
                writer.AppendRows(part.Span);
            }

            writer.Complete();
        }

        return Written(cache, state, count, length, cancel);
    }
}
