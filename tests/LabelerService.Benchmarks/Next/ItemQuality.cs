using System.Globalization;
using LabelerService.Benchmarks.Aggregate;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Acquisition;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Items;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Next;

/// <summary>
/// Are items as often wrong as is said, and suspected annotations wrong? Against the gold of public crowds and the truth of a simulated one.
/// And how long does it take for very many items and labelers?
/// </summary>
internal static class ItemQuality
{
    private const int SimulatedItems = 3000;
    private const int SimulatedClasses = 10;
    private const double Smallest = 1e-6;

    /// <summary>Measures all crowds that are here.</summary>
    public static void Measure(BenchRun run, CancellationToken cancel)
    {
        var folder = DataFolder.Of(run);
        var crowds = new List<LabelledCrowd>();
        if (folder.Public("aggregation") is { } root)
        {
            crowds.AddRange(PublishedCrowd.Names.Select(name => PublishedCrowd.Read(root, name)));
        }
        else
        {
            run.Note("no public crowds: the folder aggregation/ is not among the data");
        }

        if (folder.Public("labelme") is not null || folder.Sample("labelme") is not null)
        {
            var scenes = LabelMeData.Read(folder).Labelled;
            crowds.Add(new LabelledCrowd("labelme", scenes.Annotations, [.. scenes.Gold]));
        }

        crowds.Add(Simulated());
        var table = new BenchTable(
            "Items and annotations that are wrong, by the hierarchical consensus without gold", "crowd", "consensus wrong %", "as it says of itself %",
            "calibrated %", "log-loss of that", "calibrated", "suspects: wrong %", "against the majority: wrong %", "of all: wrong %");
        foreach (var crowd in crowds)
        {
            Of(run.Result, table, crowd, cancel);
        }

        run.Result.Table(table);
    }

    /// <summary>Times items × labelers that no dense table could hold.</summary>
    public static void Scale(BenchRun run, int itemCount, CancellationToken cancel)
    {
        const int perItem = 10;
        const int classes = 5;
        var labelerCount = Math.Max(itemCount / 10, perItem);
        var random = new Random(1);
        var accuracies = Enumerable.Range(0, labelerCount).Select(_ => 0.3 + (0.6 * random.NextDouble())).ToArray();
        int count = itemCount * perItem;
        int[] items = new int[count], labelers = new int[count], given = new int[count];
        for (var i = 0; i < count; i++)
        {
            items[i] = i / perItem;
            labelers[i] = ((i / perItem * 7) + (i % perItem * (labelerCount / perItem))) % labelerCount;
            var truth = items[i] % classes;
            given[i] = random.NextDouble() < accuracies[labelers[i]] ? truth : random.Next(classes);
        }

        var input = new AggregationInput(new AnnotationTable(itemCount, labelerCount, classes, items, labelers, given));
        var consensus = AggregatorCatalogue.Find(AggregatorCatalogue.Default)!.Create().Aggregate(input, new AggregationControl { Cancel = cancel });
        var start = run.Time.GetTimestamp();
        var report = ItemAnalysis.Run(input, consensus, cancel: cancel);
        Seconds("items");
        SuspectRanking.Top(input, consensus, 1000, new SuspectOptions { Calibrated = report.Calibrated }, cancel: cancel);
        Seconds("suspects");
        var batch = NextAnnotations.Rank(
            new NextInput(input, consensus)
            {
                Calibrated = report.Calibrated,
                Labelers = [.. Enumerable.Range(0, labelerCount).Select(r => new AvailableLabeler(r) { MaxAnnotations = 5 })],
            },
            new NextOptions { Count = 1000, MaxPerItem = 2 }, cancel: cancel);
        Seconds("next");
        run.Result.Settings["scale"] = $"{itemCount} items, {labelerCount} labelers, {count} annotations";
        run.Result.Figure("scale.suggestions", batch.Annotations.Count);

        void Seconds(string what)
        {
            run.Result.Figure($"scale.{what}_seconds", run.Time.GetElapsedTime(start).TotalSeconds);
            start = run.Time.GetTimestamp();
        }
    }

    private static LabelledCrowd Simulated()
    {
        var random = new Random(1);
        int[] truth = [.. Enumerable.Range(0, SimulatedItems).Select(_ => random.Next(SimulatedClasses))];
        float[] features = [.. truth.Select(_ => random.NextSingle())];
        var crowd = CrowdSimulation.Run(truth, features, SimulatedClasses, new CrowdSimulationOptions { Seed = 1, ActivitySkew = 0.5 });
        return new LabelledCrowd("simulated", crowd.Annotations, truth);
    }

    private static void Of(BenchResult result, BenchTable rows, LabelledCrowd crowd, CancellationToken cancel)
    {
        var (table, truth) = (crowd.Table, crowd.Truth);
        var input = new AggregationInput(table);
        var consensus = AggregatorCatalogue.Find(AggregatorCatalogue.Default)!.Create().Aggregate(input, new AggregationControl { Cancel = cancel });
        var report = ItemAnalysis.Run(input, consensus, cancel: cancel);
        int[] known = [.. Enumerable.Range(0, truth.Length).Where(n => truth[n] >= 0 && report.AnnotationCounts[n] > 0)];
        double Itself(int n) => 1 - consensus.Posteriors[(n * table.ClassCount) + report.Classes[n]];
        double Calibrated(int n) => report.ProbabilitiesWrong[n];
        double Loss(Func<int, double> wrong) => known.Average(
            n => -Math.Log(Math.Max(Smallest, report.Classes[n] == truth[n] ? 1 - wrong(n) : wrong(n))));

        int[] positions = [.. Enumerable.Range(0, table.Count).Where(i => truth[table.Items[i]] >= 0)];
        bool IsWrong(int position) => table.Classes[position] != truth[table.Items[position]];
        var wrong = positions.Count(IsWrong);
        var half = Math.Max(wrong / 2, 1);
        double suspects = 100 * SuspectRanking.Top(
            input, consensus, table.Count, new SuspectOptions { Calibrated = report.Calibrated, MinProbabilityWrong = 0 }, cancel: cancel)
            .Where(suspect => truth[suspect.Item] >= 0).Take(half).Average(suspect => IsWrong(suspect.Position) ? 1.0 : 0);
        var votes = MajorityVote.Posteriors(table);
        double majority = 100 * positions.OrderByDescending(i => Against(table, votes, i)).Take(half).Average(i => IsWrong(i) ? 1.0 : 0);
        (string Name, double Value)[] figures =
        [
            ("wrong", 100 * known.Average(n => report.Classes[n] == truth[n] ? 0.0 : 1)), ("wrong_by_consensus", 100 * known.Average(Itself)),
            ("wrong_calibrated", 100 * known.Average(Calibrated)), ("log_loss_by_consensus", Loss(Itself)), ("log_loss_calibrated", Loss(Calibrated)),
            ("suspects_precision", suspects), ("majority_precision", majority), ("random_precision", 100.0 * wrong / positions.Length),
        ];
        foreach (var (name, value) in figures)
        {
            result.Figure($"{crowd.Name}.{name}", value);
        }

        result.Figure($"{crowd.Name}.temperature", report.Calibrated.Temperature);
        rows.Row([crowd.Name, .. figures.Select(figure => figure.Value.ToString(figure.Name.StartsWith("log", StringComparison.Ordinal) ? "0.000" : "0.0", CultureInfo.InvariantCulture))]);
    }

    private static double Against(AnnotationTable table, double[] votes, int position)
    {
        var row = votes.AsSpan(table.Items[position] * table.ClassCount, table.ClassCount);
        return row[ClassDistributions.Top(row)] - row[table.Classes[position]];
    }
}
