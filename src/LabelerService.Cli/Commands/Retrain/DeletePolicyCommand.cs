using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Retrain;

/// <summary><c>retrain policy delete</c>.</summary>
internal static class DeletePolicyCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var policy = RetrainCommand.Policy();
        var command = new Command("delete", "Delete a policy with its decisions; runs that it has started go on (with an admin's key)") { name, policy };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var deleted = RetrainCommand.Name(run.Get(name), run.Get(policy));
            await run.Service.Retraining.DeleteRetrainingPolicyAsync(
                new DeleteRetrainingPolicyRequest { Name = deleted }, cancellationToken: cancellationToken);
            run.Terminal.Result(new { Deleted = deleted }, $"{deleted} is deleted");
        });
        HelpWithExamples.Add(command, "labeler retrain policy delete scenes --policy nightly");
        return command;
    }
}
