using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model retention</c>: which versions are kept.</summary>
internal static class RetentionCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.ModelOnly();
        var newest = new Option<int?>("--keep-newest") { Description = "Keep so many of the newest versions whatever their age", HelpName = "N" };
        var younger = new Option<TimeSpan?>("--keep-younger")
        {
            Description = "Keep versions up to this age whatever their number",
            HelpName = "90d|12h|30m",
            CustomParser = result => CommonArguments.Parse(result, KeyCommand.ParseLifetime, "an age is a number of days, hours or minutes: 90d, 12h, 30m"),
        };
        var off = new Option<bool>("--off") { Description = "Keep all versions" };
        var command = new Command(
            "retention",
            "Show or set which versions are kept. Those that an alias or the canary names, or a rollback would go back to, are always kept")
        {
            model, newest, younger, off,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var name = run.Get(model).Text;
            var given = run.Has(newest) || run.Has(younger);
            if (given && run.Get(off))
            {
                throw new UsageException("--off goes without --keep-newest and --keep-younger");
            }

            if (run.Get(newest) is <= 0)
            {
                throw new UsageException("--keep-newest is a number above 0");
            }

            if (!given && !run.Get(off))
            {
                Show(run, await run.Service.Models.GetModelAsync(new GetModelRequest { Name = name }, cancellationToken: cancellationToken));
                return;
            }

            var change = new Model { Name = name };
            if (given)
            {
                change.Retention = new ModelRetention
                {
                    KeepNewest = run.Get(newest) ?? 0,
                    KeepYounger = Duration.FromTimeSpan(run.Get(younger) ?? TimeSpan.Zero),
                };
            }

            Show(run, await run.Service.Models.UpdateModelAsync(
                new UpdateModelRequest { Model = change, UpdateMask = new FieldMask { Paths = { "retention" } } }, cancellationToken: cancellationToken));
        });
        HelpWithExamples.Add(
            command,
            "labeler model retention datasets/scenes/models/wdn",
            "labeler model retention datasets/scenes/models/wdn --keep-newest 5 --keep-younger 30d",
            "labeler model retention datasets/scenes/models/wdn --off");
        return command;
    }

    private static void Show(CommandRun run, Model model)
    {
        var seconds = model.Retention?.KeepYounger?.Seconds ?? 0;
        run.Terminal.Result(
            new { model.Name, Retention = model.Retention is null ? null : new { model.Retention.KeepNewest, KeepYoungerSeconds = seconds } },
            model.Retention is null
                ? $"{model.Name} keeps all versions"
                : $"{model.Name} keeps the newest {model.Retention.KeepNewest} versions"
                    + (seconds > 0 ? $" and those of the last {DurationText.Of(TimeSpan.FromSeconds(seconds))}" : ""));
    }
}
