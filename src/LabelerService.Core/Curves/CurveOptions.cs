using System.Globalization;
using Curve = LabelerService.Core.Curves.CurveAnalysis.Curve;

namespace LabelerService.Core.Curves;

/// <summary>Cost and benefit of more items, more labels for the items there are, and other capacities, for the same money.</summary>
internal static class CurveOptions
{
    /// <param name="curves">The curves of all capacities.</param>
    /// <param name="best">The one that is best with the present labels: gains are over it.</param>
    /// <param name="size">The data there is.</param>
    /// <param name="target">Labels in all, on new items as well labelled as the present ones, whose cost is what all options may cost.</param>
    /// <param name="question">Costs.</param>
    public static IReadOnlyList<CurveOption> Of(IReadOnlyList<Curve> curves, Curve best, CurveSize size, long target, CurveQuestion question)
    {
        var perItem = size.LabelsPerItem;
        double labels = target - size.Labels;
        var items = labels / perItem;
        var budget = (labels * question.LabelCost) + (items * question.ItemCost);
        var moreLabels = budget / question.LabelCost;
        var now = best.Expected(size.Items, perItem);
        var choices = new List<(CurveOptionKind Kind, string Description, double Cost, double[] Gains)>
        {
            (CurveOptionKind.Items, $"{Count(items)} more items with {Each(perItem)} each ({Count(labels)} labels)", budget,
                best.Gains(now, best.Expected(size.Items + items, perItem))),
            (CurveOptionKind.Labels, $"{Count(moreLabels)} more labels for the {Count(size.Items)} items there are ({Each(perItem + (moreLabels / size.Items))} each)", budget,
                best.Gains(now, best.Expected(size.Items, perItem + (moreLabels / size.Items)))),
        };
        choices.AddRange(curves.Where(curve => curve != best).Select(curve => (
            CurveOptionKind.Capacity, $"capacity {curve.Capacity} instead of {best.Capacity}", 0.0, best.Gains(now, curve.Expected(size.Items, perItem)))));

        var wins = new int[choices.Count];
        for (var i = 0; i < now.Length; i++)
        {
            wins[Enumerable.Range(0, choices.Count).MaxBy(choice => choices[choice].Gains[i])]++;
        }

        return
        [
            .. choices.Select((choice, index) =>
            {
                var gain = CurveAnalysis.Interval(choice.Gains);
                return new CurveOption(choice.Kind, choice.Description, gain, choice.Cost, gain.Low > 0, (double)wins[index] / now.Length);
            })
            // What costs nothing and helps comes first; the others cost the same.
            .OrderByDescending(option => option.Cost == 0 && option.Certain).ThenByDescending(option => option.Gain.Mean),
        ];
    }

    private static string Count(double number) => Math.Round(number).ToString("#,0", CultureInfo.InvariantCulture);

    private static string Each(double labels) => labels.ToString("0.##", CultureInfo.InvariantCulture) + (labels == 1 ? " label" : " labels");
}
