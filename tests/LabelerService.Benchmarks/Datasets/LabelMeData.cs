using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;

namespace LabelerService.Benchmarks.Datasets;

/// <summary>
/// Photographs of 8 kinds of scenes, labelled by 59 crowd workers (Rodrigues and Pereira, Deep Learning from Crowds, AAAI 2018): VGG-16
/// features of 1,000 training, 500 validation and 1,188 test images. From the public float32 files, or the repository's float16 sample.
/// </summary>
internal static class LabelMeData
{
    private const int ClassCount = 8;

    public static BenchDataset Read(DataFolder folder) => folder.Public("labelme") is { } files ? ReadPublic(files)
        : folder.Sample("labelme") is { } sample ? ReadSample(sample)
        : ReadPublic(folder.Required("labelme"));

    private static BenchDataset ReadPublic(string folder)
    {
        var training = DataFiles.Answers(Path.Combine(folder, "answers.txt"), ClassCount, _ => true);
        return Build(
            part => DataFiles.Npy(Path.Combine(folder, $"LabelMe_VGG_avg_{(part == "validation" ? "valid" : part)}.npy")).Values,
            part => DataFiles.Classes(Path.Combine(folder, $"LabelMe_Z_{(part == "validation" ? "valid" : part)}.txt")),
            null, training);
    }

    private static BenchDataset ReadSample(string folder)
    {
        var rows = Rows("labels.csv").ToArray();
        string[] labelers = [.. rows.Select(row => row[1]).Distinct().Order(StringComparer.Ordinal)];
        var indexes = labelers.Select((id, r) => (id, r)).ToDictionary(pair => pair.id, pair => pair.r, StringComparer.Ordinal);
        var table = new AnnotationTable(
            Rows("gold_train.csv").Count(), labelers.Length, ClassCount, [.. rows.Select(row => Index(row[0]))],
            [.. rows.Select(row => indexes[row[1]])], [.. rows.Select(row => Index(row[2]))]);
        return Build(
            part => DataFiles.Npy(Path.Combine(folder, $"items_{part}.npy")).Values,
            part =>
            {
                var gold = Rows($"gold_{part}.csv").ToArray();
                var classes = new int[gold.Length];
                foreach (var row in gold)
                {
                    classes[Index(row[0])] = Index(row[1]);
                }

                return classes;
            },
            labelers, table);

        IEnumerable<string[]> Rows(string name) => File.ReadLines(Path.Combine(folder, name)).Skip(1).Select(line => line.Split(','));

        // train-17 → 17, class-3 → 3
        static int Index(string id) => int.Parse(id.AsSpan(id.LastIndexOf('-') + 1));
    }

    private static BenchDataset Build(Func<string, float[]> features, Func<string, int[]> gold, string[]? labelers, AnnotationTable training)
    {
        var (trainGold, validationGold) = (gold("train"), gold("validation"));
        var items = trainGold.Length + validationGold.Length;
        Split[] splits = [.. trainGold.Select(_ => Split.Train), .. validationGold.Select(_ => Split.Validation)];
        // Validation items carry no annotations, so the table only grows by rows without any.
        var annotations = new AnnotationTable(
            items, training.LabelerCount, ClassCount, training.Items, training.Labelers, training.Classes);
        return new BenchDataset(
            SnapshotBuilder.Vectors(
                "labelme", ClassCount, [.. features("train"), .. features("validation")], splits, [.. trainGold, .. validationGold], labelers,
                annotations),
            features("test"), gold("test"));
    }
}
