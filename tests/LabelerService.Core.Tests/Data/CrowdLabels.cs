using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Data;

/// <summary>Labels of a crowd with gold: files as in <c>shared/data/aggregation</c>, or simulated.</summary>
internal sealed record CrowdLabels(AnnotationTable Table, int[] Gold)
{
    /// <summary>Reads <c>labels.csv</c> (item,labeler,label) and <c>gold.csv</c> (item,label); items without gold have −1.</summary>
    public static CrowdLabels Read(string folder)
    {
        var labels = Rows(Path.Combine(folder, "labels.csv"));
        var golds = Rows(Path.Combine(folder, "gold.csv"));
        var items = Index(labels.Select(row => row[0]));
        var labelers = Index(labels.Select(row => row[1]));
        var classes = Index(labels.Select(row => row[2]).Concat(golds.Select(row => row[1])).Order(StringComparer.Ordinal));
        var gold = new int[items.Count];
        Array.Fill(gold, -1);
        foreach (var row in golds.Where(row => items.ContainsKey(row[0])))
        {
            gold[items[row[0]]] = classes[row[1]];
        }

        return new CrowdLabels(
            new AnnotationTable(
                items.Count, labelers.Count, classes.Count, [.. labels.Select(row => items[row[0]])],
                [.. labels.Select(row => labelers[row[1]])], [.. labels.Select(row => classes[row[2]])]),
            gold);
    }

    /// <summary>Items of uniform classes, each labelled by some labelers with matrices [R, k, y].</summary>
    public static CrowdLabels Simulate(int itemCount, int classCount, int labelsPerItem, double[][] matrices, int seed)
    {
        var random = new Random(seed);
        List<int> items = [], labelers = [], classes = [];
        var gold = new int[itemCount];
        var order = Enumerable.Range(0, matrices.Length).ToArray();
        for (var n = 0; n < itemCount; n++)
        {
            gold[n] = random.Next(classCount);
            random.Shuffle(order);
            foreach (var r in order.AsSpan(0, labelsPerItem))
            {
                items.Add(n);
                labelers.Add(r);
                classes.Add(Draw(random, matrices[r].AsSpan(gold[n] * classCount, classCount)));
            }
        }

        return new CrowdLabels(
            new AnnotationTable(itemCount, matrices.Length, classCount, [.. items], [.. labelers], [.. classes]), gold);
    }

    /// <summary>A labeler [k, y] who is right with some probability and else names another class at random.</summary>
    public static double[] OneCoin(int classCount, double accuracy) =>
        [.. Enumerable.Range(0, classCount * classCount)
            .Select(cell => cell % (classCount + 1) == 0 ? accuracy : (1 - accuracy) / (classCount - 1))];

    /// <summary>Share of items with gold whose likeliest class is the gold one; ties count as the chance of a fair draw.</summary>
    public double Accuracy(double[] posteriors)
    {
        double right = 0;
        for (var n = 0; n < Gold.Length; n++)
        {
            var row = posteriors.AsSpan(n * Table.ClassCount, Table.ClassCount);
            var top = row.ToArray().Max();
            right += Gold[n] >= 0 && row[Gold[n]] == top ? 1.0 / row.Count(top) : 0;
        }

        return right / Gold.Count(g => g >= 0);
    }

    public static int Draw(Random random, ReadOnlySpan<double> distribution)
    {
        var at = random.NextDouble();
        for (var k = 0; k < distribution.Length - 1; k++)
        {
            at -= distribution[k];
            if (at < 0)
            {
                return k;
            }
        }

        return distribution.Length - 1;
    }

    private static string[][] Rows(string file) => [.. File.ReadLines(file).Skip(1).Select(line => line.Split(','))];

    private static Dictionary<string, int> Index(IEnumerable<string> names) =>
        names.Distinct().Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i);
}
