using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Models;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Learning;

namespace LabelerService.Benchmarks.Noise;

/// <summary>
/// <c>bench noise</c>: the MNIST study of Who Said What. Every training digit has one label, corrupted with probability p; how wrong is a
/// net that has seen nothing else? The paper's net is convolutional and sees 50,000 digits; ours is an MLP on 8,000. The epoch is chosen by
/// a tenth of the corrupted labels, held out; gold is not used.
/// </summary>
internal static class NoiseBench
{
    private const int MostSeeds = 100;
    private static readonly double[] Corruptions = [0, 0.2, 0.5, 0.8];

    private static readonly Dictionary<string, string> Settings = new(StringComparer.Ordinal)
    {
        ["hidden"] = "256",
        ["epochs"] = "60",
        ["patience"] = "8",
        ["batch_size"] = "200",
        ["bootstrap_resamples"] = "0",
    };

    public static Command Create(BenchHost host)
    {
        var seeds = new Option<int>("--seeds") { Description = "Number of seeds, from 1 up", HelpName = "NUMBER", DefaultValueFactory = _ => 3 };
        var set = new Option<string[]>("--set") { Description = "A setting of the net; may be repeated", HelpName = "KEY=VALUE" };
        var command = new Command("noise", "Error of a net against the noise of the labels it learnt from: the paper's MNIST study") { seeds, set };
        host.Handle(command, (run, cancellationToken) =>
        {
            if (run.Get(seeds) is < 1 or > MostSeeds)
            {
                throw new BenchUsageException($"--seeds {run.Get(seeds)} is not from 1 to {MostSeeds}");
            }

            var settings = new Dictionary<string, string>(Settings, StringComparer.Ordinal);
            foreach (var (key, value) in (run.Get(set) ?? []).Select(ModelVariant.ParseSetting))
            {
                settings[key] = value;
            }

            Measure(run, run.Get(seeds), settings, cancellationToken);
        });
        return command;
    }

    private static void Measure(BenchRun run, int seeds, Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        const int classes = MnistData.ClassCount;
        var folder = DataFolder.Of(run);
        var (pixels, digits) = MnistData.Digits(folder, "train");
        var (testPixels, testDigits) = MnistData.Digits(folder, "test");
        var training = AlgorithmCatalogue.Validate("bn", settings);
        var trainer = new ModelTrainer(run.Time, "bench");
        run.Result.Settings["seeds"] = seeds;
        run.Result.Settings["net"] = training.Effective;
        run.Result.Settings["digits"] = digits.Length;
        run.Result.Details["units"] =
            "error, sd and label_error in percent; bits of information of a label; worth = corrupted labels that carry as much as a clean one";
        var table = new BenchTable(
            $"{digits.Length} MNIST digits with one label each, {seeds} seeds", "labels corrupted", "labels wrong %", "net wrong %", "sd",
            "bits a label", "labels worth a clean one");
        int[] everyItem = [.. Enumerable.Range(0, digits.Length)];
        foreach (var corruption in Corruptions)
        {
            var (errors, labelErrors) = (new List<double>(), new List<double>());
            for (var seed = 1; seed <= seeds; seed++)
            {
                var labels = LabelNoise.Corrupt(digits, corruption, classes, new Random(seed));
                labelErrors.Add(100.0 * labels.Where((label, n) => label != digits[n]).Count() / labels.Length);
                var snapshot = SnapshotBuilder.Vectors(
                    "mnist-noise", classes, pixels, [.. digits.Select(_ => Split.Train)], [.. digits.Select(_ => -1)], ["teacher"],
                    new AnnotationTable(digits.Length, 1, classes, everyItem, new int[digits.Length], labels));
                var score = ModelScore.Of(trainer.Train(snapshot, training, seed, null, cancellationToken), testPixels, testDigits, []);
                errors.Add(100 - score.Accuracy);
                run.Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"noise {corruption} seed {seed}: labels {labelErrors[^1]:0.0} % wrong, net {errors[^1]:0.0} %, {score.Seconds:0.0} s"));
            }

            Report(run.Result, table, corruption, errors, labelErrors);
        }

        run.Result.Table(table);
    }

    private static void Report(BenchResult result, BenchTable table, double corruption, List<double> errors, List<double> labelErrors)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"mnist.noise_{corruption}");
        var bits = LabelNoise.Bits(corruption, MnistData.ClassCount);
        var worth = LabelNoise.LabelsPerCleanOne(corruption, MnistData.ClassCount);
        result.Figure($"{name}.error", errors.Average());
        result.Figure($"{name}.sd", Statistics.StandardDeviation(errors));
        result.Figure($"{name}.label_error", labelErrors.Average());
        result.Figure($"{name}.bits", bits);
        result.Figure($"{name}.worth", worth);
        table.Row(
            Text(corruption, "0.0"), Text(labelErrors.Average(), "0.0"), Text(errors.Average(), "0.0"),
            Text(Statistics.StandardDeviation(errors), "0.0"), Text(bits, "0.000"), Text(worth, "0.00"));
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
