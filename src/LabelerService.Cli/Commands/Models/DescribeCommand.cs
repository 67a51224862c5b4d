using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model describe</c>: a model's name and description for people.</summary>
internal static class DescribeCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.ModelOnly();
        var display = new Option<string?>("--display-name") { Description = "Name for people", HelpName = "TEXT" };
        var description = new Option<string?>("--description") { Description = "What it is for; the model card shows it", HelpName = "TEXT" };
        var command = new Command("describe", "Give a model a name and a description for people") { model, display, description };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var mask = new FieldMask();
            if (run.Has(display))
            {
                mask.Paths.Add("display_name");
            }

            if (run.Has(description))
            {
                mask.Paths.Add("description");
            }

            if (mask.Paths.Count == 0)
            {
                throw new UsageException("give --display-name or --description");
            }

            var changed = await run.Service.Models.UpdateModelAsync(
                new UpdateModelRequest
                {
                    Model = new Model { Name = run.Get(model).Text, DisplayName = run.Get(display) ?? "", Description = run.Get(description) ?? "" },
                    UpdateMask = mask,
                },
                cancellationToken: cancellationToken);
            run.Terminal.Result(new { changed.Name, changed.DisplayName, changed.Description }, $"{changed.Name} is described");
        });
        HelpWithExamples.Add(command, "labeler model describe datasets/scenes/models/wdn --description \"Sorts photographs by scene for the archive\"");
        return command;
    }
}
