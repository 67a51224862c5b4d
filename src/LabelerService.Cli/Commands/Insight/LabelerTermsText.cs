using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Insight;

/// <summary>Reads what <c>next --labeler</c> takes: <c>anna</c>, <c>anna:cost=3</c>, <c>anna:cost=3,max=50</c>.</summary>
internal static class LabelerTermsText
{
    /// <summary>What it looks like, for messages.</summary>
    public const string Rule = "a labeler is ID or ID:cost=C,max=N with a cost above 0 and a number of at least 1";

    /// <summary>Reads one; null if it is something else. Of several colons the last counts: keys may have some themselves.</summary>
    public static LabelerTerms? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !text.AsSpan(colon + 1).Contains('='))
        {
            return text.Length > 0 ? new LabelerTerms { LabelerId = text } : null;
        }

        var terms = new LabelerTerms { LabelerId = text[..colon] };
        foreach (var part in text[(colon + 1)..].Split(','))
        {
            if (!Read(terms, part))
            {
                return null;
            }
        }

        return terms.LabelerId.Length > 0 ? terms : null;
    }

    private static bool Read(LabelerTerms terms, string part)
    {
        switch (part.Split('=', 2))
        {
            case ["cost", var cost] when double.TryParse(cost, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                                         && value > 0 && double.IsFinite(value):
                terms.Cost = value;
                return true;
            case ["max", var most] when int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0:
                terms.MaxAnnotations = number;
                return true;
            default:
                return false;
        }
    }
}
