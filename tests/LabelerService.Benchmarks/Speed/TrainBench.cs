using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;

namespace LabelerService.Benchmarks.Speed;

/// <summary>
/// <c>bench train</c>: seconds a pass of the doctor net, our sparse loss against the dense masked loss of the same net, in one process, by
/// turns. The first pass of each is left out: it warms caches and compiles code.
/// </summary>
internal static class TrainBench
{
    private const int LabelerCount = 1000;
    private const int FewestRounds = 3;
    private const int MostRounds = 100;

    public static Command Create(BenchHost host)
    {
        var rounds = new Option<int>("--rounds")
        {
            Description = "Times that each is measured; the median counts",
            HelpName = "NUMBER",
            DefaultValueFactory = _ => FewestRounds,
        };
        var command = new Command("train", "Training speed of the doctor net against a dense masked loss, and peak memory") { rounds };
        host.Handle(command, (run, cancellationToken) =>
        {
            if (run.Get(rounds) is < FewestRounds or > MostRounds)
            {
                throw new BenchUsageException($"--rounds {run.Get(rounds)} is not from {FewestRounds} to {MostRounds}");
            }

            Measure(run, run.Get(rounds), cancellationToken);
        });
        return command;
    }

    private static void Measure(BenchRun run, int rounds, CancellationToken cancellationToken)
    {
        var labelMe = new Contest("labelme", LabelMeData.Read(DataFolder.Of(run)).ForTraining(withValidationGold: false), 10, 10);
        var thousand = new Contest("thousand_labelers", ManyLabelers.Create(LabelerCount), 4, 1);
        var trainer = new ModelTrainer(run.Time, "bench");
        run.Result.Settings["rounds"] = rounds;
        run.Result.Details["units"] = "speedup = dense seconds a pass / ours, medians; milliseconds a pass; MiB resident in this process";

        // Memory first: what the dense loss needs would hide what ours does.
        var before = ProcessMemory.CurrentMebibytes();
        foreach (var contest in (ReadOnlySpan<Contest>)[labelMe, thousand])
        {
            contest.Ours(run, trainer, cancellationToken);
        }

        var peak = ProcessMemory.PeakMebibytes();
        run.Note($"peak memory of ours {peak:0} MiB, of which {before:0} MiB were there before training");

        var table = new BenchTable(
            $"doctor net, {rounds} rounds, medians", "data", "labelers", "annotations", "dense ms a pass", "ours ms a pass", "speed-up");
        foreach (var contest in (ReadOnlySpan<Contest>)[labelMe, thousand])
        {
            var (ours, dense) = (new List<double>(), new List<double>());
            for (var round = 1; round <= rounds; round++)
            {
                ours.Add(contest.Ours(run, trainer, cancellationToken));
                dense.Add(contest.Dense(run, round, cancellationToken));
                run.Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{contest.Name} round {round}: dense {1000 * dense[^1]:0.0} ms a pass, ours {1000 * ours[^1]:0.0} ms"));
            }

            var (mine, theirs) = (Statistics.Median(ours), Statistics.Median(dense));
            run.Result.Figure($"{contest.Name}_speedup", theirs / mine);
            run.Result.Figure($"{contest.Name}_dense_ms", 1000 * theirs);
            run.Result.Figure($"{contest.Name}_ours_ms", 1000 * mine);
            var annotations = contest.Snapshot.Annotations;
            table.Row(
                contest.Name, annotations.LabelerCount.ToString(CultureInfo.InvariantCulture),
                annotations.Count.ToString(CultureInfo.InvariantCulture), Text(1000 * theirs), Text(1000 * mine), Text(theirs / mine));
        }

        run.Result.Figure("peak_mib", peak);
        run.Result.Table(table);
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>One set of data on which both are timed.</summary>
    /// <param name="Name">Name in figures.</param>
    /// <param name="Snapshot">The data, without gold.</param>
    /// <param name="OurPasses">Passes of ours that are timed, beside the first.</param>
    /// <param name="DensePasses">Passes of the dense loss that are timed, beside the first.</param>
    private sealed record Contest(string Name, TrainingSnapshot Snapshot, int OurPasses, int DensePasses)
    {
        /// <summary>Seconds a pass of ours, by the times at which the trainer reports.</summary>
        public double Ours(BenchRun run, ModelTrainer trainer, CancellationToken cancellationToken)
        {
            var clock = new PassClock(run.Time);
            trainer.Train(Snapshot, Settings(OurPasses + 1), seed: 1, clock, cancellationToken);
            return clock.SecondsAPass();
        }

        /// <summary>Seconds a pass of the dense loss.</summary>
        public double Dense(BenchRun run, int seed, CancellationToken cancellationToken)
        {
            using var net = new DenseDoctorNet(Snapshot, Settings(DensePasses + 1), seed);
            net.Epoch(cancellationToken);
            var start = run.Time.GetTimestamp();
            for (var pass = 0; pass < DensePasses; pass++)
            {
                net.Epoch(cancellationToken);
            }

            return run.Time.GetElapsedTime(start).TotalSeconds / DensePasses;
        }

        // All annotations are trained on, as the dense loss does.
        private static TrainingSettings Settings(int epochs) => AlgorithmCatalogue.Validate("dn", new Dictionary<string, string>
        {
            ["epochs"] = epochs.ToString(CultureInfo.InvariantCulture),
            ["held_out_share"] = "0",
            ["bootstrap_resamples"] = "0",
        });
    }
}
