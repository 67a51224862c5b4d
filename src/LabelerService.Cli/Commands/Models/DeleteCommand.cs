using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model delete</c>: deletes a version or a whole model.</summary>
internal static class DeleteCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Model();
        var force = new Option<bool>("--force") { Description = "Delete a model with all its versions" };
        var command = new Command(
            "delete", "Delete a version's file, or with --force a whole model. What is known of versions can still be read. Needs an admin's key")
        {
            name, force,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var target = run.Get(name);
            if (target.IsVersion)
            {
                await run.Service.Models.DeleteModelVersionAsync(
                    new DeleteModelVersionRequest { Name = target.Text }, cancellationToken: cancellationToken);
            }
            else
            {
                await run.Service.Models.DeleteModelAsync(
                    new DeleteModelRequest { Name = target.Text, Force = run.Get(force) }, cancellationToken: cancellationToken);
            }

            run.Terminal.Result(new { Deleted = target.Text }, $"{target.Text} is deleted");
        });
        HelpWithExamples.Add(command, "labeler model delete datasets/scenes/models/wdn/versions/1", "labeler model delete datasets/scenes/models/trial --force");
        return command;
    }
}
