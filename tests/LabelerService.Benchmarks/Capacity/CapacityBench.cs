using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Benchmarks.Predict;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Capacity;

/// <summary>
/// <c>bench capacity</c>: what an annotation, an item, a labeler, a prediction and a pass of training cost, from small measurements; how well that foretells larger
/// ones; and what breaks first when there is ten, a hundred and a thousand times as much.
/// </summary>
internal static class CapacityBench
{
    private const int FeatureLength = 512;
    private const int Classes = 8;

    // One copy is the snapshot's, one the tensor's. By construction, not measured.
    private const double CopiesOfFeatures = 2;
    private static readonly int[] HeadCounts = [100, 500, 1_000];
    private static readonly int[] TrainedItems = [500, 1_000, 2_000];

    public static Command Create(BenchHost host)
    {
        var rows = new Option<int>("--rows")
        {
            Description = "Annotations of the largest measurement, which the smaller ones are to foretell",
            HelpName = "NUMBER",
            DefaultValueFactory = _ => 1_000_000,
        };
        var command = new Command("capacity", "What one of each costs, how well that foretells larger measurements, and what breaks first at 10, 100 and 1,000 times") { rows };
        host.Handle(command, async (run, cancel) =>
        {
            if (run.Get(rows) is < 100_000 or > 100_000_000)
            {
                throw new BenchUsageException($"--rows {run.Get(rows)} is not from 100000 to 100000000");
            }

            run.Result.Settings["rows"] = run.Get(rows);
            await MeasureAsync(run, run.Get(rows), cancel);
        });
        return command;
    }

    private static async Task MeasureAsync(BenchRun run, int rows, CancellationToken cancel)
    {
        var table = new BenchTable("foretold by smaller measurements, and measured", "what", "foretold", "measured", "off by %");
        UnitCosts costs;
        await using (var service = await ServiceUnderTest.StartAsync(run, cancel))
        {
            costs = await StoredAsync(run, table, service, rows, cancel);
            costs = await PredictedAsync(run, table, service, costs, cancel);
        }

        costs = costs with { EpochSeconds = Trained(run, table, cancel) };
        run.Result.Table(table);
        Show(run, costs);
    }

    private static async Task<UnitCosts> StoredAsync(BenchRun run, BenchTable table, ServiceUnderTest service, int rows, CancellationToken cancel)
    {
        var storage = new StorageCosts(service, run.Time);
        run.Note("annotations");
        var points = await storage.AnnotationsAsync([rows / 50, rows / 20, rows / 10, rows], cancel);
        var (small, large) = (points.SkipLast(1).ToArray(), points[^1]);
        var bytes = AffineCost.Through([.. small.Select(point => (point.Amount, point.TableBytes))]);
        var log = AffineCost.Through([.. small.Select(point => (point.Amount, point.LogBytes))]);
        var seconds = AffineCost.Through([.. small.Select(point => (point.Amount, point.Seconds))]);

        // A server's memory belongs to the dataset that is looked at, so its amounts are differences.
        var sizes = points.Select((point, place) => place == 0 ? point.Amount : point.Amount - points[place - 1].Amount).ToArray();
        var insight = AffineCost.Through([.. points.Select((point, place) => (sizes[place], point.InsightBytes))]);
        Compare(run, table, "annotation_bytes", bytes.Of(large.Amount), large.TableBytes);
        Compare(run, table, "log_bytes", log.Of(large.Amount), large.LogBytes);
        Compare(run, table, "ingest_seconds", seconds.Of(large.Amount), large.Seconds);

        run.Note("items");
        var bare = await storage.ItemsAsync(1, [2_000, 4_000, 8_000], cancel);
        var wide = await storage.ItemsAsync(FeatureLength, [2_000, 4_000, 20_000], cancel);
        var (bareBytes, wideBytes) = (AffineCost.Through(Bytes(bare)), AffineCost.Through(Bytes(wide.SkipLast(1))));
        Compare(run, table, "item_bytes", wideBytes.Of(wide[^1].Amount), wide[^1].TableBytes);
        return new UnitCosts(
            bytes.Each, await storage.RevisionBytesAsync(rows / 20, cancel), bareBytes.Each, (wideBytes.Each - bareBytes.Each) / ((FeatureLength - 1) * sizeof(float)), log.Each,
            seconds.Each, default, default, insight, default, CopiesOfFeatures);

        static (double, double)[] Bytes(IEnumerable<StoragePoint> points) => [.. points.Select(point => (point.Amount, point.TableBytes))];
    }

    private static async Task<UnitCosts> PredictedAsync(BenchRun run, BenchTable table, ServiceUnderTest service, UnitCosts costs, CancellationToken cancel)
    {
        const int beyond = 2_000;
        await using var models = new PredictModels(service.ConnectionString, run.Time);
        using var load = new PredictLoad(service.Address, service.ServerProcessId);
        var (times, sizes) = (new List<(double, double)>(), new List<(double, double)>());
        foreach (var labelers in (int[])[HeadCounts[0], .. HeadCounts, beyond])
        {
            run.Note(string.Create(CultureInfo.InvariantCulture, $"predictions of a model of {labelers} labelers"));
            var id = await service.CreateDatasetAsync(PredictModels.FeatureLength, PredictModels.ClassCount, cancel);
            var model = models.Train(labelers, 1, distil: false, cancel);
            await models.PublishAsync(id, model, cancel);
            var request = PredictLoad.Request($"datasets/{id}", PredictLoad.Features(1, seed: 2), distilled: false);
            var answered = await load.ClosedAsync(1, request, unary: true, TimeSpan.FromSeconds(4), cancel);
            times.Add((labelers, answered.ServerSeconds / answered.Milliseconds.Count));

            // What --resident-mib counts a loaded version as: the graph's weights lie in memory as they are and packed.
            sizes.Add((labelers, 2.0 * model.Onnx.Length));
        }

        // The first of all only gets the server's code compiled.
        var (seconds, bytes) = (AffineCost.Through(times[1..^1]), AffineCost.Through(sizes[1..^1]));
        Compare(run, table, "prediction_seconds", seconds.Of(beyond), times[^1].Item2);
        Compare(run, table, "model_bytes", bytes.Of(beyond), sizes[^1].Item2);
        return costs with { PredictionSeconds = seconds, ModelBytes = bytes };
    }

    private static AffineCost Trained(BenchRun run, BenchTable table, CancellationToken cancel)
    {
        const int beyond = 8_000, each = 10;
        var points = new List<(double, double)>();
        foreach (var items in (int[])[.. TrainedItems, beyond])
        {
            run.Note(string.Create(CultureInfo.InvariantCulture, $"training on {items * each} annotations"));
            var world = SimulatedCrowd.Create(new SimulatedCrowdOptions
            {
                Items = items,
                Dimensions = FeatureLength,
                Classes = Classes,
                LabelsPerItem = 0,
                ValidationShare = 0,
                TestShare = 0,
            });
            var features = world.Snapshot.Features.Load();
            var crowd = CrowdSimulation.Run(world.Truth, features, Classes, new CrowdSimulationOptions { LabelsPerItem = each, Labelers = [new(LabelerKind.Average, 50)] });
            using var snapshot = SnapshotBuilder.Vectors(
                "bench", Classes, features, [.. world.Truth.Select(_ => Core.Datasets.Split.Train)], [.. world.Truth.Select(_ => -1)], null, crowd.Annotations);
            var clock = new ProcessorPasses();
            var settings = AlgorithmCatalogue.Validate(
                "wdn", new Dictionary<string, string> { ["epochs"] = "6", ["averaging_epochs"] = "1", ["weight_resamples"] = "0", ["bootstrap_resamples"] = "0", ["held_out_share"] = "0" });
            new ModelTrainer(run.Time, "bench").Train(snapshot, settings, 1, clock, cancel);
            points.Add((snapshot.Annotations.Count, clock.SecondsAPass()));
        }

        var seconds = AffineCost.Through(points[..^1]);
        Compare(run, table, "epoch_seconds", seconds.Of(points[^1].Item1), points[^1].Item2);
        return seconds;
    }

    /// <summary>Notes the processor time of this process, in which nothing else works, at the end of each pass of the network.</summary>
    private sealed class ProcessorPasses : IProgress<TrainingProgress>
    {
        private readonly List<TimeSpan> _ends = [];

        public void Report(TrainingProgress value)
        {
            if (value.Phase == "network")
            {
                _ends.Add(Environment.CpuUsage.TotalTime);
            }
        }

        /// <summary>Seconds a pass, without the first, which warms caches and compiles code.</summary>
        public double SecondsAPass() => (_ends[^1] - _ends[0]).TotalSeconds / (_ends.Count - 1);
    }

    private static void Compare(BenchRun run, BenchTable table, string what, double foretold, double measured)
    {
        run.Result.Figure($"{what}.foretold", foretold);
        run.Result.Figure($"{what}.measured", measured);
        run.Result.Figure($"{what}.off_percent", 100 * ((foretold / measured) - 1));
        table.Row(what, Text(foretold), Text(measured), (100 * ((foretold / measured) - 1)).ToString("0.0", CultureInfo.InvariantCulture));
    }

    private static void Show(BenchRun run, UnitCosts costs)
    {
        (string Name, double Value)[] units =
        [
            ("annotation, bytes in PostgreSQL", costs.AnnotationBytes), ("revision, bytes in the history", costs.RevisionBytes),
            ("item without features, bytes", costs.ItemBytes), ("byte of features, bytes", costs.FeatureByteRatio), ("annotation, bytes of WAL", costs.LogBytes),
            ("annotation, microseconds of processor", 1e6 * costs.IngestSeconds),
            ("prediction, microseconds of the server", 1e6 * costs.PredictionSeconds.Base), ("and for each labeler", 1e6 * costs.PredictionSeconds.Each),
            ("model, bytes", costs.ModelBytes.Base), ("and for each labeler, bytes", costs.ModelBytes.Each),
            ("insight, bytes an annotation", costs.InsightBytes.Each), ("pass of training, microseconds an annotation", 1e6 * costs.EpochSeconds.Each),
        ];
        var table = new BenchTable("what one takes", "what", "");
        foreach (var (name, value) in units)
        {
            table.Row(name, Text(value));
            run.Result.Figure(name, value);
        }

        run.Result.Table(table);
        foreach (var factor in (int[])[1, 10, 100, 1_000])
        {
            var demands = CapacityModel.Of(Workload.Reference.Times(factor), costs, Machine.Reference);
            var shown = new BenchTable(
                string.Create(CultureInfo.InvariantCulture, $"{factor:N0} times the reference load on the reference machine"), "what, the scarcest first", "of what there is", "what to switch on");
            foreach (var demand in demands)
            {
                shown.Row(demand.Resource, demand.Use.ToString("0.000", CultureInfo.InvariantCulture), demand.Use > 1 ? demand.Remedy : "");
                run.Result.Figure($"{factor}x {demand.Resource}", demand.Use);
            }

            run.Result.Table(shown);
        }
    }

    private static string Text(double value) => value >= 100 ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("G4", CultureInfo.InvariantCulture);
}
