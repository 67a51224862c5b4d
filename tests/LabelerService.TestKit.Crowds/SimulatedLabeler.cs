namespace LabelerService.TestKit.Crowds;

/// <summary>A labeler whose behaviour is known.</summary>
public sealed class SimulatedLabeler
{
    private readonly float[]? _direction;
    private readonly double _threshold;
    private readonly double[][] _elsewhere;

    internal SimulatedLabeler(
        string id, LabelerKind kind, double activity, double[][] confusion, double[][] elsewhere, float[]? direction, double threshold)
    {
        Id = id;
        Kind = kind;
        Activity = activity;
        Confusion = confusion;
        _elsewhere = elsewhere;
        _direction = direction;
        _threshold = threshold;
    }

    /// <summary>External id.</summary>
    public string Id { get; }

    /// <summary>How it behaves.</summary>
    public LabelerKind Kind { get; }

    /// <summary>How often it is drawn, relative to the others; sums to one over the labelers.</summary>
    public double Activity { get; }

    /// <summary>
    /// Chance of each answer given the true class, [true class][answer]; for <see cref="LabelerKind.RegionDependent"/> within its region.
    /// </summary>
    public double[][] Confusion { get; }

    /// <summary>Whether an item is where the labeler is at home; always true of those that depend on no region.</summary>
    /// <param name="features">The item's features [D].</param>
    public bool IsAtHome(ReadOnlySpan<float> features) => _direction is null || Project(_direction, features) >= _threshold;

    /// <summary>Chance of each answer about an item, given its true class and where it lies, [true class][answer].</summary>
    /// <param name="features">The item's features [D].</param>
    public double[][] ConfusionAt(ReadOnlySpan<float> features) => IsAtHome(features) ? Confusion : _elsewhere;

    internal static double Project(ReadOnlySpan<float> direction, ReadOnlySpan<float> features)
    {
        var sum = 0.0;
        for (var d = 0; d < direction.Length; d++)
        {
            sum += direction[d] * features[d];
        }

        return sum;
    }
}
