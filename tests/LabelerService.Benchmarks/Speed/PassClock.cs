using LabelerService.Core.Training;

namespace LabelerService.Benchmarks.Speed;

/// <summary>Notes when each pass of the network ended.</summary>
internal sealed class PassClock(TimeProvider time) : IProgress<TrainingProgress>
{
    private readonly List<long> _ends = [];

    public void Report(TrainingProgress value)
    {
        if (value.Phase == "network")
        {
            _ends.Add(time.GetTimestamp());
        }
    }

    /// <summary>Seconds a pass, without the first, which warms caches and compiles code.</summary>
    public double SecondsAPass() => time.GetElapsedTime(_ends[0], _ends[^1]).TotalSeconds / (_ends.Count - 1);
}
