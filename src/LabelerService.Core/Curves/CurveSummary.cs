using System.Globalization;
using System.Text;
using Curve = LabelerService.Core.Curves.CurveAnalysis.Curve;

namespace LabelerService.Core.Curves;

/// <summary>What a curve says, in words.</summary>
internal static class CurveSummary
{
    private const double Clear = 0.9;

    public static string Of(Curve best, CurveSize size, long target, IReadOnlyList<CurveOption> options)
    {
        var text = new StringBuilder();
        var items = options.First(option => option.Kind == CurveOptionKind.Items);
        text.Append(CultureInfo.InvariantCulture, $"{target - size.Labels:#,0} more labels, on new items, give {Gain(items.Gain)}");
        text.Append(best.Capacity.Length == 0 ? ". " : $" at capacity {best.Capacity}. ");
        var buyable = options.Where(option => option.Kind != CurveOptionKind.Capacity).ToArray();
        if (best.LabelShares < 2)
        {
            text.Append("The curve cannot tell new items from more labels an item: measure it with several shares of labels. ");
        }
        else
        {
            // Probabilities among these two alone: a larger backbone is no rival for the same money.
            var (first, second) = (buyable[0], buyable[1]);
            var chance = first.Best + second.Best == 0 ? 0.5 : first.Best / (first.Best + second.Best);
            text.Append(chance >= Clear
                ? $"For the same cost {Name(first.Kind)} give more than {Name(second.Kind)}. "
                : $"Whether {Name(CurveOptionKind.Items)} or {Name(CurveOptionKind.Labels)} give more for the same cost, the data do not tell. ");
        }

        var capacities = options.Where(option => option.Kind == CurveOptionKind.Capacity).ToArray();
        if (capacities.Length > 0)
        {
            var choice = capacities[0];
            text.Append(CultureInfo.InvariantCulture, $"With the present labels {choice.Description} gives {Gain(choice.Gain)}");
            text.Append(choice.Certain ? ". " : choice.Gain.High < 0 ? ": it is no help. " : ": the data do not tell that it helps. ");
        }

        return text.ToString().TrimEnd();
    }

    private static string Gain(CurveInterval gain) =>
        $"{Signed(gain.Mean)} points ({Signed(gain.Low)} to {Signed(gain.High)})";

    private static string Signed(double share) => (share < 0 ? "−" : "+") + CurveAnalysis.Points(Math.Abs(share));

    private static string Name(CurveOptionKind kind) => kind == CurveOptionKind.Items ? "new items" : "more labels an item";
}
