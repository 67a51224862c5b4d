using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Storage.Security;

namespace LabelerService.Server.Security;

/// <summary>
/// All API keys, in memory: no call asks the database for its key. What is here is never older than <see cref="ServerOptions.KeyFreshness"/>, and a
/// notification makes it new at once. An unknown key waits for a state read after it came, which is read at most once every
/// <see cref="MissPause"/> however many unknown keys come: a key that another replica has just made is found, and guessing costs the
/// database nothing.
/// </summary>
internal sealed class KeyRing(ApiKeyStore store, ServerOptions options, TimeProvider time) : IDisposable
{
    // Only for those who have shown its secret: others learn nothing of a key, not even that there is one.
    private static readonly ServiceException Expired = new(
        ErrorKind.Unauthenticated, "CREDENTIAL_EXPIRED", "The API key has expired. An admin makes another one with: labeler key create");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MissPause = TimeSpan.FromMilliseconds(250);
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _uses = new(StringComparer.Ordinal);
    private volatile State? _state;

    private sealed record State(long Read, ApiKeySet Set, FrozenDictionary<string, Entry> Keys);

    private sealed record Entry(byte[] Hash, Caller Caller);

    /// <summary>The caller whose key this is; null for a text that is no key, a wrong secret, and a key that is deleted.</summary>
    /// <exception cref="ServiceException">UNAUTHENTICATED: it has expired. UNAVAILABLE: the database does not answer, so that nobody knows whether the key still counts.</exception>
    public async ValueTask<Caller?> FindAsync(string text, CancellationToken cancel)
    {
        if (!ApiKeyText.TryParse(text, out var id, out var hash))
        {
            return null;
        }

        var entry = await LookAsync(id, cancel);

        // The same work for unknown ids as for known ones.
        var same = CryptographicOperations.FixedTimeEquals(entry?.Hash ?? NoHash, hash);
        if (!same || entry is null)
        {
            return null;
        }

        if (HasEnded(entry.Caller))
        {
            throw Expired;
        }

        NoteUse(id);
        return entry.Caller;
    }

    /// <summary>
    /// The caller of the key with this id, and the hash of its secret; null for a key that is deleted or has expired. For those who have
    /// shown the secret before: see <see cref="Sessions.SessionCookies"/>.
    /// </summary>
    /// <exception cref="ServiceException">UNAVAILABLE, as above.</exception>
    public async ValueTask<(Caller Caller, byte[] SecretHash)?> FindByIdAsync(string id, CancellationToken cancel)
    {
        if (await LookAsync(id, cancel) is not { } entry || HasEnded(entry.Caller))
        {
            return null;
        }

        NoteUse(id);
        return (entry.Caller, entry.Hash);
    }

    /// <summary>Whether a caller that was let in may go on, by what is in memory; for each message of a stream.</summary>
    public bool IsLive(Caller caller) => !HasEnded(caller) && (caller.KeyId is null || _state?.Keys.ContainsKey(caller.KeyId) == true);

    /// <summary>Reads the keys again.</summary>
    public Task RefreshNowAsync(CancellationToken cancel) => RefreshAsync(TimeSpan.FromTicks(-1), cancel);

    /// <summary>Stores when keys were last used. What cannot be stored now is kept for the next time.</summary>
    public async Task StoreUsesAsync(CancellationToken cancel)
    {
        var uses = _uses.ToArray();
        if (uses.Length == 0)
        {
            return;
        }

        await store.TouchAsync(uses.ToDictionary(use => use.Key, use => use.Value), cancel);
        foreach (var use in uses)
        {
            _uses.TryRemove(use);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async ValueTask<Entry?> LookAsync(string id, CancellationToken cancel)
    {
        var state = _state;
        if (state is null || Age(state) > options.KeyFreshness)
        {
            state = await RefreshAsync(options.KeyFreshness, cancel);
        }

        return state.Keys.TryGetValue(id, out var entry) ? entry : (await ReadAnewAsync(cancel)).Keys.GetValueOrDefault(id);
    }

    private async Task<State> ReadAnewAsync(CancellationToken cancel)
    {
        var came = time.GetTimestamp();
        if (_state is { } state && MissPause - Age(state) is { } pause && pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, time, cancel);
        }

        return await RefreshAsync(time.GetElapsedTime(came), cancel);
    }

    private async Task<State> RefreshAsync(TimeSpan olderThan, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            // Whoever waited here finds what the one before has read.
            if (_state is { } current && Age(current) < olderThan)
            {
                return current;
            }

            var read = time.GetTimestamp();
            var set = await LoadAsync(cancel);
            var keys = _state is { } known && ReferenceEquals(known.Set, set)
                ? known.Keys
                : set.Keys.ToFrozenDictionary(key => key.Id, key => new Entry(key.SecretHash, CallerOf(key)), StringComparer.Ordinal);
            return _state = new State(read, set, keys);
        }
        finally
        {
            _gate.Release();
        }
    }

    // A connection whose other end has vanished is silent for many minutes, and everybody waits here.
    private async Task<ApiKeySet> LoadAsync(CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            return await store.LoadAsync(_state?.Set, patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ServiceException(
                ErrorKind.Unavailable, "DATABASE_UNAVAILABLE", "The database does not answer, so that nobody knows which keys count. Repeat the request in a few seconds.");
        }
    }

    private TimeSpan Age(State state) => time.GetElapsedTime(state.Read);

    private bool HasEnded(Caller caller) => caller.ExpireTime <= time.GetUtcNow();

    private void NoteUse(string id)
    {
        // To the minute: the same entry for every call within one.
        var now = time.GetUtcNow();
        var minute = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        if (!_uses.TryGetValue(id, out var noted) || noted != minute)
        {
            _uses[id] = minute;
        }
    }

    private static Caller CallerOf(ApiKeyRecord key) => new()
    {
        Name = Contracts.ResourceName.ApiKey(key.Id),
        Role = key.Role,
        Datasets = key.Datasets?.ToFrozenSet(StringComparer.Ordinal),
        LabelerId = key.Role == Role.Labeler ? key.LabelerId : null,
        KeyId = key.Id,
        Limits = key.Limits,
        Allowance = KeyAllowance.Of(key.Id, key.Quota),
        ExpireTime = key.ExpireTime,
    };
}
