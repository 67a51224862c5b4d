using LabelerService.Core.Annotations;

namespace LabelerService.Core.Agreement;

/// <summary>
/// The pairs of labelers who share most items. Labelers are gone through one by one: a labeler's items, and on each the others' annotations,
/// counted into one array of length R that is cleared again. So memory is a few arrays of length R a thread and the pairs that are kept, and time
/// is Σ over items of (annotations)², which is linear in annotations where items have few each. Above
/// <see cref="AgreementOptions.MaxPairWork"/> only the most active labelers are looked at.
/// </summary>
internal sealed class LabelerPairSearch(AnnotationTable table, AgreementOptions options, CancellationToken cancellationToken)
{
    private const int Chunk = 64;
    private readonly ParallelOptions _parallel = new()
    {
        MaxDegreeOfParallelism = options.EffectiveThreads,
        CancellationToken = cancellationToken,
    };

    // More shared items first, then by index: a total order, so what is kept does not depend on the order of finding.
    private static readonly Comparer<Candidate> Best = Comparer<Candidate>.Create(
        (x, y) => x.Shared != y.Shared ? y.Shared.CompareTo(x.Shared) : x.A != y.A ? x.A.CompareTo(y.A) : x.B.CompareTo(y.B));

    private readonly record struct Candidate(int Shared, int A, int B);

    /// <summary>Pairs found, of the labelers looked at.</summary>
    public long PairCount { get; private set; }

    /// <summary>Labelers looked at.</summary>
    public int LabelersCompared { get; private set; }

    public LabelerPair[] Run(IProgress<double>? progress)
    {
        if (options.MaxPairs == 0)
        {
            LabelersCompared = table.LabelerCount;
            return [];
        }

        var compared = ActiveLabelers();
        var kept = Keep(compared, progress);
        return Measure(kept);
    }

    // Which labelers are compared [R]: all, or the most active ones within the work allowed.
    private bool[] ActiveLabelers()
    {
        var order = Enumerable.Range(0, table.LabelerCount).OrderByDescending(table.CountOfLabeler).ToArray();
        var rank = new int[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            rank[order[i]] = i;
        }

        var (fits, tooMany) = (0, order.Length + 1);
        var candidate = order.Length;
        while (tooMany - fits > 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (fits, tooMany) = Work(rank, candidate) <= options.MaxPairWork ? (candidate, tooMany) : (fits, candidate);
            candidate = fits + ((tooMany - fits) / 2);
        }

        LabelersCompared = fits;
        return [.. rank.Select(r => r < fits)];
    }

    private double Work(int[] rank, int most)
    {
        var work = 0.0;
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            double annotations = 0;
            for (var i = start; i < end; i++)
            {
                annotations += rank[table.Labelers[i]] < most ? 1 : 0;
            }

            work += annotations * annotations;
        }

        return work;
    }

    private List<Candidate> Keep(bool[] compared, IProgress<double>? progress)
    {
        var kept = new List<Candidate>();
        var chunks = (table.LabelerCount + Chunk - 1) / Chunk;
        var done = 0;
        Parallel.For(
            0, chunks, _parallel,
            () => new Counter(table.LabelerCount, options.MaxPairs),
            (chunk, _, counter) =>
            {
                for (var a = chunk * Chunk; a < Math.Min((chunk + 1) * Chunk, table.LabelerCount); a++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (compared[a])
                    {
                        counter.Count(table, a, compared);
                    }
                }

                progress?.Report((double)Interlocked.Increment(ref done) / chunks);
                return counter;
            },
            counter =>
            {
                lock (kept)
                {
                    PairCount += counter.Pairs;
                    kept.AddRange(counter.Kept());
                }
            });
        kept.Sort(Best);
        return kept.GetRange(0, Math.Min(kept.Count, options.MaxPairs));
    }

    private LabelerPair[] Measure(List<Candidate> kept)
    {
        var result = new LabelerPair[kept.Count];
        var groups = Enumerable.Range(0, kept.Count).GroupBy(i => kept[i].A).Select(group => group.ToArray()).ToArray();
        Parallel.For(
            0, groups.Length, _parallel,
            () => new PairTables(table, options.Scale != AgreementScale.Nominal),
            (g, _, tables) =>
            {
                var a = kept[groups[g][0]].A;
                foreach (var part in groups[g].Chunk(tables.Capacity))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var others = Array.ConvertAll(part, i => kept[i].B);
                    tables.Fill(a, others);
                    for (var i = 0; i < part.Length; i++)
                    {
                        result[part[i]] = tables.Pair(a, others[i], i);
                    }
                }

                return tables;
            },
            _ => { });
        return result;
    }

    private sealed class Counter(int labelers, int most)
    {
        private readonly int[] _shared = new int[labelers];
        private readonly List<int> _met = [];
        private Candidate _worst;
        private readonly PriorityQueue<Candidate, Candidate> _best = new(Comparer<Candidate>.Create((x, y) => Best.Compare(y, x)));

        public long Pairs { get; private set; }

        public IEnumerable<Candidate> Kept() => _best.UnorderedItems.Select(item => item.Element);

        public void Count(AnnotationTable table, int a, bool[] compared)
        {
            foreach (var position in table.PositionsOfLabeler(a))
            {
                var (start, end) = table.RangeOfItem(table.Items[position]);
                foreach (var b in table.Labelers[start..end])
                {
                    if (b > a && compared[b] && _shared[b]++ == 0)
                    {
                        _met.Add(b);
                    }
                }
            }

            foreach (var b in _met)
            {
                // Nearly all pairs of a large crowd are worse than those kept, and need not be offered to the heap.
                if (IsKept(_shared[b], a, b))
                {
                    Offer(new Candidate(_shared[b], a, b));
                }

                _shared[b] = 0;
            }

            Pairs += _met.Count;
            _met.Clear();
        }

        private void Offer(Candidate candidate)
        {
            if (_best.Count < most)
            {
                _best.Enqueue(candidate, candidate);
            }
            else
            {
                // The worst of all comes out again.
                _best.EnqueueDequeue(candidate, candidate);
            }

            _worst = _best.Count < most ? new Candidate(0, 0, 0) : _best.Peek();
        }

        // As the comparer has it, without calling it.
        private bool IsKept(int shared, int a, int b) =>
            shared != _worst.Shared ? shared > _worst.Shared : a != _worst.A ? a < _worst.A : b < _worst.B;
    }
}
