using LabelerService.Core.Errors;
using Npgsql;

namespace LabelerService.Storage.Requests;

/// <summary>The table of request ids. Rows live in the transaction of the effect: both are there or neither.</summary>
internal static partial class RequestLog
{
    /// <summary>
    /// Claims a request id. Null: the caller is the first and must store an answer before it commits. Otherwise the first answer. Waits
    /// while another transaction holds the same id.
    /// </summary>
    /// <exception cref="ServiceException">InvalidArgument: the id was used for another method or body.</exception>
    public static async Task<byte[]?> ClaimAsync(
        NpgsqlConnection connection, long datasetKey, RequestIdentity request, CancellationToken cancel)
    {
        await using var insert = new NpgsqlCommand(
            "INSERT INTO request_ids (dataset_id, request_id, method, body_hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", connection)
        {
            Parameters = { new() { Value = datasetKey }, new() { Value = request.Id }, new() { Value = request.Method }, new() { Value = request.BodyHash.ToArray() } },
        };
        if (await insert.ExecuteNonQueryAsync(cancel) == 1)
        {
            return null;
        }

        await using var select = new NpgsqlCommand(
            "SELECT method, body_hash, response FROM request_ids WHERE dataset_id = $1 AND request_id = $2", connection)
        {
            Parameters = { new() { Value = datasetKey }, new() { Value = request.Id } },
        };
        await using var reader = await select.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            // Pruned between the two statements: a repetition that late is a new request.
            throw new ServiceException(ErrorKind.Aborted, "CONCURRENT_CHANGE", "The request id has just expired. Repeat the request.");
        }

        if (reader.GetString(0) != request.Method || !reader.GetFieldValue<byte[]>(1).AsSpan().SequenceEqual(request.BodyHash.Span))
        {
            throw Reused(request);
        }

        return reader.GetFieldValue<byte[]>(2);
    }

    /// <summary>Stores the answer to a claimed request id.</summary>
    public static async Task AnswerAsync(
        NpgsqlConnection connection, long datasetKey, RequestIdentity request, byte[] answer, CancellationToken cancel)
    {
        await using var update = new NpgsqlCommand(
            "UPDATE request_ids SET response = $3 WHERE dataset_id = $1 AND request_id = $2", connection)
        {
            Parameters = { new() { Value = datasetKey }, new() { Value = request.Id }, new() { Value = answer } },
        };
        await update.ExecuteNonQueryAsync(cancel);
    }
}
