using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Reporting;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Next;

/// <summary>
/// <c>bench next</c>: how many labels are saved by asking what is worth asking? MNIST digits and a simulated crowd of 60 labelers of eight
/// kinds, asked in rounds by several policies, once with labels alone and once with a classifier.
/// </summary>
internal static class NextBench
{
    private const int MostSeeds = 100;
    private const int Pool = 2;

    public static Command Create(BenchHost host)
    {
        var seeds = new Option<int>("--seeds") { Description = "Number of seeds, from 1 up", HelpName = "NUMBER", DefaultValueFactory = _ => 5 };
        var digits = new Option<int>("--digits") { Description = "Digits to be labelled", HelpName = "NUMBER", DefaultValueFactory = _ => 4000 };
        var labels = new Option<int>("--labels-per-item") { Description = "Labels in the end, per digit", HelpName = "NUMBER", DefaultValueFactory = _ => 3 };
        var scale = new Option<int>("--scale-items") { Description = "Items of the timing, with a tenth as many labelers; 0: none", HelpName = "NUMBER", DefaultValueFactory = _ => 100_000 };
        var command = new Command("next", "Labels saved by choosing what to annotate next, and by whom; suspected annotations against gold")
        {
            seeds, digits, labels, scale,
        };
        host.Handle(command, (run, cancellationToken) =>
        {
            if (run.Get(seeds) is < 1 or > MostSeeds)
            {
                throw new BenchUsageException($"--seeds {run.Get(seeds)} is not from 1 to {MostSeeds}");
            }

            if (run.Get(digits) < 20 || run.Get(labels) is < 1 or > 50)
            {
                throw new BenchUsageException("--digits is at least 20, and --labels-per-item from 1 to 50");
            }

            if (run.Get(scale) is < 0 or (> 0 and < 100))
            {
                throw new BenchUsageException("--scale-items is 0, or at least 100");
            }

            run.Result.Settings["seeds"] = run.Get(seeds);
            run.Result.Settings["labels_per_item"] = run.Get(labels);
            ItemQuality.Measure(run, cancellationToken);
            if (run.Get(scale) > 0)
            {
                ItemQuality.Scale(run, run.Get(scale), cancellationToken);
            }

            Measure(run, run.Get(seeds), run.Get(digits), run.Get(labels), cancellationToken);
        });
        return command;
    }

    private static void Measure(BenchRun run, int seeds, int digits, int labelsPerItem, CancellationToken cancel)
    {
        var folder = DataFolder.Of(run);
        var (pixels, truth) = Pooled(folder, "train");
        var (testPixels, testTruth) = Pooled(folder, "test");
        var length = pixels.Length / truth.Length;
        digits = Math.Min(digits, truth.Length);
        run.Result.Settings["digits"] = digits;
        run.Result.Settings["labelers"] = new CrowdSimulationOptions().Labelers.Sum(group => group.Count);
        run.Result.Details["units"] =
            "accuracies, wrong and precision in percent (of as many annotations as half of the wrong ones); log_loss in nats; "
            + "labels_ratio = labels the policy needs for random's final accuracy / random's labels, mean over seeds, ± its 95 % half-width";
        var curves = new Dictionary<string, List<IReadOnlyList<StudyPoint>>>(StringComparer.Ordinal);
        foreach (var withModel in (bool[])[true, false])
        {
            var options = new StudyOptions(Math.Max(digits * 3 / 8, 1), digits * labelsPerItem, Math.Max(digits / 8, 1), withModel);
            for (var seed = 1; seed <= seeds; seed++)
            {
                // Other digits, other labelers and other answers each time.
                int[] order = [.. Enumerable.Range(0, truth.Length)];
                new Random(seed).Shuffle(order);
                float[] features = new float[digits * length];
                for (var n = 0; n < digits; n++)
                {
                    pixels.AsSpan(order[n] * length, length).CopyTo(features.AsSpan(n * length));
                }

                int[] chosen = [.. order.Take(digits).Select(n => truth[n])];
                var crowd = CrowdSimulation.Run(chosen, features, MnistData.ClassCount, new CrowdSimulationOptions { Seed = seed }, items: []);
                var world = new StudyWorld(MnistData.ClassCount, chosen, features, crowd.Labelers, testTruth, testPixels, seed);
                foreach (var policy in Enum.GetValues<StudyPolicy>())
                {
                    var key = Key(policy, withModel);
                    var start = run.Time.GetTimestamp();
                    var curve = LabelStudy.Run(world, options, policy, cancel);
                    (curves.TryGetValue(key, out var list) ? list : curves[key] = []).Add(curve);
                    run.Note(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{key} seed {seed}: {100 * curve[^1].Accuracy:0.0} % of {digits} items right after {curve[^1].Labels} labels, {run.Time.GetElapsedTime(start).TotalSeconds:0.0} s"));
                }
            }

            Report(run.Result, curves, withModel);
        }

        run.Result.Details["curves"] = curves.ToDictionary(
            pair => pair.Key,
            pair => pair.Value[0].Select((point, i) => new
            {
                point.Labels,
                Accuracy = Math.Round(100 * pair.Value.Average(curve => curve[i].Accuracy), 2),
                TestAccuracy = Math.Round(100 * pair.Value.Average(curve => curve[i].TestAccuracy), 2),
            }).ToArray(),
            StringComparer.Ordinal);
    }

    private static void Report(BenchResult result, Dictionary<string, List<IReadOnlyList<StudyPoint>>> curves, bool withModel)
    {
        var (random, balanced) = (curves[Key(StudyPolicy.Random, withModel)], curves[Key(StudyPolicy.Balanced, withModel)]);
        var table = new BenchTable(
            $"{(withModel ? "With a classifier" : "Labels alone")}: {random.Count} seeds, {random[0][^1].Labels} labels in the end",
            "policy", "consensus right in the end %", "labels for random's end %", "±", "for balanced's end %", "classifier right in the end %",
            "labels for random's end %");
        foreach (var policy in Enum.GetValues<StudyPolicy>())
        {
            var key = Key(policy, withModel);
            var of = curves[key];
            var final = 100 * of.Average(curve => curve[^1].Accuracy);
            var ratios = Ratios(of, random, point => point.Accuracy);
            var testFinal = 100 * of.Average(curve => curve[^1].TestAccuracy);
            var testRatios = withModel ? Ratios(of, random, point => point.TestAccuracy) : [];
            result.Figure($"{key}.final_accuracy", final);
            if (policy != StudyPolicy.Random)
            {
                result.Figure($"{key}.labels_ratio", ratios.Average());
                result.Figure($"{key}.labels_ratio_half_width", StudyCurves.HalfWidth(ratios));
            }

            var balancedRatios = Ratios(of, balanced, point => point.Accuracy);
            if (policy > StudyPolicy.Balanced)
            {
                result.Figure($"{key}.labels_ratio_to_balanced", balancedRatios.Average());
            }

            if (withModel)
            {
                result.Figure($"{key}.final_test_accuracy", testFinal);
                result.Figure($"{key}.test_labels_ratio", testRatios.Average());
            }

            table.Row(
                Name(policy), Text(final, "0.0"), Text(100 * ratios.Average(), "0"), Text(100 * StudyCurves.HalfWidth(ratios), "0"),
                Text(100 * balancedRatios.Average(), "0"),
                Text(testFinal, "0.0"), withModel ? Text(100 * testRatios.Average(), "0") : "");
        }

        result.Table(table);
    }

    private static double[] Ratios(List<IReadOnlyList<StudyPoint>> of, List<IReadOnlyList<StudyPoint>> random, Func<StudyPoint, double> value) =>
        [.. of.Select((curve, s) => StudyCurves.LabelsTo(curve, value(random[s][^1]), value) / random[s][^1].Labels)];

    private static string Name(StudyPolicy policy) => policy switch
    {
        StudyPolicy.Random => "random",
        StudyPolicy.Balanced => "balanced",
        StudyPolicy.Uncertainty => "uncertainty",
        StudyPolicy.GainItems => "gain_items",
        StudyPolicy.ActiveLab => "active_lab",
        StudyPolicy.Gain => "policy",
        _ => "policy_without_limits",
    };

    private static string Key(StudyPolicy policy, bool withModel) => $"mnist.{(withModel ? "" : "labels_only.")}{Name(policy)}";

    // The mean of 2 × 2 pixels: a quarter of the numbers, and no worse for a linear classifier.
    private static (float[] Features, int[] Digits) Pooled(DataFolder folder, string part)
    {
        var (pixels, digits) = MnistData.Digits(folder, part);
        var length = pixels.Length / digits.Length;
        var side = (int)Math.Sqrt(length);
        if (side * side != length || side % Pool != 0)
        {
            throw new FormatException($"pictures of {length} pixels are not squares of an even side");
        }

        var half = side / Pool;
        var result = new float[digits.Length * half * half];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (n, y, x) = (i / length, i % length / side, i % side);
            result[(((n * half) + (y / Pool)) * half) + (x / Pool)] += pixels[i] / (Pool * Pool);
        }

        return (result, digits);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
