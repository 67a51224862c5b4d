using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Models;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;

namespace LabelerService.Benchmarks.Quantized;

/// <summary>The errors of nets whose weights were trained on a grid, at equal settings.</summary>
internal static class SchemeComparison
{
    /// <summary>The schemes by the names of figures, with what they are set to.</summary>
    private static readonly (string Name, string[] Settings)[] Schemes =
    [
        ("float", []),
        ("bc", ["quantisation=bc"]),
        ("sr", ["quantisation=sr"]),
        ("r", ["quantisation=r"]),
        ("bwn", ["quantisation=bwn"]),
        ("int8", ["serving=int8"]),
    ];

    // Digits as they are are learnt by one head of the baseline net, photographs from what the crowd said by a head for each labeler.
    private static readonly Dictionary<string, (string Algorithm, string[] Settings)> Nets = new(StringComparer.Ordinal)
    {
        ["mnist"] = ("bn", ["backbone=cnn", "capacity=m", "epochs=10", "batch_size=100", "dropout=0.2", "polyak_decay=0.99", "learning_rate=0.001"]),
        ["labelme"] = ("dn", ["backbone=mlp", "hidden=256", "epochs=30", "dropout=0.2", "polyak_decay=0.99", "learning_rate=0.001"]),
    };

    /// <summary>Names of the data sets there are nets for.</summary>
    public static IReadOnlyCollection<string> Datasets => Nets.Keys;

    /// <summary>Reads a data set: LabelMe with its crowd; MNIST with the digit itself as its one label.</summary>
    public static BenchDataset Read(string name, DataFolder folder, int mostItems)
    {
        if (name != "mnist")
        {
            return DatasetCatalogue.All[name](folder);
        }

        var (pixels, digits) = MnistData.Digits(folder, "train");
        var count = Math.Min(mostItems, digits.Length);
        Array.Resize(ref pixels, count * (pixels.Length / digits.Length));
        Array.Resize(ref digits, count);
        var (testPixels, testDigits) = MnistData.Digits(folder, "test");
        var vectors = SnapshotBuilder.Vectors(
            name, MnistData.ClassCount, pixels, [.. digits.Select(_ => Split.Train)], digits, ["truth"],
            new AnnotationTable(count, 1, MnistData.ClassCount, [.. Enumerable.Range(0, count)], new int[count], digits));
        return new BenchDataset(Images(vectors), testPixels, testDigits);
    }

    /// <summary>Trains and measures all schemes.</summary>
    public static void Measure(
        BenchRun run, BenchDataset dataset, int seeds, int bits, IReadOnlyList<KeyValuePair<string, string>> settings,
        CancellationToken cancellationToken)
    {
        var (algorithm, own) = Nets[dataset.Name];
        var training = dataset.ForTraining(withValidationGold: false);
        var trainer = new ModelTrainer(run.Time, "bench");
        var table = new BenchTable(
            $"{dataset.Name}: {algorithm}, {bits} bit a weight, {seeds} seeds, test items' gold", "scheme", "error %", "sd", "log loss", "seconds");
        run.Result.Table(table);
        var means = new Dictionary<string, double>(StringComparer.Ordinal);
        var runs = new List<object>();
        foreach (var (name, scheme) in Schemes)
        {
            var merged = new Dictionary<string, string>(StringComparer.Ordinal) { ["bootstrap_resamples"] = "0", ["held_out_share"] = "0" };
            foreach (var (key, value) in own.Concat(scheme).Select(ModelVariant.ParseSetting).Concat(settings))
            {
                merged[key] = value;
            }

            merged["bits"] = bits.ToString(CultureInfo.InvariantCulture);
            var valid = AlgorithmCatalogue.Validate(algorithm, merged);
            var scores = new List<ModelScore>();
            for (var seed = 1; seed <= seeds; seed++)
            {
                var model = trainer.Train(training, valid, seed, null, cancellationToken);
                scores.Add(ModelScore.Of(model, dataset.TestFeatures, dataset.TestGold, []));
                runs.Add(new { Scheme = name, Seed = seed, Error = 100 - scores[^1].Accuracy, scores[^1].LogLoss, scores[^1].Seconds });
                run.Note(string.Create(
                    CultureInfo.InvariantCulture, $"{dataset.Name} {name} seed {seed}: error {100 - scores[^1].Accuracy:0.00} %, {scores[^1].Seconds:0.0} s"));
            }

            means[name] = scores.Average(score => 100 - score.Accuracy);
            var spread = Statistics.StandardDeviation([.. scores.Select(score => score.Accuracy)]);
            run.Result.Figure($"{dataset.Name}.{name}.error", means[name]);
            run.Result.Figure($"{dataset.Name}.{name}.sd", spread);
            run.Result.Figure($"{dataset.Name}.{name}.seconds", scores.Average(score => score.Seconds));
            table.Row(
                name, Text(means[name], "0.00"), Text(spread, "0.00"), Text(scores.Average(score => score.LogLoss), "0.000"),
                Text(scores.Average(score => score.Seconds), "0.0"));
        }

        // What Li et al. find, and by how much one bit costs beyond float.
        var ordered = means["float"] <= means["bc"] && means["bc"] < means["sr"] && means["sr"] < means["r"];
        run.Result.Figure($"{dataset.Name}.ordered", ordered ? 1 : 0);
        run.Result.Figure($"{dataset.Name}.bc_gap", means["bc"] - means["float"]);
        run.Result.Figure($"{dataset.Name}.int8_gap", means["int8"] - means["float"]);
        run.Result.Details[$"{dataset.Name}_runs"] = runs;
        run.Result.Settings[$"{dataset.Name}_net"] = $"{algorithm} {string.Join(' ', own)}";
        run.Note($"{dataset.Name}: error(float) <= error(bc) < error(sr) < error(r): {(ordered ? "yes" : "no")}; bc is {Text(means["bc"] - means["float"], "0.00")} points above float");
    }

    private static TrainingSnapshot Images(TrainingSnapshot vectors)
    {
        var side = (int)Math.Round(Math.Sqrt(vectors.Schema.FeatureLength));
        return new TrainingSnapshot
        {
            Dataset = vectors.Dataset,
            SnapshotId = vectors.SnapshotId,
            Schema = vectors.Schema with { ItemKind = ItemKind.Image, ItemShape = [side, side, 1] },
            ItemIds = vectors.ItemIds,
            Features = vectors.Features,
            Splits = vectors.Splits,
            Gold = vectors.Gold,
            LabelerIds = vectors.LabelerIds,
            Annotations = vectors.Annotations,
        };
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
