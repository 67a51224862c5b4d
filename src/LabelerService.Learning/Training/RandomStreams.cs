using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>What a run draws random numbers for. Each has its own stream, so that one more draw in one place changes nothing elsewhere.</summary>
internal enum RandomStream
{
    HeldOut = 1,
    Initialisation = 2,
    Dropout = 3,
    NetworkOrder = 4,
    AveragingOrder = 5,
    Bootstrap = 6,
    Folds = 7,
    RandomFeatures = 8,
    Child = 9,
    Sample = 10,
    ConfusionInitialisation = 21,
    Mixing = 22,
    AveragingInitialisation = 31,
    WeightResamples = 32,
    Rounding = 41,
}

/// <summary>Independent random streams from the one seed of a run.</summary>
internal readonly struct RandomStreams(long seed)
{
    /// <summary>A generator for draws on the managed side.</summary>
    public SeededRandom Managed(RandomStream stream) => new((int)(Derive(stream) & 0x7FFFFFFF));

    /// <summary>A libtorch generator of its own; the process-wide one is never touched.</summary>
    public Generator Native(RandomStream stream) => new(Derive(stream) & 0x7FFFFFFF);

    /// <summary>Streams for the n-th of several fits within a run, independent of the run's own and of each other's.</summary>
    public RandomStreams Child(int n) => new(unchecked((long)new RandomStreams((long)Derive(RandomStream.Child) + n).Derive(RandomStream.Child)));

    /// <summary>The seed of a stream: SplitMix64 (Steele, Lea, Flood 2014) at the stream's position.</summary>
    public ulong Derive(RandomStream stream)
    {
        var z = unchecked((ulong)seed + ((ulong)stream * 0x9E3779B97F4A7C15));
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}
