using Grpc.Core;
using LabelerService.Client.Tests.Harness;
using LabelerService.Contracts.V1;

namespace LabelerService.Client.Tests.Training;

public class TrainingWatcherTests
{
    private const string Name = "datasets/d/trainingRuns/r";

    [Fact]
    public async Task After_a_break_the_watch_goes_on_behind_the_last_event_seen()
    {
        var service = new BreakingService();
        await using var host = await GrpcHost.StartAsync(service);
        using var connection = new ServiceConnection(new ConnectionSettings(host.Address), TimeProvider.System);
        var seen = new List<long>();
        var interruptions = 0;

        var run = await new TrainingWatcher(connection, TimeProvider.System).WaitAsync(
            Name, happened => seen.Add(happened.Sequence), _ => interruptions++, default);

        Assert.Equal([1L, 2L, 3L, 4L], seen);
        Assert.Equal([0L, 2L, 3L], service.AskedAfter);
        Assert.Equal(1, interruptions);
        Assert.Equal("datasets/d/models/m/versions/1", run.ModelVersion);
    }

    [Fact]
    public async Task The_key_and_a_deadline_go_with_every_call()
    {
        var service = new BreakingService();
        await using var host = await GrpcHost.StartAsync(service);
        using var connection = new ServiceConnection(new ConnectionSettings(host.Address, "secret", TimeSpan.FromSeconds(50)), TimeProvider.System);

        await connection.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = Name });

        Assert.Equal("Bearer secret", service.LastAuthorization);
        Assert.InRange(service.LastDeadline, DateTime.UtcNow, DateTime.UtcNow.AddSeconds(51));
    }

    [Fact]
    public async Task A_run_that_does_not_exist_is_an_error_at_once()
    {
        await using var host = await GrpcHost.StartAsync(new BreakingService());
        using var connection = new ServiceConnection(new ConnectionSettings(host.Address), TimeProvider.System);

        var exception = await Assert.ThrowsAsync<RpcException>(() => new TrainingWatcher(connection, TimeProvider.System)
            .WaitAsync("datasets/d/trainingRuns/none", _ => { }, _ => { }, default));

        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
    }

    [Fact]
    public async Task A_run_that_is_quiet_for_hours_is_watched_on_through_short_outages()
    {
        var time = new LeapingTime();
        var service = new QuietService(time);
        await using var host = await GrpcHost.StartAsync(service);
        using var connection = new ServiceConnection(new ConnectionSettings(host.Address), TimeProvider.System);

        var run = await new TrainingWatcher(connection, time).WaitAsync(Name, _ => { }, _ => { }, default);

        Assert.Equal(TrainingRun.Types.State.Succeeded, run.State);
        Assert.Equal(4, service.Watches);
    }

    /// <summary>Is away for a moment, twice, with an hour in between in which nothing happens.</summary>
    private sealed class QuietService(LeapingTime time) : TrainingService.TrainingServiceBase
    {
        public int Watches { get; private set; }

        public override Task WatchTrainingRun(
            WatchTrainingRunRequest request, IServerStreamWriter<TrainingRunEvent> responseStream, ServerCallContext context) => ++Watches % 2 == 1
            ? throw new RpcException(new Status(StatusCode.Unavailable, "going down"))
            : Task.CompletedTask;

        public override Task<TrainingRun> GetTrainingRun(GetTrainingRunRequest request, ServerCallContext context)
        {
            time.Leap(TimeSpan.FromHours(1));
            return Task.FromResult(new TrainingRun
            {
                Name = request.Name,
                State = Watches < 4 ? TrainingRun.Types.State.Running : TrainingRun.Types.State.Succeeded,
            });
        }
    }

    /// <summary>The system's time, and what it was set ahead.</summary>
    private sealed class LeapingTime : TimeProvider
    {
        private long _ahead;

        public void Leap(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);
    }

    /// <summary>Breaks the first stream, ends the second early, and finishes the third.</summary>
    private sealed class BreakingService : TrainingService.TrainingServiceBase
    {
        private int _watches;

        public List<long> AskedAfter { get; } = [];

        public string? LastAuthorization { get; private set; }

        public DateTime LastDeadline { get; private set; }

        public override async Task WatchTrainingRun(
            WatchTrainingRunRequest request, IServerStreamWriter<TrainingRunEvent> responseStream, ServerCallContext context)
        {
            if (request.Name != Name)
            {
                throw new RpcException(new Status(StatusCode.NotFound, "no such run"));
            }

            AskedAfter.Add(request.AfterSequence);
            switch (++_watches)
            {
                case 1:
                    await responseStream.WriteAsync(Event(1));
                    await responseStream.WriteAsync(Event(2));
                    throw new RpcException(new Status(StatusCode.Unavailable, "going down"));
                case 2:
                    await responseStream.WriteAsync(Event(3));
                    return;
                default:
                    await responseStream.WriteAsync(Event(4, TrainingRun.Types.State.Succeeded));
                    return;
            }
        }

        public override Task<TrainingRun> GetTrainingRun(GetTrainingRunRequest request, ServerCallContext context)
        {
            LastAuthorization = context.RequestHeaders.GetValue("authorization");
            LastDeadline = context.Deadline;
            return Task.FromResult(new TrainingRun
            {
                Name = request.Name,
                State = _watches < 3 ? TrainingRun.Types.State.Running : TrainingRun.Types.State.Succeeded,
                ModelVersion = _watches < 3 ? "" : "datasets/d/models/m/versions/1",
            });
        }

        private static TrainingRunEvent Event(long sequence, TrainingRun.Types.State state = TrainingRun.Types.State.Running) =>
            new() { Sequence = sequence, State = state };
    }
}
