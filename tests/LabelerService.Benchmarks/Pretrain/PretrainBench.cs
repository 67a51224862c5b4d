using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Models;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Datasets;
using LabelerService.Core.Metrics;
using LabelerService.Core.Models;
using LabelerService.Learning.Unsupervised;
using LabelerService.TestKit.Crowds.Sequences;

namespace LabelerService.Benchmarks.Pretrain;

/// <summary>
/// <c>bench pretrain</c>: do backbones that are pretrained without labels find the kinds of sequences there are, and how many labels does that save?
/// The classes are looked at only to score what was found.
/// </summary>
internal static class PretrainBench
{
    private const int MostSeeds = 100;
    private const double Success = 0.8;
    private static readonly string[] Objectives = ["bingo", "neo"];
    private static readonly string[] TaskNames = ["rhythms", "rhythms_with_gaps", "tones", "symbols", "order"];

    private static readonly Dictionary<string, string> Settings = new(StringComparer.Ordinal)
    {
        ["capacity"] = "s",
        ["outputs"] = "1",
        ["restarts"] = "2",
    };

    public static Command Create(BenchHost host)
    {
        var seeds = new Option<int>("--seeds") { Description = "Number of seeds, from 1 up", HelpName = "NUMBER", DefaultValueFactory = _ => 10 };
        var items = new Option<int>("--items") { Description = "Sequences of a task", HelpName = "NUMBER", DefaultValueFactory = _ => 200 };
        var tasks = new Option<string>("--tasks")
        {
            Description = "Tasks, separated by commas: " + string.Join(", ", TaskNames),
            HelpName = "LIST",
            DefaultValueFactory = _ => string.Join(',', TaskNames),
        };
        var objectives = new Option<string>("--objectives")
        {
            Description = "Objectives, separated by commas: bingo, neo",
            HelpName = "LIST",
            DefaultValueFactory = _ => string.Join(',', Objectives),
        };
        var labels = new Option<bool>("--labels") { Description = "Measure how many labels pretraining saves, instead of the kinds it finds" };
        var set = new Option<string[]>("--set") { Description = "A setting of the pretraining; may be repeated", HelpName = "KEY=VALUE" };
        var command = new Command("pretrain", "Backbones pretrained without labels: the kinds of sequences they find, the labels they save")
        {
            seeds, items, tasks, objectives, labels, set,
        };
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

            if (run.Get(labels))
            {
                LabelSavings.Measure(
                    run, Chosen(run.Get(tasks)!, TaskNames, "--tasks"), Chosen(run.Get(objectives)!, Objectives, "--objectives"), run.Get(seeds), run.Get(items),
                    settings, cancellationToken);
                return;
            }

            Cluster(
                run, Chosen(run.Get(tasks)!, TaskNames, "--tasks"), Chosen(run.Get(objectives)!, Objectives, "--objectives"), run.Get(seeds), run.Get(items),
                settings, cancellationToken);
        });
        return command;
    }

    private static string[] Chosen(string list, string[] known, string option)
    {
        var names = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Except(known).FirstOrDefault() is { } unknown
            ? throw new BenchUsageException($"{option}: there is no \"{unknown}\"; there are {string.Join(", ", known)}")
            : names;
    }

    /// <summary>Sequences of a task.</summary>
    public static SequenceSet Make(string task, int items, int seed) => task switch
    {
        "rhythms" => SequenceTasks.Rhythms(items, 40, 60, seed, 0, 4, 7),
        "rhythms_with_gaps" => SequenceTasks.Rhythms(items, 40, 60, seed, 0.1, 4, 7),
        "tones" => SequenceTasks.Tones(items, 40, 60, seed, 5, 10),
        "symbols" => SequenceTasks.Symbols(items, 30, 50, seed),
        _ => SequenceTasks.Order(items, 16, 24, seed),
    };

    private static void Cluster(
        BenchRun run, string[] tasks, string[] objectives, int seeds, int items, Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var table = new BenchTable(
            $"{items} sequences, {seeds} seeds: agreement of clusters with the hidden classes", "task", "what is clustered", "AMI", "sd", "ARI",
            $"seeds with AMI ≥ {Success.ToString(CultureInfo.InvariantCulture)}", "s a seed");
        foreach (var task in tasks)
        {
            var scores = new Dictionary<string, List<(double Ami, double Ari, double Seconds)>>(StringComparer.Ordinal);
            for (var seed = 1; seed <= seeds; seed++)
            {
                var set = Make(task, items, seed);
                Add("raw features", RawFeatures.Steps(set), 0);
                Add("mean step", RawFeatures.MeanStep(set), 0);
                foreach (var objective in objectives)
                {
                    var (outputs, _, seconds, metrics) = Pretrain(run, set, objective, seed, settings, cancellationToken);
                    Add(objective, outputs, seconds);
                    run.Note(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{task} seed {seed} {objective}: AMI {scores[objective][^1].Ami:0.00}, objective {metrics["objective"]:0.000} (training {metrics["training_objective"]:0.000}, spread {metrics["spread_of_restarts"]:0.000}), {seconds:0.0} s"));
                }

                var untrained = Pretrain(run, set, objectives[0], seed, Untrained(settings), cancellationToken);
                Add("untrained net", untrained.States, 0);
                Add("untrained, outputs aligned", untrained.Outputs, 0);
                run.Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{task} seed {seed}: raw {scores["raw features"][^1].Ami:0.00}, mean step {scores["mean step"][^1].Ami:0.00}, untrained net {scores["untrained net"][^1].Ami:0.00}, with aligned outputs {scores["untrained, outputs aligned"][^1].Ami:0.00}"));

                void Add(string what, float[] points, double seconds)
                {
                    var groups = KMeans.Cluster(points, set.Count, set.ClassCount, seed);
                    if (!scores.TryGetValue(what, out var list))
                    {
                        scores[what] = list = [];
                    }

                    list.Add((PartitionAgreement.AdjustedMutualInformation(groups, set.Classes), PartitionAgreement.AdjustedRand(groups, set.Classes), seconds));
                }
            }

            foreach (var (what, list) in scores)
            {
                var name = $"{task}.{what.Replace(",", "", StringComparison.Ordinal).Replace(' ', '_')}";
                double[] ami = [.. list.Select(score => score.Ami)];
                run.Result.Figure($"{name}.ami", ami.Average());
                run.Result.Figure($"{name}.ami_sd", Statistics.StandardDeviation(ami));
                run.Result.Figure($"{name}.ari", list.Average(score => score.Ari));
                run.Result.Figure($"{name}.successes", ami.Count(value => value >= Success));
                table.Row(
                    task, what, Text(ami.Average()), Text(Statistics.StandardDeviation(ami)), Text(list.Average(score => score.Ari)),
                    $"{ami.Count(value => value >= Success)} of {seeds}", Text(list.Average(score => score.Seconds)));
            }
        }

        run.Result.Settings["pretraining"] = settings;
        run.Result.Table(table);
    }

    private static Dictionary<string, string> Untrained(Dictionary<string, string> settings) =>
        new(settings, StringComparer.Ordinal) { ["epochs"] = "1", ["patience"] = "0", ["learning_rate"] = "0.0000001", ["restarts"] = "1" };

    /// <summary>Pretrains, and looks at all items with what came out.</summary>
    public static (float[] Outputs, float[] States, double Seconds, IReadOnlyDictionary<string, double> Metrics) Pretrain(
        BenchRun run, SequenceSet set, string objective, int seed, Dictionary<string, string> settings, CancellationToken cancellationToken,
        Split[]? splits = null)
    {
        var training = AlgorithmCatalogue.Validate(objective, settings);
        using var snapshot = set.ToSnapshot(splits);
        var backbone = new BackbonePretrainer(run.Time, "bench").Train(snapshot, training, seed, null, null, cancellationToken);
        var view = BackbonePretrainer.Look(backbone, snapshot, training, seed, cancellationToken);
        return (view.Outputs, view.Representation, backbone.TrainingSeconds, backbone.Metrics);
    }

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
