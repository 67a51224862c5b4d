using System.Globalization;
using LabelerService.Core.Errors;

namespace LabelerService.Core.Curves;

/// <summary>What a learning curve measures.</summary>
public sealed record CurvePlan
{
    /// <summary>Most shares of items.</summary>
    public const int MaxItemShares = 32;

    /// <summary>Most shares of labels.</summary>
    public const int MaxLabelShares = 8;

    /// <summary>Most seeds.</summary>
    public const int MaxSeeds = 100;

    /// <summary>Most models that are trained.</summary>
    public const int MaxPoints = 2000;

    private static readonly string[] KnownCapacities = ["s", "m", "l"];

    /// <summary>Shares of the annotated training items, ascending, each in (0, 1].</summary>
    public required IReadOnlyList<double> ItemShares { get; init; }

    /// <summary>Shares of the labels of each item, ascending, each in (0, 1].</summary>
    public IReadOnlyList<double> LabelShares { get; init; } = [1];

    /// <summary>Capacities of the backbone; empty text for the one that the settings say.</summary>
    public IReadOnlyList<string> Capacities { get; init; } = [""];

    /// <summary>Seeds of each point: 1, 2, …</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>
    /// The points, in the order they are measured. Item shares are measured with the largest share of labels, and the other shares of labels
    /// with all items that are measured: the two arms of an L tell both slopes with a fraction of the grid's points. Seed by seed, small
    /// ones first, so that an interrupted curve says something as early as it can.
    /// </summary>
    public IReadOnlyList<CurveCell> Cells()
    {
        var (items, labels) = (ItemShares.Max(), LabelShares.Max());
        (double Items, double Labels)[] shares =
        [
            .. ItemShares.Order().Select(share => (share, labels)),
            .. LabelShares.Order().Where(share => share < labels).Select(share => (items, share)),
        ];
        return
        [
            .. Enumerable.Range(1, Seeds).SelectMany(seed => shares.SelectMany(share =>
                Capacities.Select(capacity => new CurveCell(capacity, share.Items, share.Labels, seed)))),
        ];
    }

    /// <summary>Checks a plan that a caller wrote and brings it into order.</summary>
    /// <exception cref="ServiceException">InvalidArgument, one violation for each field that is wrong.</exception>
    public static CurvePlan Check(CurvePlan plan)
    {
        var violations = new List<FieldViolation>();
        CheckShares("curve.item_fractions", plan.ItemShares, MaxItemShares, violations);
        CheckShares("curve.label_fractions", plan.LabelShares, MaxLabelShares, violations);
        if (plan.Capacities.FirstOrDefault(capacity => capacity.Length > 0 && !KnownCapacities.Contains(capacity)) is { } unknown)
        {
            violations.Add(new FieldViolation("curve.capacities", $"knows {string.Join(", ", KnownCapacities)}, not \"{(unknown.Length > 64 ? unknown[..64] : unknown)}\""));
        }
        else if (plan.Capacities.Distinct().Count() != plan.Capacities.Count)
        {
            violations.Add(new FieldViolation("curve.capacities", "must name each capacity once"));
        }

        if (plan.Seeds is < 1 or > MaxSeeds)
        {
            violations.Add(new FieldViolation("curve.seed_count", $"must be from 1 to {MaxSeeds}"));
        }

        if (violations.Count == 0 && plan.Cells().Count is > MaxPoints and var count)
        {
            violations.Add(new FieldViolation("curve.item_fractions", $"make {count} points with the seeds and capacities; at most {MaxPoints} are measured"));
        }

        return violations.Count == 0
            ? plan with { ItemShares = [.. plan.ItemShares.Order()], LabelShares = [.. plan.LabelShares.Order()] }
            : throw new ServiceException(
                ErrorKind.InvalidArgument, "INVALID_CURVE",
                string.Join("; ", violations.Select(violation => $"{violation.Field} {violation.Description}")) + ".", [.. violations]);
    }

    private static void CheckShares(string field, IReadOnlyList<double> shares, int most, List<FieldViolation> violations)
    {
        if (shares.Count == 0 || shares.Count > most)
        {
            violations.Add(new FieldViolation(field, $"must be from 1 to {most} numbers"));
            return;
        }

        foreach (var share in shares)
        {
            if (!(share is > 0 and <= 1))
            {
                violations.Add(new FieldViolation(field, $"must be above 0 and at most 1, not {share.ToString("R", CultureInfo.InvariantCulture)}"));
                return;
            }
        }

        if (shares.Distinct().Count() != shares.Count)
        {
            violations.Add(new FieldViolation(field, "must be different from each other"));
        }
    }
}
