using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Formats.Tables;
using LabelerService.Server.Errors;
using LabelerService.Server.Validation;
using LabelerService.Storage.Models;
using LabelerService.Storage.Predictions;

namespace LabelerService.Server.Services;

/// <summary>Finds the file that a download asks for; for gRPC and plain HTTP alike.</summary>
internal sealed class PredictionFiles(PredictionJobStore jobs, ModelStore models, DatasetResolver datasets)
{
    /// <summary>Finds a job's file.</summary>
    /// <param name="name">Name of the job.</param>
    /// <param name="format">Name of the format; empty for Parquet.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">
    /// INVALID_ARGUMENT naming <c>format</c> or <c>name</c>; NOT_FOUND; FAILED_PRECONDITION: the job has not ended.
    /// </exception>
    public async Task<PredictionFile> FindAsync(string name, string format, CancellationToken cancel)
    {
        var chosen = PredictionDownload.Format(format);
        var (datasetId, jobId) = Names.PredictionJob(name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        var job = await jobs.GetAsync(dataset, jobId, cancel).NamedBy("name");
        if (!job.HasEnded)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "JOB_NOT_ENDED", $"{name} has not ended. Wait for it, or page through what there is with ListPredictions.",
                new FieldViolation("name", "has not ended"));
        }

        var version = await models.GetVersionAsync(dataset, job.ModelId, job.ModelVersion, cancel);
        return new PredictionFile(jobs, job, version.Manifest, chosen);
    }
}

/// <summary>A file of predictions that is made while it is sent.</summary>
internal sealed class PredictionFile(PredictionJobStore jobs, PredictionJobRecord job, ModelManifest manifest, ITableFormat format)
{
    /// <summary>Its media type.</summary>
    public string ContentType => PredictionDownload.ContentType(format);

    /// <summary>A name to save it under.</summary>
    public string FileName => $"{job.DatasetId}-{job.JobId}{format.Extensions[0]}";

    /// <summary>Sends it.</summary>
    /// <param name="send">Sends a piece; returns when there is room for the next.</param>
    /// <param name="cancel">Cancels.</param>
    public Task SendAsync(Func<ReadOnlyMemory<byte>, CancellationToken, Task> send, CancellationToken cancel) =>
        new PredictionDownload(send).RunAsync(jobs, job, manifest, format, cancel);
}
