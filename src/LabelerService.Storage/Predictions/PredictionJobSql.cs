using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Predictions;

/// <summary>What the parts of <see cref="PredictionJobStore"/> share.</summary>
internal static class PredictionJobSql
{
    public const string Columns =
        """
        j.dataset_id, (SELECT d.id FROM datasets d WHERE d.dataset_id = j.dataset_id), j.job_key, j.job_id, j.uid, j.model_id, j.model_version,
        j.model, j.alias, j.filter, j.labeler_probabilities, j.labeler_weights, j.distilled, j.state, j.cancel_requested, j.item_count,
        j.predicted_count, j.error, j.create_time, j.start_time, j.end_time
        """;

    /// <summary>What a claim tells beyond the job.</summary>
    public const string LeaseColumns = "j.fencing_token, j.done_item_key, j.last_item_key";

    private const int FirstLeaseColumn = 21;

    public const string PredictionColumns =
        "i.external_id, p.item_key, p.class_index, p.probabilities, p.entropy, p.disagreement, p.labeler_probabilities, p.labeler_weights";

    public const string PredictionSource = "predictions p JOIN items i ON i.dataset_id = p.dataset_id AND i.item_key = p.item_key";

    public static PredictionJobRecord Read(NpgsqlDataReader row) => new()
    {
        DatasetKey = row.GetInt64(0),
        DatasetId = row.GetString(1),
        Key = row.GetInt64(2),
        JobId = row.GetString(3),
        Uid = row.GetGuid(4),
        ModelId = row.GetString(5),
        ModelVersion = row.GetInt32(6),
        Model = row.GetString(7),
        Alias = row.GetString(8),
        Filter = row.GetString(9),
        Outputs = new PredictionJobOutputs(row.GetBoolean(10), row.GetBoolean(11), row.GetBoolean(12)),
        State = (PredictionJobState)row.GetInt16(13),
        CancelRequested = row.GetBoolean(14),
        ItemCount = row.GetInt64(15),
        PredictedCount = row.GetInt64(16),
        Error = row.MaybeText(17),
        CreateTime = row.GetFieldValue<DateTimeOffset>(18),
        StartTime = row.Maybe<DateTimeOffset>(19),
        EndTime = row.Maybe<DateTimeOffset>(20),
    };

    public static PredictionJobLease ReadLease(NpgsqlDataReader row) =>
        new(Read(row), row.GetInt64(FirstLeaseColumn), row.GetInt64(FirstLeaseColumn + 1), row.Maybe<long>(FirstLeaseColumn + 2));

    public static PredictionRecord ReadPrediction(NpgsqlDataReader row) => new(
        row.GetString(0),
        new PredictionWrite(
            row.GetInt64(1), row.GetInt16(2), row.GetFieldValue<byte[]>(3), row.GetFloat(4), row.Maybe<float>(5),
            row.IsDBNull(6) ? null : row.GetFieldValue<byte[]>(6), row.IsDBNull(7) ? null : row.GetFieldValue<byte[]>(7)));

    public static ServiceException Stale(PredictionJobRecord job) => new(
        ErrorKind.Aborted, "STALE_LEASE",
        $"The lease of datasets/{job.DatasetId}/predictionJobs/{job.JobId} is another server's now, or the job is gone. Stop this attempt.");
}
