using Google.Rpc;
using Grpc.Core;
using LabelerService.Cli.Commands;
using LabelerService.Cli.Configuration;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Diagnosis;

/// <summary>Looks at a service that answers, through its API: who one is there, its version, its trainers and their queue.</summary>
internal sealed class ServiceStateChecks(CommandRun command)
{
    private const int MostDatasets = 200;

    // A trainer looks for runs more often than this.
    private static readonly TimeSpan TakenUpWithin = TimeSpan.FromMinutes(1);

    // Of no dataset: asking to cancel it tells whether one might, and cancels nothing.
    private const string NoRun = "datasets/none/trainingRuns/00000000-0000-7000-8000-000000000000";

    /// <summary>Looks at everything that the credential allows.</summary>
    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        try
        {
            var role = await RoleAsync(cancellationToken);
            findings.Add(new Finding("credential", FindingLevel.Ok, command.Connection.ApiKey is { } key
                ? $"{ConfigCommand.Shown(Setting.ApiKey, key)} from {command.Settings.Describe(Setting.ApiKey)} is {role}"
                : $"none is sent, and callers without one are {role}"));
            if (role == "a labeler's key")
            {
                findings.Add(new Finding("trainers", FindingLevel.Note, "a labeler's key may not see them"));
                return findings;
            }

            findings.Add(await VersionAsync(cancellationToken));
            findings.AddRange(await QueueAsync(cancellationToken));
        }
        catch (RpcException error)
        {
            var failure = await FailureAdvice.OfAsync(error, command, cancellationToken);
            findings.Add(new Finding(error.StatusCode == StatusCode.Unauthenticated ? "credential" : "service", FindingLevel.Problem, failure.Message));
        }

        return findings;
    }

    private async Task<string> RoleAsync(CancellationToken cancellationToken)
    {
        var service = command.Service;
        if (await MayAsync(async () => await service.ApiKeys.ListApiKeysAsync(new ListApiKeysRequest { PageSize = 1 }, cancellationToken: cancellationToken)))
        {
            return "an admin's";
        }

        if (!await MayAsync(async () => await service.Training.ListAlgorithmsAsync(new ListAlgorithmsRequest(), cancellationToken: cancellationToken)))
        {
            return "a labeler's key";
        }

        return await MayAsync(async () => await service.Training.CancelTrainingRunAsync(
            new CancelTrainingRunRequest { Name = NoRun }, cancellationToken: cancellationToken)) ? "an ingester's" : "a reader's";
    }

    // Whether the role may make a call, whatever the call then says.
    private static async Task<bool> MayAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.PermissionDenied)
        {
            return error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason != "ROLE_FORBIDDEN";
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            return true;
        }
    }

    private async Task<Finding> VersionAsync(CancellationToken cancellationToken)
    {
        var theirs = (await command.Service.Inference.ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: cancellationToken)).Version;
        var ours = ServiceChecks.OwnVersion;
        return theirs == ours ? new Finding("version", FindingLevel.Ok, $"server and command are {ours}")
            : theirs.Split('+')[0] == ours.Split('+')[0] ? new Finding("version", FindingLevel.Ok, $"server {theirs}, command {ours}: the same version, built from other sources")
            : new Finding("version", FindingLevel.Warning, $"server {theirs}, command {ours}", "use the command of the server's version: calls or fields may be missing");
    }

    private async Task<IReadOnlyList<Finding>> QueueAsync(CancellationToken cancellationToken)
    {
        const string start = "start one: `labeler serve` does so with the service, `./labeler trainer` alone";
        var trainers = (await command.Service.Training.ListTrainersAsync(new ListTrainersRequest { PageSize = Paging.PageSize }, cancellationToken: cancellationToken)).Trainers;
        var alive = trainers.Where(trainer => trainer.Alive).ToArray();
        var (queued, running) = await RunsAsync(cancellationToken);
        var free = alive.Sum(trainer => trainer.Slots - trainer.BusySlots);
        var oldest = queued.Select(run => command.Time.GetUtcNow() - run.CreateTime.ToDateTimeOffset()).DefaultIfEmpty().Max();
        var standing = $"{queued.Count:N0} waiting, {running:N0} running";
        return
        [
            alive.Length > 0 ? new Finding("trainers", FindingLevel.Ok, $"{alive.Length} alive, {free} of {alive.Sum(trainer => trainer.Slots)} places free")
                : new Finding("trainers", queued.Count > 0 ? FindingLevel.Problem : FindingLevel.Warning, "none is alive: nothing is trained", start),
            alive.Length == 0 && queued.Count > 0 ? new Finding("queue", FindingLevel.Problem, $"{standing}; no trainer takes them", start)
                : free > 0 && oldest > TakenUpWithin ? new Finding("queue", FindingLevel.Warning,
                    $"{standing}; {queued.MinBy(run => run.CreateTime)!.Name} waits for {DurationText.Of(oldest)} although a trainer has room",
                    "see the trainer's log; it may not reach the database")
                : new Finding("queue", FindingLevel.Ok, standing),
        ];
    }

    private async Task<(List<TrainingRun> Queued, int Running)> RunsAsync(CancellationToken cancellationToken)
    {
        var (queued, running) = (new List<TrainingRun>(), 0);
        var datasets = (await command.Service.Datasets.ListDatasetsAsync(new ListDatasetsRequest { PageSize = MostDatasets }, cancellationToken: cancellationToken)).Datasets;
        foreach (var dataset in datasets)
        {
            var page = await command.Service.Training.ListTrainingRunsAsync(
                new ListTrainingRunsRequest { Parent = dataset.Name, PageSize = Paging.PageSize }, cancellationToken: cancellationToken);
            queued.AddRange(page.TrainingRuns.Where(run => run.State == TrainingRun.Types.State.Queued));
            running += page.TrainingRuns.Count(run => run.State == TrainingRun.Types.State.Running);
        }

        return (queued, running);
    }
}
