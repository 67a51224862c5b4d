using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model rollback</c>: makes the previous champion champion again.</summary>
internal static class RollbackCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.ModelOnly();
        var reason = CommonArguments.Reason();
        var command = new Command("rollback", "Make the previous champion champion again; repeated, it walks further back") { model, reason };
        host.Handle(command, async (run, cancellationToken) =>
        {
            // With the etag it goes back once, whatever others do meanwhile.
            var name = run.Get(model).Text;
            var before = await run.Service.Models.GetModelAsync(new GetModelRequest { Name = name }, cancellationToken: cancellationToken);
            var after = await run.Service.Models.RollbackModelAsync(
                new RollbackModelRequest { Name = name, Reason = run.Get(reason) ?? "", Etag = ChampionResult.Of(before)?.Etag ?? "" },
                cancellationToken: cancellationToken);
            ChampionResult.Show(run, after);
        });
        HelpWithExamples.Add(command, "labeler model rollback datasets/scenes/models/wdn --reason \"complaints about street scenes\"");
        return command;
    }
}
