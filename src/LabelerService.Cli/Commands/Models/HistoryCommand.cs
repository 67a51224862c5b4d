using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model history</c>: what happened to a model's aliases and canary.</summary>
internal static class HistoryCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.ModelOnly();
        var limit = new Option<int>("--limit") { Description = "Most changes to show [default: 50]", HelpName = "N", DefaultValueFactory = _ => 50 };
        var command = new Command("history", "Show what happened to a model's aliases and canary, who did it and why; newest first") { model, limit };
        host.Handle(command, async (run, cancellationToken) =>
        {
            if (run.Get(limit) <= 0)
            {
                throw new UsageException("--limit is a number above 0");
            }

            var changes = await Paging.AllAsync<AliasChange>(async token =>
            {
                var page = await run.Service.Models.ListAliasChangesAsync(
                    new ListAliasChangesRequest { Parent = run.Get(model).Text, PageSize = Math.Min(run.Get(limit), Paging.PageSize), PageToken = token },
                    cancellationToken: cancellationToken);
                return (page.Changes, page.NextPageToken);
            }, cancellationToken).Take(run.Get(limit)).ToListAsync(cancellationToken);
            run.Terminal.Result(new { Changes = changes.Select(Document) }, console =>
            {
                var table = Tables.Create("when", "what", "alias", "from", "to", "by", "why");
                foreach (var change in changes)
                {
                    var share = change.CanaryShare == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({change.CanaryShare:0.####})");
                    table.AddTextRow(
                        Tables.Time(change.CreateTime), Text(change.Kind), change.Alias, Short(change.FromVersion), Short(change.ToVersion) + share,
                        change.Actor, change.Reason);
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler model history datasets/scenes/models/wdn", "labeler model history datasets/scenes/models/wdn --json");
        return command;
    }

    private static object Document(AliasChange change) => new
    {
        Time = change.CreateTime?.ToDateTimeOffset(),
        Kind = Text(change.Kind).Replace(' ', '_'),
        Alias = change.Alias.Length == 0 ? null : change.Alias,
        From = change.FromVersion.Length == 0 ? null : change.FromVersion,
        To = change.ToVersion.Length == 0 ? null : change.ToVersion,
        CanaryShare = change.CanaryShare == 0 ? (double?)null : change.CanaryShare,
        change.Actor,
        change.Reason,
    };

    private static string Text(AliasChange.Types.Kind kind) => kind switch
    {
        AliasChange.Types.Kind.Published => "published",
        AliasChange.Types.Kind.AliasSet => "alias set",
        AliasChange.Types.Kind.Promoted => "promoted",
        AliasChange.Types.Kind.RolledBack => "rolled back",
        AliasChange.Types.Kind.AliasDeleted => "alias deleted",
        AliasChange.Types.Kind.CanarySet => "canary set",
        AliasChange.Types.Kind.CanaryEnded => "canary ended",
        _ => "unknown",
    };

    private static string Short(string version) => version.Length == 0 ? "" : version[(version.LastIndexOf('/') + 1)..];
}
