namespace LabelerService.Cli.Rendering;

/// <summary>
/// How fast something goes on, measured over the last seconds: a slow start is forgotten, and one late answer does not make the time left
/// jump.
/// </summary>
internal sealed class RateMeter
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    // What comes within less than this says nothing of a rate.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    private readonly Queue<(TimeSpan Time, double Done)> _samples = [];
    private (TimeSpan Time, double Done) _last;

    /// <summary>Progress a second; null as long as too little is known.</summary>
    public double? Rate { get; private set; }

    /// <summary>Begins anew: what comes now has a speed of its own.</summary>
    public void Restart()
    {
        _samples.Clear();
        Rate = null;
    }

    /// <summary>Tells how much is done.</summary>
    /// <param name="time">Time since any fixed moment; never goes back.</param>
    /// <param name="done">In any unit; less than before begins anew.</param>
    public void Add(TimeSpan time, double done)
    {
        if (_samples.Count > 0 && done < _last.Done)
        {
            Restart();
        }

        _last = (time, done);
        _samples.Enqueue(_last);
        // The last one beyond the window stays: there is always something to measure from.
        while (_samples.Count > 2 && time - _samples.ElementAt(1).Time >= Window)
        {
            _samples.Dequeue();
        }

        var first = _samples.Peek();
        if (time - first.Time >= Shortest && done > first.Done)
        {
            Rate = (done - first.Done) / (time - first.Time).TotalSeconds;
        }
    }

    /// <summary>Time until a total is done; null where nobody can tell.</summary>
    public TimeSpan? Left(double total)
    {
        const double most = 365 * 86_400;
        return Rate is > 0 and { } rate && total >= _last.Done && (total - _last.Done) / rate < most
            ? TimeSpan.FromSeconds((total - _last.Done) / rate)
            : null;
    }
}
