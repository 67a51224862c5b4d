namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>What is known of the items beside annotations.</summary>
/// <param name="Priors">
/// Prior of each item, row-major [N, K]; a row that starts with NaN has the class distribution instead. Null: all have.
/// </param>
/// <param name="Gold">Known classes [N], −1 = unknown; empty = none.</param>
internal sealed record ItemKnowledge(double[]? Priors, ReadOnlyMemory<int> Gold)
{
    /// <summary>The parts of an input, checked.</summary>
    public static ItemKnowledge Of(AggregationInput input, bool usesModel) => new(usesModel ? PriorsOf(input) : null, input.Gold);

    // NaN where the model says nothing: the class distribution stands in.
    private static double[]? PriorsOf(AggregationInput input)
    {
        if (input.ModelProbabilities.IsEmpty)
        {
            return null;
        }

        var classes = input.Table.ClassCount;
        var model = input.ModelProbabilities.Span;
        var priors = new double[model.Length];
        for (var n = 0; n < input.Table.ItemCount; n++)
        {
            var row = priors.AsSpan(n * classes, classes);
            var sum = 0.0;
            for (var k = 0; k < classes; k++)
            {
                var given = model[(n * classes) + k];
                row[k] = float.IsFinite(given) && given > 0 ? given : 0;
                sum += row[k];
            }

            for (var k = 0; k < classes; k++)
            {
                row[k] = sum > 0 ? row[k] / sum : double.NaN;
            }
        }

        return priors;
    }
}
