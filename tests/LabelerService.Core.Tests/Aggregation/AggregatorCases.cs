using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Aggregation;

/// <summary>Inputs that every aggregator must answer, odd ones first.</summary>
internal static class AggregatorCases
{
    public static IReadOnlyList<(string Name, AggregationInput Input)> Odd { get; } =
    [
        ("no items", new(Tables.Of(0, 2, 2))),
        ("no items, no labelers", new(Tables.Of(0, 0, 3))),
        ("no annotations", new(Tables.Of(3, 2, 2))),
        ("no labelers", new(Tables.Of(3, 0, 2))),
        ("no annotations, gold", new(Tables.Of(3, 2, 2)) { Gold = new[] { 1, -1, 1 } }),
        ("no annotations, model", new(Tables.Of(2, 2, 2)) { ModelProbabilities = new[] { 0.25f, 0.75f, 0, 0 } }),
        ("one annotation", new(Tables.Of(1, 1, 2, (0, 0, 1)))),
        ("one labeler", new(Tables.Of(3, 1, 3, (0, 0, 0), (1, 0, 1), (2, 0, 1)))),
        ("one active labeler", new(Tables.Of(3, 4, 2, (0, 2, 0), (1, 2, 1)))),
        ("one class", new(Tables.Of(3, 2, 1, (0, 0, 0), (0, 1, 0), (1, 0, 0)))),
        ("one class, no annotations", new(Tables.Of(2, 1, 1))),
        ("one class, gold and model", new(Tables.Of(2, 2, 1, (0, 0, 0))) { Gold = new[] { 0, -1 }, ModelProbabilities = new[] { 1f, 0 } }),
        ("one class named of two", new(Tables.Of(3, 2, 2, (0, 0, 1), (0, 1, 1), (1, 0, 1), (2, 1, 1)))),
        ("a class nobody names", new(Tables.Of(3, 3, 4, (0, 0, 0), (0, 1, 0), (1, 1, 3), (1, 2, 3), (2, 0, 1), (2, 2, 3)))),
        ("items without annotations", new(Tables.Of(5, 2, 2, (1, 0, 0), (1, 1, 0), (3, 0, 1), (3, 1, 0)))),
        ("labelers without annotations", new(Tables.Of(2, 6, 2, (0, 1, 0), (0, 4, 0), (1, 1, 1), (1, 4, 1)))),
        ("no repeated items", new(Tables.Of(4, 2, 2, (0, 0, 0), (1, 0, 1), (2, 1, 1), (3, 1, 1)))),
        ("disconnected groups", new(Tables.Of(
            4, 4, 2, (0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1), (2, 2, 1), (2, 3, 0), (3, 2, 0), (3, 3, 1)))),
        ("all tied", new(Tables.Of(4, 2, 2, (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0), (2, 0, 0), (2, 1, 1), (3, 0, 1), (3, 1, 0)))),
        ("all tied, three ways", new(Tables.Of(2, 3, 3, (0, 0, 0), (0, 1, 1), (0, 2, 2), (1, 0, 1), (1, 1, 2), (1, 2, 0)))),
        ("always against each other", new(Tables.Of(
            3, 3, 2, (0, 0, 0), (0, 1, 1), (0, 2, 1), (1, 0, 1), (1, 1, 0), (1, 2, 0), (2, 0, 0), (2, 1, 1), (2, 2, 1)))),
        ("the same annotation twice", new(Tables.Of(2, 2, 2, (0, 0, 0), (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 0, 0), (1, 1, 1)))),
        ("all agree", new(Tables.Of(4, 3, 2, [.. from n in Enumerable.Range(0, 4) from r in Enumerable.Range(0, 3) select (n, r, n % 2)]))),
        ("one item, many labelers", new(Tables.Of(1, 700, 2, [.. Enumerable.Range(0, 700).Select(r => (0, r, r % 3 == 0 ? 1 : 0))]))),
        ("a labeler for each item", new(Tables.Of(50, 50, 3, [.. Enumerable.Range(0, 50).Select(n => (n, n, n % 3))]))),
        ("all gold, everybody wrong", new(Tables.Of(2, 2, 2, (0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1))) { Gold = new[] { 1, 0 } }),
        ("gold of a class nobody names", new(Tables.Of(2, 2, 3, (0, 0, 0), (0, 1, 0), (1, 0, 1))) { Gold = new[] { 2, -1 } }),
        ("gold on items without annotations", new(Tables.Of(3, 2, 2, (0, 0, 0), (0, 1, 0))) { Gold = new[] { -1, 1, 1 } }),
        ("model without information", new(Tables.Of(2, 2, 2, (0, 0, 0), (0, 1, 1))) { ModelProbabilities = new float[4] }),
        ("model that is sure and wrong", new(Tables.Of(2, 2, 2, (0, 0, 0), (0, 1, 0))) { ModelProbabilities = new[] { 0f, 1, 1, 0 } }),
    ];

    /// <summary>Small tables with gaps, repeats, adversaries, gold and model rows, some of them zero.</summary>
    public static AggregationInput Random(Random random)
    {
        var (items, labelers, classes) = (random.Next(1, 15), random.Next(1, 7), random.Next(1, 5));
        var rows = new (int, int, int)[random.Next(0, 60)];
        var truth = Enumerable.Range(0, items).Select(_ => random.Next(classes)).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            var (n, r) = (random.Next(items), random.Next(labelers));
            rows[i] = (n, r, random.Next(labelers + 2) > r ? truth[n] : random.Next(classes));
        }

        var model = random.Next(2) == 0 ? [] : ClassDistributions.ToSingle(Tables.Distributions(random, items, classes));
        for (var n = 0; n < items && model.Length > 0; n++)
        {
            if (random.Next(3) == 0)
            {
                model.AsSpan(n * classes, classes).Clear();
            }
        }

        return new AggregationInput(Tables.Of(items, labelers, classes, rows))
        {
            Gold = random.Next(2) == 0 ? [] : truth.Select(k => random.Next(4) == 0 ? k : -1).ToArray(),
            ModelProbabilities = model,
        };
    }

    /// <summary>A crowd of good labelers, guessers and one who always names the same class, large enough for several threads.</summary>
    public static AggregationInput Large(int items, int labelsPerItem, int classes)
    {
        var random = new Random(11);
        const int Labelers = 40;
        var rows = new List<(int, int, int)>();
        var gold = new int[items];
        for (var n = 0; n < items; n++)
        {
            var truth = random.Next(classes);
            gold[n] = n % 50 == 0 ? truth : -1;
            for (var a = 0; a < labelsPerItem; a++)
            {
                var r = ((n * 7) + (a * 3)) % Labelers;
                rows.Add((n, r, r == 0 ? 0 : random.NextDouble() < 0.3 + (0.6 * r / Labelers) ? truth : random.Next(classes)));
            }
        }

        return new AggregationInput(Tables.Of(items, Labelers, classes, [.. rows]))
        {
            Gold = gold,
            ModelProbabilities = ClassDistributions.ToSingle(Tables.Distributions(random, items, classes)),
        };
    }

    /// <summary>The same with item n as items[n] and labeler r as labelers[r].</summary>
    public static AggregationInput Permuted(AggregationInput input, int[] items, int[] labelers)
    {
        var table = input.Table;
        var gold = new int[input.Gold.Length];
        for (var n = 0; n < gold.Length; n++)
        {
            gold[items[n]] = input.Gold.Span[n];
        }

        var model = new float[input.ModelProbabilities.Length];
        for (var n = 0; n < model.Length / table.ClassCount; n++)
        {
            input.ModelProbabilities.Span.Slice(n * table.ClassCount, table.ClassCount).CopyTo(model.AsSpan(items[n] * table.ClassCount));
        }

        return new AggregationInput(new AnnotationTable(
            table.ItemCount, table.LabelerCount, table.ClassCount, [.. table.Items.ToArray().Select(n => items[n])],
            [.. table.Labelers.ToArray().Select(r => labelers[r])], table.Classes))
        {
            Gold = gold,
            ModelProbabilities = model,
        };
    }
}
