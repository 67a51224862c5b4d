using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Server.Mapping;
using LabelerService.Server.RemoteTraining;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.TrainerService</c>.</summary>
internal sealed class TrainerGrpcService(
    RunStore runs, RunEventListener listener, DatasetResolver datasets, TrainingDataStream data, TrainedModelReader models, FileUploads uploads, Drain drain,
    TimeProvider time)
    : TrainerService.TrainerServiceBase
{
    // A lease that lapsed is announced to nobody.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);

    public override async Task<LeaseTrainingRunResponse> LeaseTrainingRun(LeaseTrainingRunRequest request, ServerCallContext context)
    {
        var validator = new RequestValidator();
        var lease = LeaseRequests.Check(request, validator, out var wait);
        validator.ThrowIfInvalid();
        var scope = Caller.Of(context).Datasets;
        var cancel = context.CancellationToken;
        var asked = time.GetTimestamp();
        using var queue = listener.WatchQueue();
        while (true)
        {
            if (await runs.TryClaimRemoteAsync(request.Trainer, lease, request.Algorithms, scope, cancel) is { } claimed)
            {
                return await AnswerAsync(claimed, cancel);
            }

            var left = wait - time.GetElapsedTime(asked);
            if (left <= TimeSpan.Zero)
            {
                return new LeaseTrainingRunResponse();
            }

            await drain.UnlessStoppingAsync(token => queue.WaitAsync(left < Poll ? left : Poll, token), cancel);
        }
    }

    public override async Task<RenewTrainingLeaseResponse> RenewTrainingLease(RenewTrainingLeaseRequest request, ServerCallContext context)
    {
        var (_, held) = await FindAsync(request.Name, request.FencingToken, context);
        var validator = new RequestValidator();
        var lease = LeaseRequests.Lease(request.Lease, validator);
        validator.ThrowIfInvalid();
        var answer = await runs.HeartbeatAsync(held, lease, context.CancellationToken);
        return answer.StillOwner
            ? new RenewTrainingLeaseResponse { CancelRequested = answer.CancelRequested }
            : throw RunStore.Stale(held);
    }

    public override async Task ReadTrainingData(
        ReadTrainingDataRequest request, IServerStreamWriter<TrainingData> responseStream, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (dataset, held) = await FindAsync(request.Name, request.FencingToken, context);

        // What came before the snapshot is what retraining counts from; and no data for one whose lease is another's.
        await runs.SetEffectiveSettingsAsync(held, held.Run.RequestedSettings, cancel);
        await data.SendAsync(dataset, held.Run, message => responseStream.WriteAsync(message, cancel), cancel);
    }

    public override async Task<ReportTrainingProgressResponse> ReportTrainingProgress(ReportTrainingProgressRequest request, ServerCallContext context)
    {
        var (_, held) = await FindAsync(request.Name, request.FencingToken, context);
        var validator = new RequestValidator();
        var progress = LeaseRequests.Progress(request.Progress, validator);
        validator.ThrowIfInvalid();
        await runs.AppendProgressAsync(held, progress, context.CancellationToken);
        return new ReportTrainingProgressResponse();
    }

    public override async Task<ModelVersion> PublishTrainedModel(
        IAsyncStreamReader<PublishTrainedModelRequest> requestStream, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var stream = new DatasetStream<PublishTrainedModelRequest>(requestStream, DatasetOf, cancel, field: "name");
        var (dataset, first) = await stream.StartAsync(datasets);
        var (_, held) = await FindAsync(first.Name, first.FencingToken, context);
        var manifest = await models.ReadAsync(dataset, held.Run, first.Model, cancel);
        var head = SHA256.HashData(first.Model.ToByteArray());
        using var file = await uploads.ReadAsync(
            token => stream.ReadAsync(
                (message, validator) =>
                {
                    validator.Require(message.Name.Length == 0 || message.Name == first.Name, "name", "differs from the first message's; a stream is about one run");
                    return FileUploads.Piece(message.Content, validator);
                },
                token),
            head, cancel);
        manifest = await Task.Run(() => TrainedModelReader.Try(file.Content, manifest, first.Model, cancel), cancel);
        await runs.SetEffectiveSettingsAsync(held, manifest.Settings, cancel);
        return ModelMapping.ToResource(dataset, await runs.PublishAsync(held, file.Content, manifest, cancel));
    }

    public override async Task<EndTrainingRunResponse> EndTrainingRun(EndTrainingRunRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (_, held) = await FindAsync(request.Name, request.FencingToken, context);
        var failed = request.End == EndTrainingRunRequest.Types.End.Failed;
        var validator = new RequestValidator();
        validator.Require(
            failed == request.FailureMessage.Length > 0, "failure_message", failed ? "must say why it failed" : "is for runs that FAILED; leave it empty");
        validator.Require(
            request.End is EndTrainingRunRequest.Types.End.Failed or EndTrainingRunRequest.Types.End.Cancelled or EndTrainingRunRequest.Types.End.Released,
            "end", "must be END_FAILED, END_CANCELLED or END_RELEASED");
        validator.ThrowIfInvalid();
        switch (request.End)
        {
            case EndTrainingRunRequest.Types.End.Failed:
                await runs.FailAsync(held, request.FailureMessage, cancel);
                break;
            case EndTrainingRunRequest.Types.End.Cancelled when !held.Run.CancelRequested:
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "NOT_CANCELLED", $"Nobody asked to cancel {request.Name}. Give it back with END_RELEASED, or let it fail.",
                    new FieldViolation("end", "is for runs that are to be cancelled"));
            case EndTrainingRunRequest.Types.End.Cancelled:
                await runs.MarkCancelledAsync(held, cancel);
                break;
            default:
                await runs.ReleaseAsync(held, cancel);
                break;
        }

        return new EndTrainingRunResponse();
    }

    private async Task<LeaseTrainingRunResponse> AnswerAsync(RunLease claimed, CancellationToken cancel)
    {
        // The dataset is looked up after the run is claimed: its lease lapses if it has been deleted meanwhile, and the run is gone with it.
        var dataset = await datasets.FindAsync(claimed.Run.DatasetId, "name", cancel);
        return new LeaseTrainingRunResponse
        {
            TrainingRun = TrainingRunMapping.ToResource(claimed.Run, null),
            FencingToken = claimed.FencingToken,
            Dataset = DatasetMapping.ToResource(dataset),
            TraceParent = claimed.Run.TraceParent ?? "",
        };
    }

    private async Task<(DatasetRecord Dataset, RunLease Lease)> FindAsync(string name, long fencingToken, ServerCallContext context)
    {
        var (datasetId, runId) = Names.TrainingRun(name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        var run = await runs.GetAsync(dataset, runId, context.CancellationToken).NamedBy("name");
        return (dataset, new RunLease(run, fencingToken));
    }

    // Messages after the first may leave the name out.
    private static string DatasetOf(PublishTrainedModelRequest message) =>
        message.Name.Length == 0 ? "" : ResourceName.Dataset(Names.TrainingRun(message.Name, "name").Dataset);
}
