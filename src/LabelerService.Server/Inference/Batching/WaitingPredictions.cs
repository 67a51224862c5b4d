namespace LabelerService.Server.Inference.Batching;

/// <summary>
/// Predictions that wait for a runner, in lanes that take turns; jobs' lanes get one turn in a few. Not for several threads: the scheduler
/// holds its lock.
/// </summary>
/// <param name="limits">How long a block may be.</param>
internal sealed class WaitingPredictions(PredictionLimits limits)
{
    // While others wait, a request gives a block at most this part of its rows: a large one cannot fill it.
    private const int SharesOfBlock = 4;

    // One block in so many is a job's, whatever waits in front of it.
    private const int BackgroundTurn = 8;

    private readonly LaneRing _foreground = new();
    private readonly LaneRing _background = new();
    private int _sinceBackground;

    /// <summary>Items that wait.</summary>
    public int Rows { get; private set; }

    /// <summary>Requests that wait.</summary>
    public int Requests { get; private set; }

    /// <summary>Whether no lane has a turn to come.</summary>
    public bool IsEmpty => _foreground.IsEmpty && _background.IsEmpty;

    /// <summary>Whether nobody waits but jobs.</summary>
    public bool OnlyJobs => _foreground.IsEmpty;

    /// <summary>The lanes of those who are not jobs.</summary>
    public BatchLane? FirstLane => _foreground.First;

    /// <summary>Lets a request wait at the end of its lane.</summary>
    public void Add(PendingPrediction request)
    {
        var lane = request.Lane!;
        lane.Append(request);
        Requests++;
        Rows += request.Count;
        if (!lane.Active)
        {
            (lane.Background ? _background : _foreground).Append(lane);
        }
    }

    /// <summary>Takes a request out, if it waits. A lane that is left empty stays in the ring until its turn.</summary>
    public void Withdraw(PendingPrediction request)
    {
        if (request.Queued)
        {
            request.Lane!.Remove(request);
            Requests--;
            Rows -= request.Remaining;
        }
    }

    /// <summary>Takes all that waits out, one after the other.</summary>
    public IEnumerable<PendingPrediction> TakeAll()
    {
        while (!IsEmpty)
        {
            var lane = NextLane();
            while (lane.First is { } request)
            {
                Withdraw(request);
                yield return request;
            }
        }
    }

    /// <summary>The lane whose turn it is; there is one.</summary>
    public BatchLane NextLane()
    {
        var background = _foreground.IsEmpty || (!_background.IsEmpty && ++_sinceBackground >= BackgroundTurn);
        if (background)
        {
            _sinceBackground = 0;
        }

        return (background ? _background : _foreground).Take();
    }

    /// <summary>Whether so many items are too few to be shared out over blocks.</summary>
    public static bool IsSmall(int count, BatchLane lane) => count <= lane.Model.MaxRows / SharesOfBlock;

    /// <summary>Takes a block out of a lane; what is left there goes to the end of the ring.</summary>
    /// <param name="lane">Where to take from.</param>
    /// <param name="parts">Receives the parts; grows where there are more.</param>
    /// <param name="rows">Receives their items.</param>
    /// <returns>The number of parts; 0 if all that waited there was cancelled.</returns>
    public int TakeBlock(BatchLane lane, ref BlockPart[] parts, out int rows)
    {
        rows = 0;
        var limit = (int)Math.Clamp(limits.MaxBlock.TotalSeconds / lane.SecondsPerRow, 1, lane.Model.MaxRows);
        var share = Math.Max(1, limit / SharesOfBlock);
        var count = 0;
        for (var turns = lane.Length; turns > 0 && rows < limit; turns--)
        {
            var request = lane.First!;
            var taken = Math.Min(Math.Min(request.Remaining, share), limit - rows);
            if (IsSmall(request.Count, lane))
            {
                // In one piece and in the order they came: if small ones took turns, each that is let in would make all that wait wait longer.
                taken = request.Remaining;
                if (count > 0 && taken > limit - rows)
                {
                    break;
                }
            }

            if (count == parts.Length)
            {
                Array.Resize(ref parts, count * 2);
            }

            parts[count++] = new BlockPart(request, request.Next, taken);
            request.Next += taken;
            request.InFlight++;
            rows += taken;
            lane.Remove(request);
            if (request.Remaining > 0)
            {
                lane.Append(request);
            }
            else
            {
                Requests--;
            }
        }

        // Room that is left goes to those who have more, as long as nobody else wants it.
        for (var i = 0; i < count && rows < limit; i++)
        {
            var (request, start, taken) = parts[i];
            var more = Math.Min(request.Remaining, limit - rows);
            if (more > 0)
            {
                parts[i] = new BlockPart(request, start, taken + more);
                request.Next += more;
                rows += more;
                if (request.Remaining == 0)
                {
                    lane.Remove(request);
                    Requests--;
                }
            }
        }

        Rows -= rows;
        if (lane.First is not null)
        {
            (lane.Background ? _background : _foreground).Append(lane);
        }

        return count;
    }
}
