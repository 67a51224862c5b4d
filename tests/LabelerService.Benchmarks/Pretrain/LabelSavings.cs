using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Models;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Learning;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Crowds.Sequences;

namespace LabelerService.Benchmarks.Pretrain;

/// <summary>
/// How many labels does pretraining save? Half of a task's sequences are for training, few of them labelled, each by two labelers of a simulated
/// crowd; the other half tests. A doctor net (<c>wdn</c>) on a recurrent backbone that learns from the labels alone is compared with the same heads on the
/// frozen representation of a backbone that was pretrained on all training sequences.
/// </summary>
internal static class LabelSavings
{
    private static readonly int[] LabelledItems = [8, 16, 32, 64, 128];

    private static readonly Dictionary<string, string> Heads = new(StringComparer.Ordinal)
    {
        ["dropout"] = "0",
        ["batch_size"] = "16",
        ["learning_rate"] = "0.01",
        ["bootstrap_resamples"] = "0",
        ["weight_resamples"] = "0",
        ["polyak_decay"] = "0.9",
    };

    public static void Measure(
        BenchRun run, string[] tasks, string[] objectives, int seeds, int items, Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        // The last one is all there are.
        int[] labelledItems = [.. LabelledItems.Where(count => count < items / 2), items / 2];
        var table = new BenchTable(
            $"{items / 2} sequences to train on, {items / 2} to test, {seeds} seeds: accuracy in percent by how many are labelled (twice each)",
            ["task", "backbone", .. labelledItems.Select(count => count.ToString(CultureInfo.InvariantCulture))]);
        foreach (var task in tasks)
        {
            var accuracies = new Dictionary<string, List<double>[]>(StringComparer.Ordinal);
            for (var seed = 1; seed <= seeds; seed++)
            {
                var set = PretrainBench.Make(task, items, seed);
                Split[] splits = [.. Enumerable.Range(0, set.Count).Select(n => n < set.Count / 2 ? Split.Train : Split.Test)];
                // The pretraining sees the training half only: its outputs are never shown a test sequence before they are asked.
                foreach (var objective in objectives)
                {
                    var states = Pretrained(run, set, splits, objective, seed, settings, cancellationToken);
                    Add(objective, count => Train(set, states, states.Length / set.Count, splits, count, seed, linear: true));
                }

                Add("from labels alone", count => Train(set, set.Rows, 0, splits, count, seed, linear: false));

                void Add(string what, Func<int, double> train)
                {
                    if (!accuracies.TryGetValue(what, out var lists))
                    {
                        accuracies[what] = lists = [.. labelledItems.Select(_ => new List<double>())];
                    }

                    foreach (var (i, count) in labelledItems.Index())
                    {
                        lists[i].Add(train(count));
                    }

                    run.Note($"{task} seed {seed} {what}: {string.Join(", ", lists.Select(list => list[^1].ToString("0.0", CultureInfo.InvariantCulture)))}");
                }
            }

            foreach (var (what, lists) in accuracies)
            {
                foreach (var (i, list) in lists.Index())
                {
                    run.Result.Figure(string.Create(CultureInfo.InvariantCulture, $"{task}.{what.Replace(' ', '_')}.accuracy_{labelledItems[i]}"), list.Average());
                }

                table.Row([task, what, .. lists.Select(list => list.Average().ToString("0.0", CultureInfo.InvariantCulture))]);
            }
        }

        run.Result.Settings["pretraining"] = settings;
        run.Result.Settings["heads"] = Heads;
        run.Result.Table(table);

        double Train(SequenceSet set, float[] features, int width, Split[] splits, int count, int seed, bool linear)
        {
            int[] labelled = [.. Enumerable.Range(0, count)];
            var crowd = CrowdSimulation.Run(
                set.Classes, set.Rows, set.ClassCount,
                new CrowdSimulationOptions { Seed = seed, Labelers = [new(LabelerKind.Expert, 2), new(LabelerKind.Average, 4)], LabelsPerItem = 2 }, labelled);
            int[] gold = [.. set.Classes.Select((kind, n) => splits[n] == Split.Test ? kind : -1)];
            var net = new Dictionary<string, string>(Heads, StringComparer.Ordinal) { ["backbone"] = linear ? "linear" : "lstm", ["epochs"] = linear ? "100" : "60" };
            if (linear)
            {
                net["feature_transform"] = "standardize";
            }
            else
            {
                net["capacity"] = settings["capacity"];
            }

            using var snapshot = linear
                ? SnapshotBuilder.Vectors(set.Name, set.ClassCount, features, splits, gold, null, crowd.Annotations)
                : set.ToSnapshot(splits, crowd.Annotations, crowd.Annotations.LabelerCount, gold);
            var model = new ModelTrainer(run.Time, "bench").Train(snapshot, AlgorithmCatalogue.Validate("wdn", net), seed, null, cancellationToken);
            var length = linear ? width : set.Rows.Length / set.Count;
            var first = Array.IndexOf(splits, Split.Test);
            return ModelScore.Of(model, [.. features.Skip(first * length)], set.Classes[first..], []).Accuracy;
        }
    }

    private static float[] Pretrained(
        BenchRun run, SequenceSet set, Split[] splits, string objective, int seed, Dictionary<string, string> settings, CancellationToken cancellationToken) =>
        PretrainBench.Pretrain(run, set, objective, seed, settings, cancellationToken, splits).States;
}
