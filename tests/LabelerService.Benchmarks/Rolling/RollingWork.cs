using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Rolling;

/// <summary>Before, while and after the command runs.</summary>
internal enum Phase
{
    Before,
    During,
    After,
}

/// <summary>Which phase it is.</summary>
internal sealed class PhaseClock
{
    private volatile Phase _now;

    public Phase Now
    {
        get => _now;
        set => _now = value;
    }
}

/// <summary>A call that failed.</summary>
/// <param name="Phase">When it began.</param>
/// <param name="Text">What was called and what came of it.</param>
internal sealed record CallFailure(Phase Phase, string Text);

/// <summary>A client with a connection of its own that calls one after the other; no call is repeated.</summary>
internal sealed class RollingCaller(
    ConnectionSettings settings, string dataset, string model, int items, int number, PhaseClock phases, TimeProvider time)
{
    private const int RowsOfCall = 20;
    private readonly Dictionary<Phase, List<double>> _times = Enum.GetValues<Phase>().ToDictionary(phase => phase, _ => new List<double>());
    private int _calls;
    private int _rows;

    public int Calls => Volatile.Read(ref _calls);

    public List<CallFailure> Failures { get; } = [];

    /// <summary>Annotations whose calls were answered.</summary>
    public List<Annotation> Acknowledged { get; } = [];

    /// <summary>Milliseconds of the calls of a phase.</summary>
    public IReadOnlyList<double> Times(Phase phase) => _times[phase];

    public async Task RunAsync(CancellationToken stop)
    {
        using var connection = new ServiceConnection(settings, time);
        for (var i = number; !stop.IsCancellationRequested; i++)
        {
            var phase = phases.Now;
            var start = time.GetTimestamp();
            try
            {
                await CallAsync(connection, i % 4);
                _times[phase].Add(time.GetElapsedTime(start).TotalMilliseconds);
            }
            catch (RpcException error)
            {
                Failures.Add(new CallFailure(phase, $"kind {i % 4} after {time.GetElapsedTime(start).TotalMilliseconds:0} ms: {error.Status}"));
            }

            Interlocked.Increment(ref _calls);
        }
    }

    private async Task CallAsync(ServiceConnection connection, int kind)
    {
        var name = $"datasets/{dataset}";
        switch (kind)
        {
            case 0:
                await connection.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = name });
                break;
            case 1:
                await connection.Items.ListItemsAsync(new ListItemsRequest { Parent = name, PageSize = 50 });
                break;
            case 2:
                await connection.Predictions.PredictAsync(
                    new PredictRequest { Dataset = name, Model = new ModelSelector { Model = model }, ItemId = RollingDataset.Item(number) });
                break;
            default:
                // No request id: a write that nothing repeats.
                var request = new BatchCreateAnnotationsRequest { Parent = name, UnknownLabelers = UnknownLabelers.Register };
                for (var row = 0; row < RowsOfCall; row++)
                {
                    request.Annotations.Add(RollingDataset.Said($"call{number}", _rows++, items));
                }

                await connection.Annotations.BatchCreateAnnotationsAsync(request);
                Acknowledged.AddRange(request.Annotations);
                break;
        }
    }
}

/// <summary>A stream of annotations that the client package keeps up: what is acknowledged is remembered, and how often it broke.</summary>
internal sealed class RollingStream(ConnectionSettings settings, string dataset, int items, int number)
{
    private const int MessageRows = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly ConcurrentQueue<Annotation> _sent = new();

    public IReadOnlyCollection<Annotation> Acknowledged => _sent;

    public int Breaks { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        using var client = new LabelerClient(settings);
        var options = new AnnotationUploadOptions { MessageRows = MessageRows };

        // It returns when everything is acknowledged.
        await client.Annotations.UploadAsync(dataset, SourceAsync(stop), options, new Latest(this), CancellationToken.None);
    }

    private async IAsyncEnumerable<Annotation> SourceAsync(CancellationToken stop, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        for (var row = 0; !stop.IsCancellationRequested; row++)
        {
            var said = RollingDataset.Said($"stream{number}", row, items);
            _sent.Enqueue(said);
            yield return said;
            if (row % MessageRows == MessageRows - 1)
            {
                await Task.Delay(Pause, cancel);
            }
        }
    }

    private sealed class Latest(RollingStream stream) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => stream.Breaks = (int)value.Breaks;
    }
}

/// <summary>Has models trained one after the other, and watches each run to its end: events must come in order and without a gap.</summary>
internal sealed class RollingRuns(ConnectionSettings settings, string dataset)
{
    public int Ended { get; private set; }

    public List<string> Problems { get; } = [];

    public async Task RunAsync(CancellationToken stop)
    {
        using var client = new LabelerClient(settings);
        while (!stop.IsCancellationRequested)
        {
            var run = await client.Training.StartAsync(dataset, "bn", settings: RollingDataset.Quick, cancellationToken: CancellationToken.None);
            long next = 1;
            await foreach (var happened in client.Training.WatchAsync(run.Name, cancellationToken: CancellationToken.None))
            {
                if (happened.Sequence != next++)
                {
                    Problems.Add($"{run.Name}: event {happened.Sequence} where {next - 1} was expected");
                }
            }

            run = await client.Training.WaitAsync(run.Name, cancellationToken: CancellationToken.None);
            if (run.State != TrainingRun.Types.State.Succeeded)
            {
                Problems.Add($"{run.Name} is {run.State}: {run.FailureMessage}");
            }

            Ended++;
        }
    }
}
