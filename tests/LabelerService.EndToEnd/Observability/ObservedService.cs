using System.Diagnostics;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.Observability;

/// <summary>
/// The service with an admin port, a collector, and a log of JSON lines; a model was trained, by a call that belongs to a trace, and has
/// predicted.
/// </summary>
public sealed class ObservedService : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Id of the trace that the run's call belongs to.</summary>
    public string TraceId { get; private set; } = "";

    /// <summary>Names in the load that must be in no metric.</summary>
    public IReadOnlyList<string> Names { get; private set; } = [];

    public int AdminPort { get; private set; }

    internal RunningService Service { get; private set; } = null!;

    internal OtlpCollector Collector { get; private set; } = null!;

    /// <summary>Ports of the server's metrics and of its trainer's.</summary>
    public IReadOnlyList<int> MetricsPorts => [AdminPort, AdminPort + 1];

    public async Task InitializeAsync()
    {
        Collector = await OtlpCollector.StartAsync();
        AdminPort = FreePort.Pair();
        var directory = RunningService.NewDirectory();
        Service = RunningService.Create(
            directory, ownsDirectory: true, "--admin-port", AdminPort.ToString(), "--log-format", "json", "--admin-key-file", Path.Combine(directory, "admin-key"));
        Service.Variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = Collector.Address;
        Service.Variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        Service.Variables["OTEL_BSP_SCHEDULE_DELAY"] = "200";
        Service.Variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
        await Service.StartAgainAsync();
        await WorkAsync();
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Collector.DisposeAsync();
    }

    /// <summary>What a port says under /metrics.</summary>
    public static async Task<string> ScrapeAsync(int port)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
    }

    /// <summary>Waits until something is so.</summary>
    internal static async Task<T> UntilAsync<T>(Func<Task<T?>> look, string what)
        where T : class
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            if (await look() is { } found)
            {
                return found;
            }

            Assert.True(watch.Elapsed < Patience, what);
            await Task.Delay(100);
        }
    }

    private async Task WorkAsync()
    {
        var crowd = await SimulatedDataset.CreateAsync(Service);
        TrainingRun run;
        using (var client = new Activity("a client's work"))
        {
            client.SetIdFormat(ActivityIdFormat.W3C);
            client.ActivityTraceFlags = ActivityTraceFlags.Recorded;
            client.Start();
            TraceId = client.TraceId.ToHexString();
            run = await Service.Training.CreateTrainingRunAsync(
                new CreateTrainingRunRequest { Parent = crowd.Dataset, TrainingRun = new TrainingRun { Algorithm = "dn" } });
        }

        var ended = await UntilAsync(
            async () => await Service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = run.Name })
                is { State: not (TrainingRun.Types.State.Queued or TrainingRun.Types.State.Running) } now ? now : null,
            "the run does not end");
        Assert.Equal(TrainingRun.Types.State.Succeeded, ended.State);
        for (var i = 0; i < 5; i++)
        {
            await Service.Predictions.PredictAsync(new PredictRequest
            {
                Dataset = crowd.Dataset,
                Model = new ModelSelector { Model = ended.ModelVersion },
                ItemId = crowd.TestItem,
            });
        }

        Names = [crowd.Dataset.Split('/')[1], "labeler0", "labeler1", crowd.TestItem, run.Name.Split('/')[^1]];
    }
}
