using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;

namespace LabelerService.Storage.Queries;

/// <summary>Fills rows of features.</summary>
/// <param name="first">Index of the first item.</param>
/// <param name="rows">Receives the rows of the items from there on, row-major.</param>
public delegate void FillRows(int first, Span<float> rows);

/// <summary>
/// Where rows go that are made of a snapshot's items: into memory, or into a file of the feature cache beyond its threshold, which serves again
/// whoever makes the same rows of the same items.
/// </summary>
public sealed partial class FeatureRows
{
    // Values that are made at once by each thread.
    private const int BlockValues = 1 << 20;
    private const int MostBlockRows = 256;
    private readonly FeatureCache? _cache;

    internal FeatureRows(FeatureCache? cache) => _cache = cache;

    /// <summary>Makes rows, several blocks at a time.</summary>
    /// <param name="identity">What tells these rows from others: of the same items, made in the same way, they are the same.</param>
    /// <param name="count">Number of rows N.</param>
    /// <param name="length">Length of a row D.</param>
    /// <param name="advice">What to do if they are too many, for people.</param>
    /// <param name="fill">Fills the rows of a block; called by several threads, for the same blocks every time.</param>
    /// <param name="cancel">Observed between blocks.</param>
    /// <exception cref="ServiceException">FailedPrecondition: the rows are too many (SNAPSHOT_TOO_LARGE), or the cache's folder is of no use.</exception>
    public FeatureMatrix Make(string identity, int count, int length, string advice, FillRows fill, CancellationToken cancel)
    {
        var values = (long)count * length;
        var block = Math.Clamp(BlockValues / length, 1, MostBlockRows);
        if (_cache is not null && _cache.Takes(values * sizeof(float)))
        {
            return values * sizeof(float) <= _cache.Capacity
                ? MakeMapped(_cache, identity, count, length, block, fill, cancel)
                : throw TooLarge(count, length, $"the feature cache takes {_cache.Capacity} bytes. {advice}");
        }

        if (values > Array.MaxLength)
        {
            throw TooLarge(count, length, $"that is more than one training run can hold in memory. {advice} Or give the trainer a --feature-cache.");
        }

        var rows = new float[values];
        Fill(fill, 0, rows, length, block, cancel);
        return rows;
    }

    private static FeatureFile MakeMapped(
        FeatureCache cache, string identity, int count, int length, int block, FillRows fill, CancellationToken cancel)
    {
        var state = StateOf(identity);
        if (cache.Find(state, count, length, cancel) is { } known)
        {
            return known;
        }

        using (var writer = cache.Create(state, length))
        {
            var rows = new float[Math.Min(count, block * Environment.ProcessorCount) * length];
            for (var first = 0; first < count; first += rows.Length / length)
            {
                var part = rows.AsMemory(0, Math.Min(rows.Length, (count - first) * length));
                Fill(fill, first, part, length, block, cancel);
                writer.AppendRows(part.Span);
            }

            writer.Complete();
        }

        return Written(cache, state, count, length, cancel);
    }

    private static string StateOf(string identity) => $"rows.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))}";

    private static FeatureFile Written(FeatureCache cache, string state, int count, int length, CancellationToken cancel)
    {
        var file = cache.Find(state, count, length, cancel) ?? throw new IOException("The rows just written are not there, or not as they were written.");
        cache.Trim(state);
        return file;
    }

    private static void Fill(FillRows fill, int first, Memory<float> rows, int length, int block, CancellationToken cancel)
    {
        var count = rows.Length / length;
        try
        {
            Parallel.For(
                0, (count + block - 1) / block, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount },
                b =>
                {
                    var start = b * block;
                    fill(first + start, rows.Span.Slice(start * length, Math.Min(block, count - start) * length));
                });
        }
        catch (AggregateException errors)
        {
            // What went wrong with one item is said as it was: whoever asked wants no list.
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
    }

    private static ServiceException TooLarge(int count, int length, string why) => new(
        ErrorKind.FailedPrecondition, "SNAPSHOT_TOO_LARGE", $"{count} items become rows of {length} values, {(long)count * length * sizeof(float)} bytes; {why}");
}
