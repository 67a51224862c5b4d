using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>cancel</c>: asks a run to end.</summary>
internal static class CancelCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Run();
        var command = new Command("cancel", "Cancel a training run; one that has ended stays as it is") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var cancelled = await run.Service.Training.CancelTrainingRunAsync(
                new CancelTrainingRunRequest { Name = run.Get(name) }, cancellationToken: cancellationToken);
            run.Terminal.Result(RunDocument.Of(cancelled), $"{cancelled.Name}: {RunText.Standing(cancelled, run.Time.GetUtcNow())}");
        });
        HelpWithExamples.Add(command, "labeler cancel datasets/scenes/trainingRuns/0198c1f0");
        return command;
    }
}
