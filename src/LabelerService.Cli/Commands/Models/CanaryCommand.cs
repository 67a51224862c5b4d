using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model canary</c>: lets a version answer a share of the predictions.</summary>
internal static class CanaryCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Model("VERSION");
        var share = new Option<double?>("--share") { Description = "Its share of the predictions that name no version, between 0 and 1", HelpName = "0.1" };
        var off = new Option<bool>("--off") { Description = "End the canary; then a model's name is enough" };
        var reason = CommonArguments.Reason();
        var command = new Command("canary", "Let a version answer a share of the predictions in the champion's place, or end that") { name, share, off, reason };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var (target, part) = (run.Get(name), run.Get(share));
            if (run.Get(off) == part.HasValue)
            {
                throw new UsageException("give either --share or --off");
            }

            if (part is not null && !(part is > 0 and < 1))
            {
                throw new UsageException("--share lies between 0 and 1, both excluded");
            }

            if (part is not null && !target.IsVersion)
            {
                throw new UsageException("a canary is a version: datasets/D/models/M/versions/V");
            }

            var model = await run.Service.Models.SetModelCanaryAsync(
                new SetModelCanaryRequest
                {
                    Name = target.Model,
                    Version = part is null ? "" : target.Text,
                    Share = part ?? 0,
                    Reason = run.Get(reason) ?? "",
                },
                cancellationToken: cancellationToken);
            run.Terminal.Result(
                new { model.Name, Canary = model.Canary is { } canary ? new { canary.Version, canary.Share } : null },
                model.Canary is { } now
                    ? string.Create(CultureInfo.InvariantCulture, $"canary: {now.Version} answers {now.Share:0.####} of the predictions")
                    : "no canary: the champion answers everything");
        });
        HelpWithExamples.Add(
            command,
            "labeler model canary datasets/scenes/models/wdn/versions/4 --share 0.1",
            "labeler model canary datasets/scenes/models/wdn --off");
        return command;
    }
}
