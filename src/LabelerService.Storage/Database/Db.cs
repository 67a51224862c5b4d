using System.Data;
using System.Text.Json;
using LabelerService.Core.Errors;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LabelerService.Storage.Database;

/// <summary>
/// The one way into the database: opens connections, repeats transactions that lost against another, applies request ids, and turns
/// failures into those a caller can act on.
/// </summary>
internal sealed class Db(NpgsqlDataSource source, IDbContextFactory<LabelerDbContext> contexts, TimeProvider time)
{
    private const int Attempts = 6;

    /// <summary>
    /// Runs a transaction that consumes or feeds something which cannot be replayed (a stream): it is tried once, and one that lost against
    /// another is the caller's to repeat (Aborted).
    /// </summary>
    public Task<T> TransactUnrepeatedAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancel,
        IsolationLevel isolation = IsolationLevel.ReadCommitted) =>
        RepeatAsync(token => TransactionAsync(work, isolation, token), cancel, attempts: 1);

    /// <summary>Runs statements that are each a transaction by itself.</summary>
    public Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancel) =>
        RepeatAsync(
            async token =>
            {
                await using var connection = await source.OpenConnectionAsync(token);
                return await work(connection, token);
            },
            cancel);

    /// <summary>Runs a transaction; it commits when <paramref name="work"/> returns and leaves no trace when it throws.</summary>
    public Task<T> TransactAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancel,
        IsolationLevel isolation = IsolationLevel.ReadCommitted) =>
        RepeatAsync(token => TransactionAsync(work, isolation, token), cancel);

    /// <summary>
    /// Runs a transaction once for a request id: its result is stored with it, and returned again when the request is repeated.
    /// Without a request id it is a plain transaction.
    /// </summary>
    /// <param name="datasetKey">Dataset that the request belongs to; 0 for requests about no existing dataset.</param>
    /// <param name="request">The request, or null.</param>
    /// <param name="work">The effect; its result must survive a round trip through JSON.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    public Task<T> TransactOnceAsync<T>(
        long datasetKey, RequestIdentity? request, Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancel)
        where T : class =>
        request is null
            ? TransactAsync(work, cancel)
            : TransactAsync(
                async (connection, token) =>
                {
                    if (await RequestLog.ClaimAsync(connection, datasetKey, request, token) is { } earlier)
                    {
                        return JsonSerializer.Deserialize<T>(earlier)
                            ?? throw new InvalidDataException("The stored answer of a request is empty.");
                    }

                    var result = await work(connection, token);
                    await RequestLog.AnswerAsync(connection, datasetKey, request, JsonSerializer.SerializeToUtf8Bytes(result), token);
                    return result;
                },
                cancel);

    /// <summary>Runs a plain query through EF Core, without change tracking.</summary>
    public Task<T> QueryAsync<T>(Func<LabelerDbContext, CancellationToken, Task<T>> work, CancellationToken cancel) =>
        RepeatAsync(
            async token =>
            {
                await using var context = await contexts.CreateDbContextAsync(token);
                return await work(context, token);
            },
            cancel);

    private async Task<T> TransactionAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> work, IsolationLevel isolation, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(isolation, cancel);
        var result = await work(connection, cancel);

        // A commit that is cancelled half-way leaves the caller unable to tell whether it happened.
        await transaction.CommitAsync(CancellationToken.None);
        return result;
    }

    private async Task<T> RepeatAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancel, int attempts = Attempts)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await work(cancel);
            }
            catch (Exception exception) when (exception is not (ServiceException or OperationCanceledException))
            {
                if (attempt < attempts && DatabaseErrors.IsSerialisationFailure(exception))
                {
                    // The winner needs a moment to commit; the wait doubles so that many losers spread out.
                    await Task.Delay(TimeSpan.FromMilliseconds(2 << attempt), time, cancel);
                    continue;
                }

                cancel.ThrowIfCancellationRequested();
                if (DatabaseErrors.Translate(exception) is { } known)
                {
                    throw new ServiceException(known.Kind, known.Reason, known.Message, known.Violations) { RetryAfter = known.RetryAfter };
                }

                throw;
            }
        }
    }
}
