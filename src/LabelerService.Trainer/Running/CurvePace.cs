using LabelerService.Core.Curves;
using LabelerService.Storage.Runs;

namespace LabelerService.Trainer.Running;

/// <summary>Guesses how long the rest of a curve takes: what points took so far, for each label and by capacity.</summary>
internal sealed class CurvePace
{
    private readonly IReadOnlyList<CurveCell> _cells;
    private double _seconds;
    private double _effort;

    public CurvePace(IReadOnlyList<CurveCell> cells, IEnumerable<CurvePoint> measured)
    {
        _cells = cells;
        foreach (var point in measured)
        {
            Add(point);
        }
    }

    /// <summary>Points in all.</summary>
    public int Count => _cells.Count;

    /// <summary>Takes account of a point.</summary>
    public void Add(CurvePoint point) => (_seconds, _effort) = (_seconds + point.Seconds, _effort + Effort(point.Cell));

    /// <summary>Seconds that the points after one take; null before the first is measured.</summary>
    public double? SecondsAfter(int place) => _effort == 0 ? null : _seconds / _effort * _cells.Skip(place + 1).Sum(Effort);

    /// <summary>Progress at the beginning of a point.</summary>
    /// <param name="place">The point.</param>
    /// <param name="accuracy">That of the point before.</param>
    public RunProgress At(int place, double? accuracy) => new(
        "points", place, Count, null, accuracy, _effort == 0 ? null : SecondsAfter(place) + (_seconds / _effort * Effort(_cells[place])),
        accuracy is null ? null : "accuracy");

    private static double Effort(CurveCell cell)
    {
        const double Fixed = 0.02;
        var width = cell.Capacity switch { "s" => 0.5, "l" => 3, _ => 1 };
        return Fixed + (width * cell.ItemShare * cell.LabelShare);
    }
}
