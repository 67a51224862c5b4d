using System.CommandLine;
using Grpc.Core;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Predictions;

/// <summary><c>predictions start</c>: queues a job and, if asked, waits for it.</summary>
internal static class StartPredictionsCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.Model();
        var filter = new Option<string>("--filter")
        {
            Description = "Only these items, for example 'split = TEST AND has_gold = false' [default: all that have features]",
            HelpName = "FILTER",
            DefaultValueFactory = _ => "",
        };
        var labelers = new Option<bool>("--labelers") { Description = "Also what each labeler's head says, and its weight" };
        var distilled = new Option<bool>("--distilled") { Description = "The distilled head answers; it knows no labelers" };
        var wait = new Option<bool>("--wait") { Description = "Wait for the end" };
        var command = new Command("start", "Start a job; prints its name") { model, filter, labelers, distilled, wait };
        command.Validators.Add(result =>
        {
            if (result.GetValue(labelers) && result.GetValue(distilled))
            {
                result.AddError("--labelers and --distilled exclude each other: the distilled head does not know what labelers' heads say");
            }
        });
        host.Handle(command, async (run, cancellationToken) =>
        {
            var jobs = new PredictionJobs(run.Service, run.Time);
            var job = await jobs.StartAsync(run.Get(model), run.Get(filter), run.Get(labelers), run.Get(distilled), cancellationToken);
            if (run.Get(wait))
            {
                job = await WaitAsync(run, jobs, job, cancellationToken);
            }

            run.Terminal.Result(PredictionJobText.Document(job), job.Name);
        });
        HelpWithExamples.Add(
            command,
            "labeler predictions start datasets/scenes/models/wdn --wait",
            "labeler predictions start datasets/scenes/models/wdn/versions/2 --filter 'split = TEST' --labelers");
        return command;
    }

    private static async Task<PredictionJob> WaitAsync(
        CommandRun run, PredictionJobs jobs, PredictionJob job, CancellationToken cancellationToken)
    {
        try
        {
            return await ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
            {
                var item = board.Add("predicting");
                var ended = await jobs.WaitAsync(
                    job.Name,
                    seen =>
                    {
                        if (seen.ItemCount > 0)
                        {
                            item.SetCount(seen.PredictedCount, seen.ItemCount, "items");
                        }
                    },
                    cancellationToken);
                item.Finish(PredictionJobText.Standing(ended));
                return ended;
            });
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or RpcException)
        {
            throw new CommandException($"no longer waiting; the job goes on. Stop it with `labeler predictions cancel {job.Name}`");
        }
    }
}
