using System.Globalization;
using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Items;

/// <summary>
/// Says why an annotation is suspected. Each reason weighs what it contributes, in nats, to the likely class against the given one; the
/// weightiest comes first.
/// </summary>
internal sealed class SuspectReasons(AggregationInput input, ItemEvidence evidence, Consensus consensus, IReadOnlyList<string>? classNames)
{
    // Less than this tells nobody anything.
    private const double SmallestWeight = 0.05;
    private const double NotableConfusion = 0.05;

    /// <summary>The reasons against one annotation.</summary>
    /// <param name="position">Its position in the table.</param>
    /// <param name="likely">The class that it should have been.</param>
    public IReadOnlyList<string> Of(int position, int likely)
    {
        var table = input.Table;
        var (item, labeler, given) = (table.Items[position], table.Labelers[position], table.Classes[position]);
        var reasons = new List<(double Weight, string Text)>();
        if (input.IsGold(item, out var known))
        {
            reasons.Add((double.PositiveInfinity, $"the item is known to be {Name(known)}"));
        }

        Others(position, likely, reasons);
        if (ItemEvidence.ModelRow(input.ModelProbabilities, item, table.ClassCount) is { IsEmpty: false } model)
        {
            Add(
                reasons, ClassDistributions.Log(model[likely]) - ClassDistributions.Log(model[given]),
                string.Create(CultureInfo.InvariantCulture, $"the model says {Name(likely)} with {model[likely]:0.00}"));
        }

        var confusion = evidence.Confusions.Probability(labeler, likely, given);
        if (confusion >= NotableConfusion)
        {
            Add(
                reasons, Math.Log(confusion) - evidence.Confusions.LogProbability(-1, likely, given),
                string.Create(CultureInfo.InvariantCulture, $"this labeler says {Name(given)} for {Name(likely)} in {100 * confusion:0} % of cases"));
        }

        double own = evidence.Confusions.Accuracy(labeler, consensus.ClassPrior), common = evidence.Confusions.Accuracy(-1, consensus.ClassPrior);
        Add(
            reasons, ClassDistributions.Log(1 - own) - ClassDistributions.Log(1 - common),
            string.Create(CultureInfo.InvariantCulture, $"this labeler is right in {100 * own:0} % of cases, all together in {100 * common:0} %"));
        return [.. reasons.OrderByDescending(reason => reason.Weight).Select(reason => reason.Text)];
    }

    private void Others(int position, int likely, List<(double Weight, string Text)> reasons)
    {
        var table = input.Table;
        var given = table.Classes[position];
        var (start, end) = table.RangeOfItem(table.Items[position]);
        int others = 0, agreeing = 0, same = 0;
        var weight = 0.0;
        for (var i = start; i < end; i++)
        {
            if (i == position)
            {
                continue;
            }

            others++;
            agreeing += table.Classes[i] == likely ? 1 : 0;
            same += table.Classes[i] == given ? 1 : 0;
            weight += evidence.Confusions.LogProbability(table.Labelers[i], likely, table.Classes[i])
                - evidence.Confusions.LogProbability(table.Labelers[i], given, table.Classes[i]);
        }

        if (others == 0)
        {
            return;
        }

        var text = (agreeing, others) switch
        {
            (1, 1) => $"the other labeler says {Name(likely)}",
            (0, _) => $"none of the {others} others says {Name(given)}",
            _ when agreeing == others => $"all {others} others say {Name(likely)}",
            _ => $"{agreeing} of {others} others say {Name(likely)}",
        };
        if (same > 0)
        {
            // Fewer may outweigh more: those who are right more often.
            text = $"{agreeing} of {others} others say {Name(likely)}, {same} {(same == 1 ? "says" : "say")} {Name(given)}"
                + (agreeing <= same ? ", and the former are more reliable" : "");
        }

        Add(reasons, weight, text);
    }

    private static void Add(List<(double Weight, string Text)> reasons, double weight, string text)
    {
        if (weight >= SmallestWeight)
        {
            reasons.Add((weight, text));
        }
    }

    private string Name(int index) => classNames is null ? string.Create(CultureInfo.InvariantCulture, $"class {index}") : classNames[index];
}
