using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Models;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Images;

/// <summary>
/// <c>bench images</c>: convolutional nets on all training digits, labelled by a simulated crowd of mixed skill, against the same net
/// trained for as many epochs on the majority vote. Only the crowd's labels are seen; nothing is chosen by gold.
/// </summary>
internal static class ImagesBench
{
    private const int MostSeeds = 100;

    // Sixty labelers, three labels a digit. More than half of the labels are wrong, and not by chance alone: a fifth of the labelers swap
    // classes, and nearly half of them guess, always say the same or lie; six are experts.
    private static readonly CrowdSimulationOptions Crowd = new()
    {
        Seed = 20_260,
        ActivitySkew = 0.5,
        Labelers =
        [
            new(LabelerKind.Expert, 6), new(LabelerKind.Average, 6), new(LabelerKind.ClassSpecialist, 8), new(LabelerKind.Confuser, 12),
            new(LabelerKind.Spammer, 12), new(LabelerKind.Constant, 6), new(LabelerKind.Adversary, 10),
        ],
    };

    private const string DefaultModels = "bn[target=majority],dn,wdn[averaging_target=posterior],raykar";

    /// <summary>What all nets are trained with; those that lack a setting do without.</summary>
    private static readonly Dictionary<string, string> Common = new(StringComparer.Ordinal)
    {
        ["backbone"] = "cnn",
        ["capacity"] = "m",
        ["epochs"] = "8",
        ["batch_size"] = "32",
        ["dropout"] = "0",
        ["weight_resamples"] = "0",
        ["held_out_share"] = "0",
    };

    public static Command Create(BenchHost host)
    {
        var seeds = new Option<int>("--seeds") { Description = "Number of seeds, from 1 up", HelpName = "NUMBER", DefaultValueFactory = _ => 3 };
        var models = new Option<string>("--models")
        {
            Description = "Models, written as in bench models",
            HelpName = "LIST",
            DefaultValueFactory = _ => DefaultModels,
        };
        var set = new Option<string[]>("--set") { Description = "A setting of all models that have it; may be repeated", HelpName = "KEY=VALUE" };
        var digits = new Option<int>("--digits") { Description = "Digits to train on; 0 for all", HelpName = "NUMBER", DefaultValueFactory = _ => 0 };
        var command = new Command("images", "Convolutional nets on digits that a crowd labelled, against training on its majority vote")
        {
            seeds, models, set, digits,
        };
        host.Handle(command, (run, cancellationToken) =>
        {
            if (run.Get(seeds) is < 1 or > MostSeeds)
            {
                throw new BenchUsageException($"--seeds {run.Get(seeds)} is not from 1 to {MostSeeds}");
            }

            if (run.Get(digits) < 0)
            {
                throw new BenchUsageException($"--digits {run.Get(digits)} is negative");
            }

            var settings = new Dictionary<string, string>(Common, StringComparer.Ordinal);
            foreach (var (key, value) in (run.Get(set) ?? []).Select(ModelVariant.ParseSetting))
            {
                settings[key] = value;
            }

            var dataset = Read(DataFolder.Of(run), run.Get(digits));
            run.Result.Settings["seeds"] = run.Get(seeds);
            run.Result.Settings["set"] = settings;
            Report(run, dataset);
            var comparison = new ModelComparison(
                run, ModelVariant.ParseList(run.Get(models)!), run.Get(seeds), [.. settings], withValidationGold: false);
            comparison.Add(dataset, cancellationToken);
            comparison.Finish();
        });
        return command;
    }

    private static BenchDataset Read(DataFolder folder, int most)
    {
        var (pixels, digits) = MnistData.Digits(folder, "train");
        var length = pixels.Length / digits.Length;
        if (most > 0 && most < digits.Length)
        {
            Array.Resize(ref digits, most);
            Array.Resize(ref pixels, most * length);
        }

        var crowd = CrowdSimulation.Run(digits, pixels, MnistData.ClassCount, Crowd);
        var (testPixels, testDigits) = MnistData.Digits(folder, "test");
        var side = (int)Math.Round(Math.Sqrt(length));
        return new BenchDataset(
            SnapshotBuilder.Images(
                "mnist", MnistData.ClassCount, pixels, [side, side, 1], [.. digits.Select(_ => Split.Train)], digits,
                [.. crowd.Labelers.Select(labeler => $"{labeler.Id}-{labeler.Kind.ToString().ToLowerInvariant()}")], crowd.Annotations),
            testPixels, testDigits);
    }

    // What there is to learn from.
    private static void Report(BenchRun run, BenchDataset dataset)
    {
        var (annotations, gold) = (dataset.Labelled.Annotations, dataset.Labelled.Gold);
        var right = 100 * Enumerable.Range(0, annotations.Count).Average(a => annotations.Classes[a] == gold[annotations.Items[a]] ? 1.0 : 0);
        var vote = 100 * VoteAccuracy(annotations, gold);
        run.Result.Figure("mnist.annotations.accuracy", right);
        run.Result.Figure("mnist.majority_vote.accuracy", vote);
        run.Note(string.Create(
            CultureInfo.InvariantCulture, $"mnist: {right:0.0} % of annotations are right, {vote:0.0} % of majority votes (ties count their share)"));
    }

    private static double VoteAccuracy(AnnotationTable annotations, int[] gold)
    {
        var (classes, right) = (annotations.ClassCount, 0.0);
        var shares = MajorityVote.Posteriors(annotations);
        for (var n = 0; n < gold.Length; n++)
        {
            var row = shares.AsSpan(n * classes, classes);
            var most = 0.0;
            foreach (var share in row)
            {
                most = Math.Max(most, share);
            }

            var tied = 0;
            foreach (var share in row)
            {
                tied += share == most ? 1 : 0;
            }

            right += row[gold[n]] == most ? 1.0 / tied : 0;
        }

        return right / gold.Length;
    }
}
