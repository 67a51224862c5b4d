namespace LabelerService.Server.Inference.Batching;

/// <summary>Some items of a request, as part of a block.</summary>
/// <param name="Request">The request.</param>
/// <param name="Start">First item.</param>
/// <param name="Count">Number of items.</param>
internal readonly record struct BlockPart(PendingPrediction Request, int Start, int Count);

/// <summary>What blocks of items are run on: a model loaded into ONNX Runtime, or a test's.</summary>
internal interface IBlockModel
{
    /// <summary>Most items of a block.</summary>
    public int MaxRows { get; }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>Number of heads R.</summary>
    public int HeadCount { get; }

    /// <summary>Runs a block: reads the parts' features and writes their answers. Safe for concurrent use.</summary>
    /// <param name="parts">The parts; at most <see cref="MaxRows"/> items together.</param>
    /// <param name="distilled">Whether the distilled head is run, or the ensemble.</param>
    public void Run(ReadOnlySpan<BlockPart> parts, bool distilled);
}

/// <summary>
/// The requests that may share a block: those of one model, one of its two computations, and one priority. A round robin of lanes is
/// what is served next. Everything here is the scheduler's, under its lock.
/// </summary>
internal sealed class BatchLane(IBlockModel model, bool distilled, bool background)
{
    // One block in so many is what the estimate of the time an item takes rests on.
    private const double Memory = 8;

    private const double ShortestRow = 1e-9;

    public IBlockModel Model => model;

    public bool Distilled => distilled;

    public bool Background => background;

    /// <summary>The request that has waited longest.</summary>
    public PendingPrediction? First { get; private set; }

    private PendingPrediction? Last { get; set; }

    /// <summary>Requests that wait.</summary>
    public int Length { get; private set; }

    /// <summary>Next lane of the round robin.</summary>
    public BatchLane? Following { get; set; }

    /// <summary>Whether it is in the round robin.</summary>
    public bool Active { get; set; }

    /// <summary>Estimated time that an item takes a runner, in seconds.</summary>
    public double SecondsPerRow { get; set; } = 20e-6;

    /// <summary>
    /// Takes a measured block into the estimate. One that took very long tells of a machine that was busy with something else: it counts
    /// as twice what was expected.
    /// </summary>
    public void Measured(int rows, double seconds) => SecondsPerRow = Math.Max(
        ShortestRow, SecondsPerRow + ((Math.Min(seconds / rows, 2 * SecondsPerRow) - SecondsPerRow) / Memory));

    /// <summary>Puts a request at the end.</summary>
    public void Append(PendingPrediction request)
    {
        (request.Previous, request.Following, request.Queued) = (Last, null, true);
        if (Last is null)
        {
            First = request;
        }
        else
        {
            Last.Following = request;
        }

        Last = request;
        Length++;
    }

    /// <summary>Takes a request out, wherever it stands.</summary>
    public void Remove(PendingPrediction request)
    {
        if (request.Previous is null)
        {
            First = request.Following;
        }
        else
        {
            request.Previous.Following = request.Following;
        }

        if (request.Following is null)
        {
            Last = request.Previous;
        }
        else
        {
            request.Following.Previous = request.Previous;
        }

        (request.Previous, request.Following, request.Queued) = (null, null, false);
        Length--;
    }
}

/// <summary>Lanes that have requests, taken by turns.</summary>
internal sealed class LaneRing
{
    private BatchLane? _first;
    private BatchLane? _last;

    public bool IsEmpty => _first is null;

    public BatchLane? First => _first;

    public void Append(BatchLane lane)
    {
        (lane.Active, lane.Following) = (true, null);
        if (_last is null)
        {
            _first = lane;
        }
        else
        {
            _last.Following = lane;
        }

        _last = lane;
    }

    public BatchLane Take()
    {
        var lane = _first!;
        _first = lane.Following;
        if (_first is null)
        {
            _last = null;
        }

        (lane.Active, lane.Following) = (false, null);
        return lane;
    }
}
