using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Tensors;
using LabelerService.Core.Training;

namespace LabelerService.Learning.Tests.Data;

/// <summary>The LabelMe crowd data of <c>samples/labelme</c>: float16 features, labels, gold.</summary>
internal static class LabelMe
{
    private static readonly Lazy<TrainingSnapshot> Loaded = new(Load);

    public static TrainingSnapshot Snapshot => Loaded.Value;

    private static TrainingSnapshot Load()
    {
        var folder = Folder();
        var splits = new List<Split>();
        var features = new List<float>();
        var ids = new List<string>();
        foreach (var (name, split) in (ReadOnlySpan<(string, Split)>)
            [("train", Split.Train), ("validation", Split.Validation), ("test", Split.Test)])
        {
            using var file = File.OpenRead(Path.Combine(folder, $"items_{name}.npy"));
            var reader = NpyReader.Open(file);
            for (var i = 0; i < reader.Header.Shape[0]; i++)
            {
                splits.Add(split);
                ids.Add($"{name}-{i}");
            }

            features.AddRange(reader.ReadToEnd());
        }

        var indexes = ids.Select((id, n) => (id, n)).ToDictionary(pair => pair.id, pair => pair.n);
        var gold = new int[ids.Count];
        Array.Fill(gold, -1);
        foreach (var row in Rows("gold_train.csv").Concat(Rows("gold_validation.csv")).Concat(Rows("gold_test.csv")))
        {
            gold[indexes[row[0]]] = ClassIndex(row[1]);
        }

        var labels = Rows("labels.csv").ToArray();
        string[] labelers = [.. labels.Select(row => row[1]).Distinct().Order(StringComparer.Ordinal)];
        return new TrainingSnapshot
        {
            Dataset = "labelme",
            SnapshotId = "labelme",
            Schema = new DatasetSchema([.. Enumerable.Range(0, 8).Select(k => $"class-{k}")], LabelKind.MultiClass, ItemKind.Vector, [512]),
            ItemIds = [.. ids],
            Features = features.ToArray(),
            Splits = [.. splits],
            Gold = gold,
            LabelerIds = labelers,
            Annotations = new AnnotationTable(
                ids.Count, labelers.Length, 8, [.. labels.Select(row => indexes[row[0]])],
                [.. labels.Select(row => Array.IndexOf(labelers, row[1]))], [.. labels.Select(row => ClassIndex(row[2]))]),
        };

        IEnumerable<string[]> Rows(string name) => File.ReadLines(Path.Combine(folder, name)).Skip(1).Select(line => line.Split(','));

        static int ClassIndex(string name) => int.Parse(name["class-".Length..]);
    }

    private static string Folder()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Directory.Exists(Path.Combine(at.FullName, "samples", "labelme")))
            {
                return Path.Combine(at.FullName, "samples", "labelme");
            }
        }

        throw new DirectoryNotFoundException("samples/labelme is part of the repository and is not there.");
    }
}
