using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using Spectre.Console;

namespace LabelerService.Cli.Commands;

/// <summary><c>erase</c>: takes a labeler out of a dataset.</summary>
internal static class EraseCommand
{
    public static Command Create(CommandHost host)
    {
        var dataset = CommonArguments.Dataset();
        var labeler = new Argument<string>("LABELER") { Description = "Labeler: its labeler_id" }.Names(NameKind.Labeler);
        var mode = new Option<ErasureMode>("--mode")
        {
            Description = "pseudonymise: annotations stay, nothing says whose they are; delete: annotations and their history go",
            HelpName = "pseudonymise|delete",
            Required = true,
            CustomParser = result => CommonArguments.Parse<ErasureMode?>(result, ModeOf, "a mode is pseudonymise or delete") ?? ErasureMode.Unspecified,
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would go, and change nothing" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var command = new Command("erase", "Erase a labeler: id, name and tags, or all they ever said. Cannot be undone. Needs an admin's key")
        {
            dataset, labeler, mode, dryRun, yes,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            if (!run.Get(dryRun) && !run.Get(yes) && !await ConfirmAsync(run, run.Get(labeler), cancellationToken))
            {
                throw new CommandException("nothing was erased");
            }

            var name = await FindAsync(run.Service, run.Get(dataset), run.Get(labeler), cancellationToken);
            var erased = await run.Service.Labelers.EraseLabelerAsync(
                new EraseLabelerRequest { Name = name, Mode = run.Get(mode), ValidateOnly = run.Get(dryRun) }, cancellationToken: cancellationToken);
            run.Terminal.Result(Document(erased), console =>
            {
                foreach (var line in Lines(erased))
                {
                    console.Write(new Text($"{line}\n"));
                }
            });
        });
        HelpWithExamples.Add(
            command,
            "labeler erase scenes anna --mode pseudonymise --dry-run",
            "labeler erase scenes anna --mode pseudonymise",
            "labeler erase scenes anna --mode delete --yes --json");
        return command;
    }

    private static async Task<bool> ConfirmAsync(CommandRun run, string labeler, CancellationToken cancellationToken)
    {
        if (!run.Terminal.IsInteractive || Console.IsInputRedirected)
        {
            throw new UsageException($"erasing {labeler} cannot be undone: look with --dry-run, and say --yes if you mean it");
        }

        var question = new ConfirmationPrompt($"Erase {Markup.Escape(labeler)}? This cannot be undone.") { DefaultValue = false };
        return await run.Terminal.Error.PromptAsync(question, cancellationToken);
    }

    private static async Task<string> FindAsync(ServiceConnection service, string dataset, string id, CancellationToken cancellationToken)
    {
        var labelers = Paging.AllAsync<Labeler>(
            async token =>
            {
                var page = await service.Labelers.ListLabelersAsync(
                    new ListLabelersRequest { Parent = dataset, PageSize = Paging.PageSize, PageToken = token }, cancellationToken: cancellationToken);
                return (page.Labelers, page.NextPageToken);
            },
            cancellationToken);
        await foreach (var labeler in labelers)
        {
            if (labeler.LabelerId == id)
            {
                return labeler.Name;
            }
        }

        throw new CommandException(
            $"{dataset} has no labeler {id}: erased already, or never there. `labeler export labelers` lists all there are.");
    }

    private static IEnumerable<string> Lines(EraseLabelerResponse erased)
    {
        var done = erased.EraseTime is not null;
        yield return (done, erased.Mode) switch
        {
            (true, ErasureMode.Delete) => "The labeler is deleted.",
            (true, _) => $"The labeler is {erased.Pseudonym} from now on.",
            (false, ErasureMode.Delete) => "Nothing was changed. The labeler would be deleted.",
            (false, _) => "Nothing was changed. The labeler would get a pseudonym.",
        };
        yield return $"{(erased.Mode == ErasureMode.Delete ? "Deleted" : "Kept without a name")}: {erased.AnnotationCount:N0} annotations, "
            + $"{erased.RevisionCount:N0} earlier revisions, {erased.StudioAnnotationCount:N0} of Label Studio.";
        yield return $"Revoked API keys: {(erased.RevokedApiKeys.Count == 0 ? "none" : string.Join(", ", erased.RevokedApiKeys))}.";
        if (erased.RestartedRunCount > 0)
        {
            yield return $"Training runs that begin anew: {erased.RestartedRunCount:N0}.";
        }

        if (erased.ModelVersions.Count > 0)
        {
            yield return erased.Mode == ErasureMode.Delete
                ? "Trained on these annotations, or may be; what was learnt stays until you train again and delete the version:"
                : "Files that still name the labeler until you train again and delete the version:";
            foreach (var version in erased.ModelVersions)
            {
                yield return $"  {version}";
            }
        }
    }

    private static object Document(EraseLabelerResponse erased) => new
    {
        Mode = erased.Mode.ToString().ToLowerInvariant(),
        Pseudonym = erased.Pseudonym.Length == 0 ? null : erased.Pseudonym,
        Annotations = erased.AnnotationCount,
        Revisions = erased.RevisionCount,
        StudioAnnotations = erased.StudioAnnotationCount,
        erased.RevokedApiKeys,
        RestartedRuns = erased.RestartedRunCount,
        erased.ModelVersions,
        EraseTime = erased.EraseTime?.ToDateTimeOffset(),
    };

    private static ErasureMode? ModeOf(string text) => text.ToLowerInvariant() switch
    {
        "pseudonymise" or "pseudonymize" => ErasureMode.Pseudonymise,
        "delete" => ErasureMode.Delete,
        _ => null,
    };
}
