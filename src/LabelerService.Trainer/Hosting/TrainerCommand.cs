using System.CommandLine;
using System.Globalization;
using LabelerService.Storage;
using LabelerService.Telemetry;

namespace LabelerService.Trainer.Hosting;

/// <summary>The trainer's command line.</summary>
internal static class TrainerCommand
{
    /// <summary>Exit code of a command line that makes no sense.</summary>
    public const int WrongUsage = 2;

    private const int MaximumThreads = 1024;
    private const int MostGibibytes = 1 << 20;
    private const int MostSeconds = 86_400;
    private const int ShortestLease = 3;

    /// <summary>Builds the root command.</summary>
    /// <param name="run">Runs the trainer; gives the exit code.</param>
    public static RootCommand Create(Func<TrainerOptions, CancellationToken, Task<int>> run)
    {
        var postgres = new Option<string?>("--postgres")
        {
            Description = "Connection string of the service's PostgreSQL (also LABELER_POSTGRES).",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("LABELER_POSTGRES"),
        };
        var name = new Option<string>("--name")
        {
            Description = "Name that the queue shows (also LABELER_TRAINER_NAME).",
            DefaultValueFactory = _ =>
                Environment.GetEnvironmentVariable("LABELER_TRAINER_NAME") is { Length: > 0 } given ? given : $"{Environment.MachineName}-{Environment.ProcessId}",
        };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads to train with; 0 means one a core. More than one pays for large nets only.",
            DefaultValueFactory = _ => 1,
        };
        var healthFile = new Option<string?>("--health-file")
        {
            Description = "File to touch as long as the database answers (also LABELER_HEALTH_FILE).",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("LABELER_HEALTH_FILE"),
        };
        var featureCache = new Option<string>("--feature-cache")
        {
            Description = "Folder for features of large datasets, which are mapped into memory from there (also LABELER_FEATURE_CACHE).",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("LABELER_FEATURE_CACHE") is { Length: > 0 } given ? given : DefaultCache(),
        };
        var mapAbove = new Option<double>("--map-above")
        {
            Description = "GiB of features from which they are mapped instead of held in memory (also LABELER_MAP_ABOVE).",
            DefaultValueFactory = _ => double.TryParse(
                Environment.GetEnvironmentVariable("LABELER_MAP_ABOVE"), NumberStyles.Float, CultureInfo.InvariantCulture, out var given) ? given : 1,
        };
        var checkpointEvery = new Option<double>("--checkpoint-every")
        {
            Description = "Seconds between checkpoints of a run, which another trainer goes on from if this one dies (also LABELER_CHECKPOINT_EVERY).",
            DefaultValueFactory = _ => double.TryParse(
                Environment.GetEnvironmentVariable("LABELER_CHECKPOINT_EVERY"), NumberStyles.Float, CultureInfo.InvariantCulture, out var given) ? given : 10,
        };
        var lease = new Option<double>("--lease")
        {
            Description = "Seconds after which others take over the runs of a trainer that no longer gives a sign of life.",
            DefaultValueFactory = _ => 15,
        };
        var concurrency = new Option<int>("--concurrency")
        {
            Description =
                "Runs to train at once (also LABELER_TRAINER_CONCURRENCY). Each takes a thread, and memory of its own: its features, unless they are "
                + "mapped (--map-above), and about ten times its parameters.",
            DefaultValueFactory = _ => int.TryParse(
                Environment.GetEnvironmentVariable("LABELER_TRAINER_CONCURRENCY"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 1,
        };
        var exitWithStdin = new Option<bool>("--exit-with-stdin") { Description = "Stop when standard input ends." };
        var root = new RootCommand("Trains models for LabelerService: takes runs from the queue in PostgreSQL.")
        {
            postgres, name, threads, healthFile, featureCache, mapAbove, checkpointEvery, lease, concurrency, exitWithStdin,
        };
        var telemetry = new TelemetryArguments();
        telemetry.AddTo(root);
        root.SetAction(async (result, cancel) =>
        {
            var (told, unclear) = telemetry.Read(result);
            if (unclear is not null)
            {
                return await RefuseAsync(unclear);
            }

            if (string.IsNullOrWhiteSpace(result.GetValue(postgres)))
            {
                return await RefuseAsync("There is no database to take runs from. Name it with --postgres or LABELER_POSTGRES.");
            }

            if (result.GetValue(threads) is < 0 or > MaximumThreads)
            {
                return await RefuseAsync($"--threads takes a number from 0 to {MaximumThreads}.");
            }

            if (result.GetValue(mapAbove) is not (>= 0 and <= MostGibibytes))
            {
                return await RefuseAsync($"--map-above takes a number of GiB from 0 to {MostGibibytes}.");
            }

            if (result.GetValue(checkpointEvery) is not (>= 0 and <= MostSeconds))
            {
                return await RefuseAsync($"--checkpoint-every takes a number of seconds from 0 to {MostSeconds}.");
            }

            if (result.GetValue(lease) is not (>= ShortestLease and <= MostSeconds))
            {
                return await RefuseAsync($"--lease takes a number of seconds from {ShortestLease} to {MostSeconds}.");
            }

            if (result.GetValue(concurrency) is < 1 or > MaximumThreads)
            {
                return await RefuseAsync($"--concurrency takes a number from 1 to {MaximumThreads}.");
            }

            return await run(
                new TrainerOptions
                {
                    Postgres = result.GetValue(postgres)!,
                    Name = result.GetValue(name)!,
                    Threads = result.GetValue(threads),
                    HealthFile = string.IsNullOrWhiteSpace(result.GetValue(healthFile)) ? null : result.GetValue(healthFile),
                    ExitWithStandardInput = result.GetValue(exitWithStdin),
                    CheckpointEvery = TimeSpan.FromSeconds(result.GetValue(checkpointEvery)),
                    Concurrency = result.GetValue(concurrency),
                    Lease = TimeSpan.FromSeconds(result.GetValue(lease)),
                    Telemetry = told,
                    Poll = TimeSpan.FromSeconds(Math.Min(5, result.GetValue(lease) / 3)),
                    FeatureCache = new FeatureCacheOptions(Path.GetFullPath(result.GetValue(featureCache)!))
                    {
                        Threshold = (long)(result.GetValue(mapAbove) * (1L << 30)),
                    },
                },
                cancel);
        });
        return root;
    }

    private static string DefaultCache() => Environment.IsPrivilegedProcess
        ? "/var/cache/labeler/features"
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "labeler-features");

    private static async Task<int> RefuseAsync(string message)
    {
        await Console.Error.WriteLineAsync(message);
        return WrongUsage;
    }
}
