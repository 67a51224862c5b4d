using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Storage.Audit;

namespace LabelerService.Server.Security.Audit;

/// <summary>
/// Refused credentials and calls, on their way into the audit log. Whoever is refused does not wait for it and cannot fill it: the same refusal
/// is counted, and written once a minute at most; of different ones <see cref="MostKinds"/> a minute, the others together.
/// </summary>
internal sealed partial class RefusalLog(AuditLog log, TimeProvider time, ILogger<RefusalLog> logger) : BackgroundService
{
    /// <summary>Different refusals within an interval.</summary>
    public const int MostKinds = 64;

    /// <summary>Time between two times of writing.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(5);
    private static readonly Kind Others = new("", null, "others", "REFUSED");

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _noted = new(0, 1);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private Dictionary<Kind, int> _counts = [];

    // Refusals that are being written.
    private int _underWay;

    private readonly record struct Kind(string Actor, Role? Role, string Method, string Reason);

    /// <summary>Notes a refusal.</summary>
    /// <param name="caller">Who; null for a stranger.</param>
    /// <param name="method">What was called.</param>
    /// <param name="reason">Why not.</param>
    public void Note(Caller? caller, string method, string reason)
    {
        var kind = new Kind(caller?.Name ?? "", caller?.Role, method, reason);
        lock (_gate)
        {
            if (!_counts.ContainsKey(kind) && _counts.Count >= MostKinds)
            {
                kind = Others;
            }

            _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
            if (_noted.CurrentCount == 0)
            {
                _noted.Release();
            }
        }
    }

    /// <summary>Writes what was noted and is not written yet; when it returns, all of it is written.</summary>
    public async Task WriteNowAsync(CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            await WriteAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // The host's patience may be over, as calls were waited for: what is noted is written all the same, or it is said that it is not.
        using var last = new CancellationTokenSource(LastWrite);
        try
        {
            // The writing itself goes on to its end, but nobody waits longer: a database may be silent for many minutes.
            await WriteNowAsync(last.Token).WaitAsync(last.Token);
        }
        catch (OperationCanceledException)
        {
            // Told below.
        }

        if (Waiting is > 0 and var left)
        {
            LogLost(left, "the server has stopped before they could be written");
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _noted.Dispose();
        _writing.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _noted.WaitAsync(stoppingToken);
                await WriteNowAsync(stoppingToken);
                await Task.Delay(Interval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops, which writes what is left.
        }
    }

    private async Task WriteAsync()
    {
        Dictionary<Kind, int> counts;
        lock (_gate)
        {
            if (_counts.Count == 0)
            {
                return;
            }

            (counts, _counts) = (_counts, []);
            _underWay = counts.Values.Sum();
        }

        try
        {
            // To its end: a server that is told to stop meanwhile would lose these.
            await log.AppendRefusalsAsync(
                [.. counts.Select(entry => new AuditWrite(entry.Key.Actor, entry.Key.Role, entry.Key.Method, entry.Key.Reason) { Count = entry.Value })],
                CancellationToken.None);
            lock (_gate)
            {
                _underWay = 0;
            }
        }
        catch (ServiceException error)
        {
            PutBack(counts);
            LogPutOff(Waiting, error.Message);
        }
    }

    private int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _underWay + _counts.Values.Sum();
            }
        }
    }

    // As if they had been noted just now: no more kinds than fit.
    private void PutBack(Dictionary<Kind, int> counts)
    {
        lock (_gate)
        {
            _underWay = 0;
            foreach (var (kind, count) in counts)
            {
                var fitting = _counts.ContainsKey(kind) || _counts.Count < MostKinds ? kind : Others;
                _counts[fitting] = _counts.GetValueOrDefault(fitting) + count;
            }

            if (_noted.CurrentCount == 0)
            {
                _noted.Release();
            }
        }
    }

    [LoggerMessage(EventId = 434, Level = LogLevel.Warning, Message = "{Count} refusals are not in the audit log yet: {Problem}")]
    private partial void LogPutOff(int count, string problem);

    [LoggerMessage(EventId = 432, Level = LogLevel.Error, Message = "{Count} refusals are not in the audit log: {Problem}")]
    private partial void LogLost(int count, string problem);
}
