using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Security;
using Npgsql;

namespace LabelerService.Storage.Ingest;

/// <summary>
/// Writes groups of messages about one dataset within one transaction. Where all ids are remembered, a group is one round trip: the
/// dataset's lock and one statement over all rows.
/// </summary>
/// <param name="connection">The transaction's connection.</param>
/// <param name="dataset">The dataset.</param>
/// <param name="unknown">What to do with ids that do not exist.</param>
/// <param name="memory">Keys that this process remembers.</param>
/// <param name="mayCopy">
/// Whether large groups of pairs that are all new may be copied in, which costs PostgreSQL a fifth less, but fails (<see
/// cref="LostRaceException"/>) where another transaction writes one of the pairs at the same time: only where this one can be run again.
/// </param>
internal sealed partial class AnnotationTransaction(NpgsqlConnection connection, DatasetRecord dataset, UnknownIds unknown, KeyMemory memory, bool mayCopy)
{
    /// <summary>Rows from which on copying costs less than the statement, measured: docs/designs/ingestion.md.</summary>
    private const int CopyFrom = 1_000;

    /// <summary>Ids that were looked up or registered here. They are remembered once the transaction has committed, not before.</summary>
    private readonly Dictionary<string, long> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _labelers = new(StringComparer.Ordinal);
    private readonly List<(RequestIdentity Request, AnnotationWriteResult Result)> _requests = [];
    private UsageChange _usage;

    /// <summary>What keys with a quota have written; null where no message was one's.</summary>
    private KeyUsage? _keyUsage;

    /// <summary>The epoch of the dataset's keys, once the lock is held.</summary>
    private long? _epoch;

    /// <summary>The epoch in which the keys at hand were found. What is remembered may move on to the next meanwhile.</summary>
    private long _keysOf;

    /// <summary>Writes a group. Messages are taken in order; a wrong one does not keep the others out.</summary>
    /// <param name="messages">The group; no two messages have the same request id.</param>
    /// <param name="dependsOn">
    /// For each message the index of the one without which it must not be stored (the one before it in its stream); −1 for none.
    /// </param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>
    /// An outcome for each message. Postponed are those after one that says something else of a pair than an earlier one of the group did,
    /// and those that depend on a refused one.
    /// </returns>
    /// <exception cref="ServiceException">NotFound: the dataset was deleted.</exception>
    public async Task<MessageOutcome[]> WriteAsync(
        IReadOnlyList<AnnotationMessage> messages, int[] dependsOn, CancellationToken cancel)
    {
        var outcomes = new MessageOutcome[messages.Count];
        await AnswerRepeatedAsync(messages, outcomes, cancel);
        while (true)
        {
            var keys = await KeysAsync(messages, outcomes, dependsOn, cancel);
            var rows = GroupRows.Create(messages, keys);
            if (await WriteAsync(rows, cancel) is not { } written)
            {
                // Something was deleted since the keys were remembered. Nothing was written, and now the lock is held.
                continue;
            }

            var results = written.PerMessage(messages.Count);
            var taken = Takeable(outcomes, dependsOn);
            for (var m = 0; m < rows.MessagesTaken; m++)
            {
                if (taken[m])
                {
                    var batch = messages[m].Batch;
                    var (created, revised, retracted) = results[m];
                    var result = new AnnotationWriteResult(
                        created, revised, batch.Count + batch.Repeated - created - revised - retracted, retracted);
                    outcomes[m] = new MessageOutcome(result, null);
                    if (messages[m].Key is { } key)
                    {
                        (_keyUsage ??= new KeyUsage()).Count(key, annotations: created + revised + retracted, items: 0);
                    }

                    if (messages[m].Request is { } request)
                    {
                        Answer(request, result);
                    }
                }
            }

            // What comes after the cut is judged when its turn comes: the message before it must be settled first.
            for (var m = rows.MessagesTaken; m < outcomes.Length; m++)
            {
                if (outcomes[m].Error is not null)
                {
                    outcomes[m] = default;
                }
            }

            return outcomes;
        }
    }

    /// <summary>Takes note of the answer to a request id, to be stored with what was written.</summary>
    public void Answer(RequestIdentity request, AnnotationWriteResult result) => _requests.Add((request, result));

    /// <summary>Stores the answers to request ids and counts what was written. The last thing before the commit.</summary>
    /// <exception cref="ServiceException">ResourceExhausted: a quota of a key or of the dataset; the transaction must not commit.</exception>
    /// <exception cref="LostRaceException">Another transaction has just used one of the request ids; the transaction must not commit.</exception>
    public async Task FinishAsync(CancellationToken cancel)
    {
        if (_requests.Count > 0)
        {
            await RequestLog.AddAsync(
                connection, dataset.Key, [.. _requests.Select(entry => (entry.Request, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(entry.Result)))],
                cancel);
        }

        if (_keyUsage is not null)
        {
            await _keyUsage.StoreAsync(connection, cancel);
        }

        await DatasetUsage.AddAsync(connection, dataset, _usage, cancel);
    }

    /// <summary>Remembers what was found. To be called after the commit.</summary>
    public void Remember()
    {
        if (_epoch is not { } epoch)
        {
            return;
        }

        memory.SawEpoch(dataset.Key, epoch);
        if (_items.Count > 0)
        {
            var items = memory.Items.Of(dataset.Key, epoch);
            foreach (var (id, key) in _items)
            {
                items.Add(id, key);
            }
        }

        if (_labelers.Count > 0)
        {
            var labelers = memory.Labelers.Of(dataset.Key, epoch);
            foreach (var (id, key) in _labelers)
            {
                labelers.Add(id, key);
            }
        }
    }

    /// <summary>The messages that may be written: not settled yet, and none refused that they depend on.</summary>
    private static bool[] Takeable(MessageOutcome[] outcomes, int[] dependsOn)
    {
        var taken = new bool[outcomes.Length];
        var refused = new bool[outcomes.Length];
        for (var m = 0; m < outcomes.Length; m++)
        {
            refused[m] = outcomes[m].Error is not null || (dependsOn[m] >= 0 && refused[dependsOn[m]]);
            taken[m] = outcomes[m].IsPostponed && !refused[m];
        }

        return taken;
    }

    /// <summary>Gives messages whose request id was used before their first answer, or refuses them.</summary>
    private async Task AnswerRepeatedAsync(IReadOnlyList<AnnotationMessage> messages, MessageOutcome[] outcomes, CancellationToken cancel)
    {
        var asked = messages.Where(message => message.Request is not null).Select(message => message.Request!.Id).ToArray();
        if (asked.Length == 0)
        {
            return;
        }

        await HoldAsync(cancel);
        var known = await RequestLog.FindAsync(connection, dataset.Key, asked, cancel);
        for (var m = 0; m < messages.Count; m++)
        {
            if (messages[m].Request is { } request && known.TryGetValue(request.Id, out var earlier))
            {
                outcomes[m] = earlier.IsSame(request)
                    ? new MessageOutcome(earlier.Answer<AnnotationWriteResult>(), null)
                    : new MessageOutcome(null, RequestLog.Reused(request));
            }
        }
    }

    /// <summary>Null: the keys are of another epoch, and nothing was written.</summary>
    private async Task<WrittenRows?> WriteAsync(GroupRows rows, CancellationToken cancel)
    {
        if (rows.Count == 0)
        {
            return new WrittenRows(rows);
        }

        if (mayCopy && rows.Count >= CopyFrom && !rows.HasRetractions)
        {
            switch (await ProbeAsync(rows, cancel))
            {
                case Probe.OtherEpoch:
                    return null;
                case Probe.AllNew:
                    await AnnotationCopy.WriteAsync(connection, dataset.Key, rows, cancel);
                    _usage += new UsageChange(Annotations: rows.Count, Changes: rows.Count);
                    return WrittenRows.AllNew(rows);
            }
        }

        // The lock and the statement travel together. The second takes its snapshot after the lock is granted, so it sees whatever the
        // previous holder (the deletion of a labeler, say) has done.
        var epoch = _keysOf;
        await using var batch = LockFirst();
        batch.BatchCommands.Add(Sql.BatchCommand(AnnotationSql.Write, [dataset.Key, .. AnnotationColumns.Create(rows), epoch]));
        WrittenRows written;
        await using (var reader = await batch.ExecuteReaderAsync(cancel))
        {
            await ReadEpochAsync(reader, cancel);
            if (_epoch != epoch)
            {
                return null;
            }

            written = WrittenRows.Read(rows, reader);
        }

        var revived = written.ChangedToClass is { Items.Length: > 0 } changed
            ? await Sql.Command(
                connection, AnnotationSql.CountRevived, dataset.Key, changed.Items, changed.Labelers, changed.Replaced).ScalarAsync<long>(cancel)
            : 0;
        _usage += new UsageChange(Annotations: written.Created + revived - written.Retracted, Changes: written.Created + written.Changed);
        return written;
    }

    /// <summary>Takes the lock, and looks whether any of the rows' pairs has been written before.</summary>
    private async Task<Probe> ProbeAsync(GroupRows rows, CancellationToken cancel)
    {
        var epoch = _keysOf;
        await using var batch = LockFirst();
        var (items, labelers) = AnnotationColumns.Pairs(rows);
        batch.BatchCommands.Add(Sql.BatchCommand(AnnotationSql.AnyWritten, dataset.Key, items, labelers));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await ReadEpochAsync(reader, cancel);
        return _epoch != epoch ? Probe.OtherEpoch : reader.GetBoolean(1) ? Probe.SomeWritten : Probe.AllNew;
    }

    /// <summary>Takes the lock, unless it is held, and finds out the epoch.</summary>
    private async Task HoldAsync(CancellationToken cancel)
    {
        if (_epoch is not null)
        {
            return;
        }

        await using var batch = LockFirst();
        batch.BatchCommands.Add(Sql.BatchCommand(AnnotationSql.Epoch, dataset.Key));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await ReadEpochAsync(reader, cancel);
    }

    private NpgsqlBatch LockFirst()
    {
        var batch = new NpgsqlBatch(connection);
        if (_epoch is null)
        {
            batch.BatchCommands.Add(Sql.BatchCommand(DatasetLock.Shared, dataset.Key));
        }

        return batch;
    }

    /// <summary>Reads the epoch from the first column of the statement behind the lock, and stays on that row.</summary>
    private async Task ReadEpochAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        if (_epoch is null)
        {
            if (!await reader.ReadAsync(cancel))
            {
                throw DatasetLock.Gone(dataset);
            }

            await reader.NextResultAsync(cancel);
        }

        await reader.ReadAsync(cancel);
        _epoch = reader.GetInt64(0);
    }

    private enum Probe
    {
        OtherEpoch,
        SomeWritten,
        AllNew,
    }
}
