using System.Diagnostics.Metrics;
using LabelerService.Core.Telemetry;
using LabelerService.Storage.Telemetry;

namespace LabelerService.Server.Telemetry;

/// <summary>
/// Shows what no process knows by itself: what waits in the queues of all datasets, which trainers are alive, how old what answers is. Looks
/// into the database every few seconds, however often anybody scrapes, and shows nothing where it could not look for a while. Every server
/// shows the same: take the maximum, not the sum.
/// </summary>
internal sealed partial class FleetGauges : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(30);

    // A statement over all champions: once in so many looks.
    private const int LooksPerChampions = 12;
    private const string State = "state";

    private readonly FleetReader _reader;
    private readonly TimeProvider _time;
    private readonly ILogger<FleetGauges> _logger;
    private volatile Look? _look;
    private long _failures;

    public FleetGauges(ServiceMeter service, FleetReader reader, TimeProvider time, ILogger<FleetGauges> logger)
    {
        (_reader, _time, _logger) = (reader, time, logger);
        var meter = service.Meter;
        meter.CreateObservableCounter(
            "labeler.fleet.look.failures", () => Interlocked.Read(ref _failures), "{look}", "Looks at the queues that the database did not answer.");
        meter.CreateObservableGauge<long>("labeler.runs", Runs, "{run}", "Training runs that have not ended, over all datasets.");
        meter.CreateObservableGauge<double>("labeler.runs.oldest.wait", () => Show(look => look.State.OldestQueuedRun), "s", "How long the run that waits longest has waited.");
        meter.CreateObservableGauge<long>("labeler.trainers", () => Show(look => look.State.Trainers), "{trainer}", "Trainers that give signs of life.");
        meter.CreateObservableGauge<long>("labeler.trainers.slots", () => Show(look => look.State.TrainerSlots), "{run}", "Runs that these trainers take at once.");
        meter.CreateObservableGauge<long>("labeler.prediction.jobs", Jobs, "{job}", "Prediction jobs that have not ended, over all datasets.");
        meter.CreateObservableGauge<long>("labeler.champions", () => Show(look => look.Champions.Count), "{model}", "Models that have a champion.");
        meter.CreateObservableGauge<double>("labeler.champions.age", Ages, "s", "Age of the newest and of the oldest champion; 0 without one.");
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (var looks = 0; ; looks++)
            {
                await LookAsync(looks % LooksPerChampions == 0, stoppingToken);
                await Task.Delay(Interval, _time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task LookAsync(bool champions, CancellationToken cancel)
    {
        try
        {
            var ages = champions || _look is null ? await _reader.ReadChampionsAsync(cancel) : _look.Champions;
            _look = new Look(_time.GetTimestamp(), await _reader.ReadAsync(cancel), ages);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            // Whatever it is, figures must not end the server.
            Interlocked.Increment(ref _failures);
            LogAway(error.Message);
        }
    }

    private Look? Fresh() => _look is { } look && _time.GetElapsedTime(look.Time) < Stale ? look : null;

    private IEnumerable<Measurement<T>> Show<T>(Func<Look, T> value)
        where T : struct
    {
        if (Fresh() is { } look)
        {
            yield return new Measurement<T>(value(look));
        }
    }

    private IEnumerable<Measurement<long>> Runs()
    {
        if (Fresh() is { } look)
        {
            yield return Of(look.State.QueuedRuns, State, "queued");
            yield return Of(look.State.RunningRuns - look.State.LapsedRuns, State, "running");
            yield return Of(look.State.LapsedRuns, State, "lapsed");
        }
    }

    private IEnumerable<Measurement<long>> Jobs()
    {
        if (Fresh() is { } look)
        {
            yield return Of(look.State.QueuedJobs, State, "queued");
            yield return Of(look.State.RunningJobs, State, "running");
        }
    }

    private IEnumerable<Measurement<double>> Ages()
    {
        if (Fresh() is { } look)
        {
            yield return Of(look.Champions.Newest, "of", "newest");
            yield return Of(look.Champions.Oldest, "of", "oldest");
        }
    }

    private static Measurement<T> Of<T>(T value, string label, string text)
        where T : struct => new(value, new KeyValuePair<string, object?>(label, text));

    private sealed record Look(long Time, FleetState State, ChampionAges Champions);

    [LoggerMessage(EventId = 420, Level = LogLevel.Warning, Message = "The queues' figures could not be read: {Problem}")]
    private partial void LogAway(string problem);
}
