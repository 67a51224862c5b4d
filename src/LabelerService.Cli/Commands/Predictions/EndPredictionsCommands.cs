using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Predictions;

/// <summary><c>predictions cancel</c> and <c>predictions delete</c>.</summary>
internal static class EndPredictionsCommands
{
    public static Command Cancel(CommandHost host)
    {
        var name = PredictionsCommand.Job();
        var command = new Command("cancel", "Cancel a job; what it has predicted stays") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var job = await run.Service.PredictionJobs.CancelPredictionJobAsync(
                new CancelPredictionJobRequest { Name = run.Get(name) }, cancellationToken: cancellationToken);
            run.Terminal.Result(PredictionJobText.Document(job), $"{job.Name}: {PredictionJobText.Standing(job)}");
        });
        HelpWithExamples.Add(command, "labeler predictions cancel datasets/scenes/predictionJobs/0198c1f0");
        return command;
    }

    public static Command Delete(CommandHost host)
    {
        var name = PredictionsCommand.Job();
        var command = new Command("delete", "Delete a job with its predictions, running or not") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            await run.Service.PredictionJobs.DeletePredictionJobAsync(
                new DeletePredictionJobRequest { Name = run.Get(name) }, cancellationToken: cancellationToken);
            run.Terminal.Result(new { Deleted = run.Get(name) }, $"{run.Get(name)} is deleted");
        });
        HelpWithExamples.Add(command, "labeler predictions delete datasets/scenes/predictionJobs/0198c1f0");
        return command;
    }
}
