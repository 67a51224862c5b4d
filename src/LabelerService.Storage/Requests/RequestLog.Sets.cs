using System.Text.Json;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Requests;

/// <summary>A request that was answered.</summary>
internal sealed record AnsweredRequest(string Method, byte[] BodyHash, byte[] Response)
{
    public bool IsSame(RequestIdentity request) => Method == request.Method && BodyHash.AsSpan().SequenceEqual(request.BodyHash.Span);

    public T Answer<T>()
        where T : class =>
        JsonSerializer.Deserialize<T>(Response) ?? throw new InvalidDataException("The stored answer of a request is empty.");
}

internal static partial class RequestLog
{
    /// <summary>The requests among these that were answered before.</summary>
    public static async Task<Dictionary<Guid, AnsweredRequest>> FindAsync(
        NpgsqlConnection connection, long datasetKey, Guid[] ids, CancellationToken cancel)
    {
        var rows = await Sql.Command(
            connection, "SELECT request_id, method, body_hash, response FROM request_ids WHERE dataset_id = $1 AND request_id = ANY($2)", datasetKey, ids)
            .ListAsync(row => (row.GetGuid(0), new AnsweredRequest(row.GetString(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3))), cancel);
        return rows.ToDictionary();
    }

    /// <summary>Stores answers. Waits while another transaction holds one of the ids.</summary>
    /// <exception cref="LostRaceException">One of the ids is taken by now: the transaction must not commit.</exception>
    public static async Task AddAsync(
        NpgsqlConnection connection, long datasetKey, IReadOnlyList<(RequestIdentity Request, byte[] Answer)> answers, CancellationToken cancel)
    {
        var added = await Sql.Command(
            connection,
            """
            INSERT INTO request_ids (dataset_id, request_id, method, body_hash, response)
            SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[]) AS t(request_id, method, body_hash, response)
            ORDER BY t.request_id ON CONFLICT DO NOTHING
            """,
            datasetKey, answers.Select(entry => entry.Request.Id).ToArray(), answers.Select(entry => entry.Request.Method).ToArray(),
            Sql.Typed(answers.Select(entry => entry.Request.BodyHash.ToArray()).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bytea),
            Sql.Typed(answers.Select(entry => entry.Answer).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bytea)).ExecuteAsync(cancel);
        if (added < answers.Count)
        {
            throw new LostRaceException("Another transaction has just used the same request id.");
        }
    }

    /// <summary>The id was used for another method or body.</summary>
    public static ServiceException Reused(RequestIdentity request) => new(
        ErrorKind.InvalidArgument, "REQUEST_ID_REUSED",
        $"request_id: {request.Id} was used for another request. Use a new id for a new request.",
        new FieldViolation("request_id", "was used for a request with another content"));
}
