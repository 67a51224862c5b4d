using System.Globalization;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Insight;

namespace LabelerService.Server.Insight;

/// <summary>
/// One state of a dataset, and everything that has been worked out of it: each result once, by its key. Where results take more memory than
/// allowed, those that were not asked for the longest are forgotten, and worked out again when they are.
/// </summary>
internal sealed class InsightSnapshot
{
    private readonly Lock _gate = new();
    private readonly Dictionary<object, object> _works = [];
    private readonly Dictionary<object, (long Bytes, long LastUse)> _results = [];
    private readonly long _maxResultBytes;
    private readonly Dictionary<ConsensusKey, Consensus> _seeds;
    private readonly Action _grown;
    private readonly Lazy<IReadOnlyDictionary<string, int>> _labelerIndexes;
    private readonly Lazy<double[]> _classShares;
    private long _resultBytes;
    private long _uses;

    /// <param name="dataset">The dataset.</param>
    /// <param name="data">Its data.</param>
    /// <param name="readTime">How long reading them took.</param>
    /// <param name="before">The state before, whose results this one's may go on from; null for none.</param>
    /// <param name="maxResultBytes">Memory for results; the latest may take more.</param>
    /// <param name="grown">Called when there is one result more.</param>
    public InsightSnapshot(
        DatasetRecord dataset, InsightData data, TimeSpan readTime, InsightSnapshot? before, long maxResultBytes, Action grown)
    {
        (Dataset, Data, ReadDuration, _maxResultBytes, _grown) = (dataset, data, readTime, maxResultBytes, grown);
        Diagnosis = AnnotationDiagnosis.Of(data.Table);
        _labelerIndexes = new Lazy<IReadOnlyDictionary<string, int>>(
            () => data.LabelerIds.Select((id, labeler) => KeyValuePair.Create(id, labeler)).ToDictionary(StringComparer.Ordinal));
        _classShares = new Lazy<double[]>(() => Shares(data.Table));
        _seeds = before is not null && Extends(before.Data) ? before.Consensuses() : [];
        for (var item = 0; item < data.Table.ItemCount; item++)
        {
            var (start, end) = data.Table.RangeOfItem(item);
            AnnotatedItems += end > start ? 1 : 0;
        }
    }

    /// <summary>The dataset.</summary>
    public DatasetRecord Dataset { get; }

    /// <summary>The data.</summary>
    public InsightData Data { get; }

    /// <summary>How long reading them took.</summary>
    public TimeSpan ReadDuration { get; }

    /// <summary>What the annotations lack.</summary>
    public IReadOnlyList<AggregationWarning> Diagnosis { get; }

    /// <summary>Items with an annotation or more.</summary>
    public int AnnotatedItems { get; }

    /// <summary>Indexes of the labelers by external id.</summary>
    public IReadOnlyDictionary<string, int> LabelerIndexes => _labelerIndexes.Value;

    /// <summary>Share of each class among the annotations [K]; zeros where there are none.</summary>
    public IReadOnlyList<double> ClassShares => _classShares.Value;

    /// <summary>Stands for the state: the same text, the same data.</summary>
    public string StateText => Text(Data.State);

    /// <summary>When it was last asked for; larger is later.</summary>
    public long LastUse { get; set; }

    /// <summary>Memory that data and results take, about.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return Data.EstimatedBytes + _resultBytes + _seeds.Values.Sum(BytesOf);
            }
        }
    }

    /// <summary>Stands for a state.</summary>
    public static string Text(InsightState state) => string.Create(
        CultureInfo.InvariantCulture, $"{state.KeyEpoch}.{state.Changes}.{state.ItemChanges}.{state.Items}.{state.Labelers}.{state.Annotations}");

    /// <summary>Memory that a consensus takes, about.</summary>
    public static long BytesOf(Consensus consensus)
    {
        long confusions = consensus.Confusions is { IsFull: true } full ? (long)full.LabelerCount * full.ClassCount * full.ClassCount : 0;
        return sizeof(double)
            * (consensus.Posteriors.LongLength + confusions + (consensus.LabelerSkills?.LongLength ?? 0) + (consensus.ItemDifficulties?.LongLength ?? 0));
    }

    /// <summary>A result: as it is there, or worked out now, once for all who ask.</summary>
    /// <param name="key">What it is; a value with the type of its own that no other kind of result has.</param>
    /// <param name="work">Works it out.</param>
    /// <param name="bytes">Memory that it takes.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Ends the waiting.</param>
    public async Task<Insight<T>> GetAsync<T>(
        object key, Func<IProgress<InsightProgress>, CancellationToken, Task<T>> work, Func<T, long> bytes, IProgress<InsightProgress>? progress,
        CancellationToken cancel)
    {
        SharedWork<T> shared;
        bool wasThere;
        lock (_gate)
        {
            if (_works.GetValueOrDefault(key) is SharedWork<T> found && found.TryEnter())
            {
                (shared, wasThere) = (found, found.IsDone);
                if (_results.TryGetValue(key, out var known))
                {
                    _results[key] = (known.Bytes, ++_uses);
                }
            }
            else
            {
                shared = new SharedWork<T>(async (fan, token) =>
                {
                    var result = await work(fan, token);
                    Keep(key, bytes(result));
                    _grown();
                    return result;
                });
                _works[key] = shared;
                wasThere = false;
            }
        }

        return new Insight<T>(await shared.WaitAsync(progress, cancel), wasThere);
    }

    /// <summary>The consensus of an earlier state that this one's may start from; null if there is none.</summary>
    public Consensus? Seed(ConsensusKey key)
    {
        lock (_gate)
        {
            return _seeds.GetValueOrDefault(key);
        }
    }

    /// <summary>Forgets what a consensus started from: it is there itself now.</summary>
    public void DropSeed(ConsensusKey key)
    {
        lock (_gate)
        {
            _seeds.Remove(key);
        }
    }

    private void Keep(object key, long bytes)
    {
        lock (_gate)
        {
            // What was given up by all and ended nevertheless may have been worked out twice.
            _resultBytes += bytes - (_results.TryGetValue(key, out var before) ? before.Bytes : 0);
            _results[key] = (bytes, ++_uses);
            while (_resultBytes > _maxResultBytes && _results.Count > 1)
            {
                var (oldest, entry) = _results.MinBy(pair => pair.Value.LastUse);
                _results.Remove(oldest);
                _works.Remove(oldest);
                _resultBytes -= entry.Bytes;
            }
        }
    }

    /// <summary>Whether items and labelers of earlier data are this one's first ones, so that their indexes mean the same.</summary>
    private bool Extends(InsightData before) =>
        Data.ItemKeys.AsSpan().StartsWith(before.ItemKeys) && Data.LabelerKeys.AsSpan().StartsWith(before.LabelerKeys);

    /// <summary>The consensuses that are there, and those that were to be started from.</summary>
    private Dictionary<ConsensusKey, Consensus> Consensuses()
    {
        lock (_gate)
        {
            var all = new Dictionary<ConsensusKey, Consensus>(_seeds);
            foreach (var (key, work) in _works)
            {
                if (key is ConsensusKey consensus && AggregatorCatalogue.Find(consensus.Method)!.StartsFromPrevious && work is SharedWork<ConsensusResult> { IsDone: true } done)
                {
                    all[consensus] = done.Result.Consensus;
                }
            }

            return all;
        }
    }

    private static double[] Shares(AnnotationTable table)
    {
        var shares = new double[table.ClassCount];
        foreach (var answer in table.Classes)
        {
            shares[answer]++;
        }

        return table.Count == 0 ? shares : Array.ConvertAll(shares, count => count / table.Count);
    }
}
