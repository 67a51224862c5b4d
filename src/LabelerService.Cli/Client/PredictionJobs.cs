using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client;

/// <summary>Whole-dataset predictions: starts jobs, waits for them, fetches their files.</summary>
internal sealed class PredictionJobs(ServiceConnection connection, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Queues a job.</summary>
    public async Task<PredictionJob> StartAsync(
        ModelName model, string filter, bool labelers, bool distilled, CancellationToken cancellationToken)
    {
        var job = new PredictionJob { Model = new ModelSelector { Model = model.Text }, Filter = filter, Distilled = distilled };
        if (labelers)
        {
            job.Outputs.Add([PredictionOutput.LabelerProbabilities, PredictionOutput.LabelerWeights]);
        }

        return await connection.PredictionJobs.CreatePredictionJobAsync(
            new CreatePredictionJobRequest
            {
                Parent = DatasetOf(model.Text),
                PredictionJob = job,
                RequestId = ServiceConnection.NewRequestId(),
            },
            cancellationToken: cancellationToken);
    }

    /// <summary>Waits for a job's end.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="show">Called with each look at it.</param>
    /// <param name="cancellationToken">Ends the waiting; the job goes on.</param>
    /// <exception cref="CommandException">It failed or was cancelled.</exception>
    public async Task<PredictionJob> WaitAsync(string name, Action<PredictionJob> show, CancellationToken cancellationToken)
    {
        while (true)
        {
            var job = await connection.PredictionJobs.GetPredictionJobAsync(
                new GetPredictionJobRequest { Name = name }, cancellationToken: cancellationToken);
            show(job);
            switch (job.State)
            {
                case PredictionJob.Types.State.Succeeded:
                    return job;
                case PredictionJob.Types.State.Failed:
                    throw new CommandException($"{name} failed: {job.FailureMessage}");
                case PredictionJob.Types.State.Cancelled:
                    throw new CommandException($"{name} was cancelled after {job.PredictedCount:N0} items; they can be downloaded");
                default:
                    await Task.Delay(Interval, time, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Writes a job's predictions to a stream.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="format">Format of the file.</param>
    /// <param name="target">Where to.</param>
    /// <param name="progress">Called with the bytes written so far.</param>
    /// <param name="cancellationToken">Ends it; the file is then no file.</param>
    public async Task<long> DownloadAsync(string name, string format, Stream target, Action<long> progress, CancellationToken cancellationToken)
    {
        using var call = connection.PredictionJobs.DownloadPredictions(
            new DownloadPredictionsRequest { Name = name, Format = format }, cancellationToken: cancellationToken);
        var written = 0L;
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            var piece = call.ResponseStream.Current.Data;
            await target.WriteAsync(piece.Memory, cancellationToken);
            written += piece.Length;
            progress(written);
        }

        return written;
    }

    private static string DatasetOf(string model) => ResourceName.TryParseModel(model, out var dataset, out _)
        || ResourceName.TryParseModelVersion(model, out dataset, out _, out _)
            ? ResourceName.Dataset(dataset)
            : throw new CommandException($"{model} is no model's name");
}
