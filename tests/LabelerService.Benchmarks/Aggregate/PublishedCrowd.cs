using LabelerService.Core.Annotations;

namespace LabelerService.Benchmarks.Aggregate;

/// <summary>Labels of a crowd, and the truth where it is known.</summary>
/// <param name="Name">Name in figures.</param>
/// <param name="Table">The annotations.</param>
/// <param name="Truth">True classes [N], −1 = not known.</param>
internal sealed record LabelledCrowd(string Name, AnnotationTable Table, int[] Truth)
{
    /// <summary>Share of the items of known truth whose likeliest class is the true one; a tie counts as the chance of a fair draw.</summary>
    /// <param name="posteriors">Class distributions, row-major [N, K].</param>
    public double Accuracy(ReadOnlySpan<double> posteriors)
    {
        double right = 0, known = 0;
        for (var n = 0; n < Truth.Length; n++)
        {
            if (Truth[n] < 0)
            {
                continue;
            }

            known++;
            var row = posteriors.Slice(n * Table.ClassCount, Table.ClassCount);
            var top = row[0];
            foreach (var p in row)
            {
                top = Math.Max(top, p);
            }

            right += row[Truth[n]] == top ? 1.0 / row.Count(top) : 0;
        }

        return right / known;
    }
}

/// <summary>
/// Crowds that others measured on (Zheng et al., Truth Inference in Crowdsourcing, VLDB 2017): <c>labels.csv</c> item,labeler,label and
/// <c>gold.csv</c> item,label.
/// </summary>
internal static class PublishedCrowd
{
    public static IReadOnlyList<string> Names { get; } = ["duck", "dog", "product"];

    /// <summary>Reads a crowd.</summary>
    /// <param name="root">The folder that has a folder for each.</param>
    /// <param name="name">Which one.</param>
    public static LabelledCrowd Read(string root, string name)
    {
        var folder = Path.Combine(root, name);
        var labels = Rows(Path.Combine(folder, "labels.csv"));
        var golds = Rows(Path.Combine(folder, "gold.csv"));
        var items = Index(labels.Select(row => row[0]));
        var labelers = Index(labels.Select(row => row[1]));
        var classes = Index(labels.Select(row => row[2]).Concat(golds.Select(row => row[1])).Order(StringComparer.Ordinal));
        var truth = new int[items.Count];
        Array.Fill(truth, -1);
        foreach (var row in golds.Where(row => items.ContainsKey(row[0])))
        {
            truth[items[row[0]]] = classes[row[1]];
        }

        return new LabelledCrowd(
            name,
            new AnnotationTable(
                items.Count, labelers.Count, classes.Count, [.. labels.Select(row => items[row[0]])],
                [.. labels.Select(row => labelers[row[1]])], [.. labels.Select(row => classes[row[2]])]),
            truth);
    }

    private static string[][] Rows(string file) => [.. File.ReadLines(file).Skip(1).Select(line => line.Split(','))];

    private static Dictionary<string, int> Index(IEnumerable<string> names) =>
        names.Distinct(StringComparer.Ordinal).Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i, StringComparer.Ordinal);
}
