using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model promote</c>: makes a version the champion.</summary>
internal static class PromoteCommand
{
    public static Command Create(CommandHost host)
    {
        var version = CommonArguments.ModelVersion();
        var reason = CommonArguments.Reason();
        var expected = new Option<string?>("--expect")
        {
            Description = "Only if this version is champion now: its number, or its full name",
            HelpName = "VERSION",
        };
        var command = new Command("promote", "Make a version the champion, which answers where no version is named; at once on every server")
        {
            version, reason, expected,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var name = run.Get(version);
            var model = await run.Service.Models.PromoteModelVersionAsync(
                new PromoteModelVersionRequest
                {
                    Name = name.Text,
                    Reason = run.Get(reason) ?? "",
                    ExpectedChampion = run.Get(expected) is not { } text ? "" : uint.TryParse(text, out var number) ? $"{name.Model}/versions/{number}" : text,
                },
                cancellationToken: cancellationToken);
            ChampionResult.Show(run, model);
        });
        HelpWithExamples.Add(
            command,
            "labeler model promote datasets/scenes/models/wdn/versions/3 --reason \"better on the new images\"",
            "labeler model promote datasets/scenes/models/wdn/versions/3 --expect 2");
        return command;
    }
}
