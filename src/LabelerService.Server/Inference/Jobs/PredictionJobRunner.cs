using System.Runtime.InteropServices;
using LabelerService.Core.Errors;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using LabelerService.Storage.Predictions;

namespace LabelerService.Server.Inference.Jobs;

/// <summary>
/// Carries out one prediction job: reads a block of items, predicts it, writes it with how far the job is, and so on. Memory holds a block.
/// The engine takes them when no client's request waits, and now and then when one does.
/// </summary>
internal sealed partial class PredictionJobRunner(
    PredictionJobStore jobs, ItemStore items, KeptFeatures features, DatasetStore datasets, PredictionEngine engine, ILogger<PredictionJobRunner> logger)
{
    /// <summary>Time until others take a job over whose server has written nothing.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private const int MostRows = 1_000;

    // 4 MiB of float32: what the features of a block, or the heads' answers to it, may take. Texts and sequences come in pages of as many bytes.
    private const long BlockValues = 1 << 20;

    /// <summary>Carries out a job. Returns when it has ended, was given back, or is another server's.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="stopping">Signalled when the server is to stop: the job is given back.</param>
    public async Task RunAsync(PredictionJobLease lease, CancellationToken stopping)
    {
        var job = lease.Job;
        LogStarted(job.DatasetId, job.JobId, job.PredictedCount);
        try
        {
            if (await PredictAsync(lease, stopping))
            {
                await jobs.SucceedAsync(lease, CancellationToken.None);
            }
            else
            {
                await jobs.MarkCancelledAsync(lease, CancellationToken.None);
            }

            LogEnded(job.DatasetId, job.JobId);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await EndAsync(job, () => jobs.ReleaseAsync(lease, CancellationToken.None));
        }
        catch (ServiceException error) when (error.Reason == "STALE_LEASE" || IsPassing(error))
        {
            // Another server has it, or the lease lapses and one will.
            LogLeft(job.DatasetId, job.JobId, error.Message);
        }
        catch (ServiceException error)
        {
            LogRefused(job.DatasetId, job.JobId, error.Message);
            await EndAsync(job, () => jobs.FailAsync(lease, error.Message, CancellationToken.None));
        }
        catch (Exception error)
        {
            LogFailed(job.DatasetId, job.JobId, error);
            await EndAsync(job, () => jobs.FailAsync(lease, "The job failed within the server, whose log has more.", CancellationToken.None));
        }
    }

    /// <returns>False if the job is to be cancelled.</returns>
    private async Task<bool> PredictAsync(PredictionJobLease lease, CancellationToken stopping)
    {
        var job = lease.Job;
        var dataset = await datasets.GetAsync(job.DatasetId, stopping);
        var filter = new ItemFilter(Conditions: ItemFilterParser.Parse(job.Filter, dataset.Schema));
        using var model = await engine.PinAsync(job.DatasetId, job.ModelId, job.ModelVersion, null, "prediction_job.model", stopping);
        lease = await jobs.BeginAsync(dataset, lease, filter, stopping);
        var manifest = model.Version.Manifest;
        var perItem = Math.Max(Math.Max(dataset.Schema.FeatureLength, manifest.FeatureLength), manifest.Heads.Count * (long)manifest.Classes.Count);
        var rows = (int)Math.Clamp(BlockValues / perItem, 1, MostRows);
        var readable = new List<ItemFeatures>(rows);
        var passedOver = 0L;
        var (done, last) = (lease.DoneItemKey, lease.LastItemKey!.Value);
        while (done < last)
        {
            var block = await items.ListFeaturesAsync(dataset, filter, done, last, rows, stopping);

            // An empty block is the last one: whatever comes between it and the end was deleted or no longer matches.
            done = block.Count == 0 ? last : block[^1].Key;
            readable.Clear();
            readable.AddRange(block.Where(item => model.Encoder.Problem(item.Raw) is null));
            passedOver += block.Count - readable.Count;
            var predictions = await PredictAsync(model, job.Outputs, readable, stopping);
            if (await jobs.WriteBlockAsync(dataset, lease, predictions, done, Lease, stopping))
            {
                return false;
            }
        }

        if (passedOver > 0)
        {
            LogPassedOver(job.DatasetId, job.JobId, passedOver, model.Name);
        }

        return true;
    }

    private async Task<IReadOnlyList<PredictionWrite>> PredictAsync(
        PinnedModel model, PredictionJobOutputs outputs, List<ItemFeatures> block, CancellationToken stopping)
    {
        if (block.Count == 0)
        {
            return [];
        }

        var options = new PredictionOptions
        {
            LabelerProbabilities = outputs.LabelerProbabilities,
            LabelerWeights = outputs.LabelerWeights,
            Distilled = outputs.Distilled,
            Background = true,
        };
        using var input = await features.ReadAsync(model, block, stopping);
        var predicted = await engine.PredictAsync(model, input, options, stopping);
        return ToWrites(block, predicted, model.Version.Manifest.Heads.Count);
    }

    private static PredictionWrite[] ToWrites(List<ItemFeatures> block, PredictedItems predicted, int heads)
    {
        var classes = predicted.ClassCount;
        var writes = new PredictionWrite[block.Count];
        for (var i = 0; i < writes.Length; i++)
        {
            writes[i] = new PredictionWrite(
                block[i].Key, predicted.TopClass(i), Bytes(predicted.Probabilities, i, classes)!, predicted.Entropies[i],
                predicted.Disagreements.Length > 0 ? predicted.Disagreements[i] : null,
                Bytes(predicted.LabelerProbabilities, i, heads * classes), Bytes(predicted.LabelerWeights, i, heads));
        }

        return writes;
    }

    private static byte[]? Bytes(float[] values, int item, int count) =>
        values.Length == 0 ? null : MemoryMarshal.AsBytes(values.AsSpan(item * count, count)).ToArray();

    private async Task EndAsync(PredictionJobRecord job, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (ServiceException error) when (error.Reason == "STALE_LEASE" || IsPassing(error))
        {
            LogLeft(job.DatasetId, job.JobId, error.Message);
        }
    }

    private static bool IsPassing(ServiceException error) =>
        error.Kind is ErrorKind.Unavailable or ErrorKind.ResourceExhausted or ErrorKind.Aborted;

    [LoggerMessage(EventId = 240, Level = LogLevel.Information, Message = "Prediction job datasets/{Dataset}/predictionJobs/{Job}: begins behind {Done} items.")]
    private partial void LogStarted(string dataset, string job, long done);

    [LoggerMessage(EventId = 241, Level = LogLevel.Information, Message = "Prediction job datasets/{Dataset}/predictionJobs/{Job} has ended.")]
    private partial void LogEnded(string dataset, string job);

    [LoggerMessage(EventId = 242, Level = LogLevel.Warning, Message = "Prediction job datasets/{Dataset}/predictionJobs/{Job} is left to its lease: {Problem}")]
    private partial void LogLeft(string dataset, string job, string problem);

    [LoggerMessage(EventId = 243, Level = LogLevel.Warning, Message = "Prediction job datasets/{Dataset}/predictionJobs/{Job} cannot be done: {Problem}")]
    private partial void LogRefused(string dataset, string job, string problem);

    [LoggerMessage(EventId = 246, Level = LogLevel.Warning,
        Message = "Prediction job datasets/{Dataset}/predictionJobs/{Job}: {Count} items are passed over, which {Model} cannot read (sequences of more steps than it takes).")]
    private partial void LogPassedOver(string dataset, string job, long count, string model);

    [LoggerMessage(EventId = 244, Level = LogLevel.Error, Message = "Prediction job datasets/{Dataset}/predictionJobs/{Job} failed.")]
    private partial void LogFailed(string dataset, string job, Exception error);
}
