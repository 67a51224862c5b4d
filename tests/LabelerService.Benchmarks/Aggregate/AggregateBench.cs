using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Benchmarks.Speed;
using LabelerService.Core.Aggregation;

namespace LabelerService.Benchmarks.Aggregate;

/// <summary>
/// <c>bench aggregate</c>: every algorithm of the catalogue on three public crowds; Dawid–Skene and the default on generated crowds of one
/// million and ten million annotations, and what a thousand more answers cost then. Algorithms run until their compiled code is as fast as it gets before they are timed.
/// </summary>
internal static class AggregateBench
{
    private const int TenMillion = 10_000_000;
    private const int ScalingStep = 10;
    private const int Seed = 1;
    private const int LargeIterations = 20;

    private const int OnlineChanges = 1000;

    // The most that crowd-kit's Dawid–Skene does by default, and so at least what its recorded time was for.
    private const int PeerIterations = 100;

    public static Command Create(BenchHost host)
    {
        var annotations = new Option<int>("--annotations")
        {
            Description = "Annotations of the generated crowd; a tenth of it is measured, too",
            HelpName = "NUMBER",
            DefaultValueFactory = _ => TenMillion,
        };
        var workers = new Option<int>("--workers")
        {
            Description = "Threads of the aggregation; 0: all processors",
            HelpName = "NUMBER",
            DefaultValueFactory = _ => 0,
        };
        var command = new Command("aggregate", "Accuracy and speed of every way to aggregate labels, and ten million labels") { annotations, workers };
        host.Handle(command, (run, cancellationToken) =>
        {
            const int multiple = GeneratedCrowd.LabelsPerItem * GeneratedCrowd.LabelsPerLabeler * ScalingStep;
            if (run.Get(annotations) is < multiple or > 10 * TenMillion || run.Get(annotations) % multiple != 0)
            {
                throw new BenchUsageException($"--annotations {run.Get(annotations)} is not a multiple of {multiple} up to {10 * TenMillion}");
            }

            if (run.Get(workers) is < 0 or > 1024)
            {
                throw new BenchUsageException($"--workers {run.Get(workers)} is not a number of threads");
            }

            var control = new AggregationControl { Threads = run.Get(workers), Cancel = cancellationToken };
            run.Result.Settings["workers"] = control.EffectiveThreads;
            run.Result.Settings["annotations"] = run.Get(annotations);
            run.Result.Details["units"] =
                "accuracy in percent, a tie counting as the chance of a fair draw; seconds of one aggregation, median; "
                + "recorded_ratio = seconds recorded for crowd-kit elsewhere (not measured here) / ours; peak_mib of the whole process";
            Published(run, control);
            Generated(run, run.Get(annotations), control);
        });
        return command;
    }

    private static void Published(BenchRun run, AggregationControl control)
    {
        var table = new BenchTable(
            "public crowds", "data", "algorithm", "accuracy %", "recorded %", "seconds", "iterations", "converged", "recorded s", "recorded / ours");
        string folder;
        try
        {
            folder = DataFolder.Of(run).Required("aggregation");
        }
        catch (FileNotFoundException exception)
        {
            // The generated crowds need no data.
            run.Result.Failures.Add(new BenchFailure("public crowds", exception.Message));
            return;
        }

        foreach (var name in PublishedCrowd.Names)
        {
            var crowd = PublishedCrowd.Read(folder, name);
            foreach (var algorithm in AggregatorCatalogue.All.Where(descriptor => !descriptor.NeedsModel))
            {
                Score(run, table, crowd, algorithm.Id, () => algorithm.Create().Aggregate(new AggregationInput(crowd.Table), control), control.Cancel);
            }

            // As many iterations as crowd-kit may have done, whether needed or not.
            var full = ConfusionEmOptions.DawidSkene with { MaxIterations = PeerIterations, Tolerance = 0 };
            var timing = WarmTiming.Of(run.Time, () => ConfusionEm.Fit(crowd.Table, full, control), control.Cancel);
            run.Result.Figure($"{name}.ds.hundred_iterations_seconds", timing.Seconds);
            run.Result.Figure($"{name}.ds.hundred_iterations_recorded_ratio", RecordedPeer.Of(name, "ds")!.Seconds!.Value / timing.Seconds);
        }

        run.Result.Table(table);
    }

    private static void Score(BenchRun run, BenchTable table, LabelledCrowd crowd, string algorithm, Func<Consensus> aggregate,
        CancellationToken cancellationToken)
    {
        var (consensus, seconds) = WarmTiming.Of(run.Time, aggregate, cancellationToken);
        var accuracy = 100 * crowd.Accuracy(consensus.Posteriors);
        var peer = RecordedPeer.Of(crowd.Name, algorithm);
        var name = $"{crowd.Name}.{algorithm}";
        run.Result.Figure($"{name}.accuracy", accuracy);
        run.Result.Figure($"{name}.seconds", seconds);
        run.Result.Figure($"{name}.iterations", consensus.Iterations);
        if (peer?.Seconds is { } recorded)
        {
            run.Result.Figure($"{name}.recorded_ratio", recorded / seconds);
        }

        table.Row(
            crowd.Name, algorithm, Text(accuracy, "0.0"), peer is null ? "" : Text(peer.Accuracy, "0.0"), Text(seconds, "0.00000"),
            Text(consensus.Iterations, "0"), consensus.Converged ? "yes" : "no", peer?.Seconds is { } known ? Text(known, "0.00") : "",
            peer?.Seconds is { } ratio ? Text(ratio / seconds, "0") : "");
        run.Note($"{name}: accuracy {Text(accuracy, "0.0")} %, {Text(seconds, "0.00000")} s, {consensus.Iterations} iterations");
    }

    private static void Generated(BenchRun run, int annotations, AggregationControl control)
    {
        var fits = new BenchTable(
            $"generated crowds, {LargeIterations} iterations, {control.EffectiveThreads} threads", "annotations", "items", "labelers", "algorithm",
            "seconds", "ns an annotation and iteration", "accuracy %", "peak MiB");
        var updates = new BenchTable(
            $"{OnlineChanges} new answers, one thread", "annotations", "seconds to take over the fit", "seconds to update", "E-steps an answer");
        // Tolerance 0: all iterations are done.
        var ds = ConfusionEmOptions.DawidSkene with { MaxIterations = LargeIterations, Tolerance = 0 };
        var hierarchical = new ConfusionEmOptions { MaxIterations = LargeIterations, Tolerance = 0 };
        ConfusionEm.Fit(GeneratedCrowd.Draw("warm-up", annotations / ScalingStep, Seed).Table, ds, control);
        foreach (var size in (ReadOnlySpan<int>)[annotations / ScalingStep, annotations])
        {
            var crowd = GeneratedCrowd.Draw(Name(size), size, Seed);
            run.Note($"{crowd.Name}: {size} annotations of {crowd.Table.ItemCount} items by {crowd.Table.LabelerCount} labelers are drawn");
            var fit = Fit(run, fits, crowd, "ds", ds, control);
            Fit(run, fits, crowd, "hierarchical", hierarchical, control);
            Update(run, updates, crowd, fit, ds, control);
        }

        run.Result.Table(fits);
        run.Result.Table(updates);
    }

    private static AggregationResult Fit(
        BenchRun run, BenchTable table, LabelledCrowd crowd, string algorithm, ConfusionEmOptions options, AggregationControl control)
    {
        control.Cancel.ThrowIfCancellationRequested();
        var start = run.Time.GetTimestamp();
        var result = ConfusionEm.Fit(crowd.Table, options, control);
        var seconds = run.Time.GetElapsedTime(start).TotalSeconds;
        var (accuracy, peak) = (100 * crowd.Accuracy(result.Posteriors), ProcessMemory.PeakMebibytes());
        var each = 1e9 * seconds / ((double)crowd.Table.Count * LargeIterations);
        var name = $"{crowd.Name}.{algorithm}";
        run.Result.Figure($"{name}.seconds", seconds);
        run.Result.Figure($"{name}.iterations", result.Iterations);
        run.Result.Figure($"{name}.peak_mib", peak);
        run.Result.Figure($"{name}.accuracy", accuracy);
        run.Result.Figure($"{name}.nanoseconds_an_annotation", each);
        table.Row(
            Text(crowd.Table.Count, "0"), Text(crowd.Table.ItemCount, "0"), Text(crowd.Table.LabelerCount, "0"), algorithm, Text(seconds, "0.00"),
            Text(each, "0.00"), Text(accuracy, "0.00"), Text(peak, "0"));
        run.Note($"{name}: {Text(seconds, "0.00")} s, {Text(peak, "0")} MiB, accuracy {Text(accuracy, "0.00")} %");
        return result;
    }

    private static void Update(
        BenchRun run, BenchTable table, LabelledCrowd crowd, AggregationResult fit, ConfusionEmOptions options, AggregationControl control)
    {
        var start = run.Time.GetTimestamp();
        var online = OnlineConfusions.From(
            new AggregationInput(crowd.Table),
            new Consensus
            {
                ClassCount = fit.ClassCount,
                Posteriors = fit.Posteriors,
                ClassPrior = fit.ClassPrior,
                Confusions = fit.Confusions,
                Iterations = fit.Iterations,
                Converged = true,
            },
            options);
        var takeOver = run.Time.GetElapsedTime(start).TotalSeconds;
        var random = new Random(Seed);
        start = run.Time.GetTimestamp();
        for (var i = 0; i < OnlineChanges; i++)
        {
            online.Set(random.Next(crowd.Table.ItemCount), random.Next(crowd.Table.LabelerCount), random.Next(crowd.Table.ClassCount));
        }

        online.Update(new AggregationControl { Cancel = control.Cancel, MaxIterations = PeerIterations });
        var seconds = run.Time.GetElapsedTime(start).TotalSeconds;
        run.Result.Figure($"{crowd.Name}.online.take_over_seconds", takeOver);
        run.Result.Figure($"{crowd.Name}.online.thousand_seconds", seconds);
        run.Result.Figure($"{crowd.Name}.online.visits_an_answer", (double)online.ItemVisits / OnlineChanges);
        table.Row(
            Text(crowd.Table.Count, "0"), Text(takeOver, "0.00"), Text(seconds, "0.000"), Text((double)online.ItemVisits / OnlineChanges, "0.0"));
        run.Note($"{crowd.Name}: {OnlineChanges} new answers in {Text(seconds, "0.000")} s");
    }

    private static string Name(int annotations) => annotations switch
    {
        TenMillion => "ten_million",
        TenMillion / ScalingStep => "one_million",
        _ => string.Create(CultureInfo.InvariantCulture, $"generated_{annotations}"),
    };

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
