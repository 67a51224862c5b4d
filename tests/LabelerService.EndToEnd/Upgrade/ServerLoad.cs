using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Faults;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.Upgrade;

/// <summary>What clients do with one server, all at once, until it is stopped. No call is repeated: one that fails has failed.</summary>
internal sealed class ServerLoad : IAsyncDisposable
{
    private const string Training = "runs";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly RunningService _service;
    private readonly SimulatedDataset _crowd;
    private readonly string _model;
    private readonly float[] _expected;
    private readonly Task[] _tasks;
    private long _slowestTicks;

    private ServerLoad(
        RunningService service, SimulatedDataset crowd, string model, float[] expected, IReadOnlyList<TortureClient> writers, bool trains)
    {
        _service = service;
        _crowd = crowd;
        _model = model;
        _expected = expected;
        _tasks =
        [
            LoopAsync("reads", ReadAsync), LoopAsync("predictions", PredictAsync), LoopAsync("probes", ProbeAsync),
            .. writers.Select(WriteAsync),
            .. trains ? [LoopAsync(Training, TrainAsync)] : Array.Empty<Task>(),
        ];
    }

    /// <summary>Calls that were answered, without those that ingest.</summary>
    public int Answered => _done.Values.Sum();

    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>The longest that anything but training took, in milliseconds.</summary>
    public double SlowestMs => TimeSpan.FromTicks(Interlocked.Read(ref _slowestTicks)).TotalMilliseconds;

    /// <summary>How many calls of a kind were answered.</summary>
    public int Count(string kind) => _done.GetValueOrDefault(kind);

    /// <summary>Starts.</summary>
    /// <param name="service">The server.</param>
    /// <param name="crowd">Data that nobody changes, with items to predict.</param>
    /// <param name="model">A version that is there.</param>
    /// <param name="expected">What it says of the crowd's test item.</param>
    /// <param name="writers">Clients that ingest.</param>
    /// <param name="trains">Whether to have models trained.</param>
    public static ServerLoad Start(
        RunningService service, SimulatedDataset crowd, string model, float[] expected, IReadOnlyList<TortureClient> writers, bool trains) =>
        new(service, crowd, model, expected, writers, trains);

    /// <summary>Waits until each kind of call was answered this often since now.</summary>
    public async Task GoOnAsync(int calls, params string[] kinds)
    {
        var before = kinds.ToDictionary(kind => kind, Count);
        for (var watch = Stopwatch.StartNew(); kinds.Any(kind => Count(kind) < before[kind] + calls);)
        {
            Assert.Empty(_failures);
            Assert.True(
                watch.Elapsed < Patience,
                $"in {Patience}: {string.Join(", ", kinds.Select(kind => $"{kind} {Count(kind) - before[kind]}"))} of {calls}\n{_service.Log}");
            await Task.Delay(50);
        }
    }

    /// <summary>Stops the clients; what is under way ends first.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_tasks).WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task LoopAsync(string kind, Func<int, Task> call)
    {
        await Task.Yield();
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var start = Stopwatch.GetTimestamp();
            try
            {
                await call(i);
                _done.AddOrUpdate(kind, 1, (_, count) => count + 1);
            }
            catch (Exception error) when (error is RpcException or HttpRequestException or Xunit.Sdk.XunitException)
            {
                _failures.Enqueue($"{kind} {i}: {error.Message}");
                return;
            }

            if (kind != Training)
            {
                var took = Stopwatch.GetElapsedTime(start).Ticks;
                for (var known = Interlocked.Read(ref _slowestTicks); took > known;)
                {
                    known = Interlocked.CompareExchange(ref _slowestTicks, took, known) is var seen && seen == known ? took : seen;
                }
            }
        }
    }

    private async Task WriteAsync(TortureClient writer)
    {
        // A client that has nothing new to say as long as what it said is not acknowledged ends its stream; then it begins another.
        do
        {
            await writer.RunAsync(_service.Channel.CreateCallInvoker(), _stop.Token);
        }
        while (!_stop.IsCancellationRequested && writer.LastBreak is null);
        if (writer.LastBreak is not null)
        {
            _failures.Enqueue($"{writer.Labeler} was sent away: {writer.LastBreak?.Message}");
        }
    }

    private async Task ReadAsync(int i)
    {
        switch (i % 5)
        {
            case 0:
                Assert.Equal(500, (await _service.CountAsync(_crowd.Dataset)).Items);
                break;
            case 1:
                Assert.Equal(100, (await _service.Items.ListItemsAsync(new ListItemsRequest { Parent = _crowd.Dataset, PageSize = 100 })).Items.Count);
                break;
            case 2:
                using (var export = _service.Annotations.ExportAnnotations(new ExportAnnotationsRequest { Parent = _crowd.Dataset }))
                {
                    var rows = 0;
                    await foreach (var page in export.ResponseStream.ReadAllAsync())
                    {
                        rows += page.Annotations.Count;
                    }

                    Assert.Equal(900, rows);
                }

                break;
            case 3:
                Assert.Equal(SimulatedDataset.Labelers, (await _service.Labelers.ListLabelersAsync(new ListLabelersRequest { Parent = _crowd.Dataset })).Labelers.Count);
                break;
            default:
                Assert.Equal(_model, (await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = _model })).Name);
                break;
        }
    }

    private async Task PredictAsync(int i)
    {
        var answer = await _service.Predictions.PredictAsync(
            new PredictRequest { Dataset = _crowd.Dataset, Model = new ModelSelector { Model = _model }, ItemId = _crowd.TestItem });
        Assert.Equal(_expected, answer.Prediction.Probabilities, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    private async Task ProbeAsync(int i)
    {
        using var client = new HttpClient();
        Assert.Equal("Healthy", await client.GetStringAsync(new Uri(_service.HttpAddress + "/readyz")));
        await Task.Delay(20);
    }

    private Task TrainAsync(int i) => Runs.TrainAsync(_service, _crowd.Dataset, "bn", seed: i, ("epochs", "2"));
}
