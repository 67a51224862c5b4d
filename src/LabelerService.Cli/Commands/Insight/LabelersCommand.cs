using System.CommandLine;
using Google.Protobuf.Collections;
using LabelerService.Cli.Client;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using Spectre.Console;

namespace LabelerService.Cli.Commands.Insight;

/// <summary><c>labelers</c>: whom to trust.</summary>
internal static class LabelersCommand
{
    public static Command Create(CommandHost host)
    {
        var dataset = CommonArguments.Dataset();
        var one = new Option<string?>("--labeler") { Description = "Everything about this labeler, by key", HelpName = "ID" }.Names(NameKind.Labeler);
        var flagged = new Option<bool>("--flagged") { Description = "Only labelers with a flag" };
        var pairs = new Option<bool>("--look-alikes") { Description = "Pairs of labelers who share errors, instead of labelers" };
        var order = new Option<LabelerInsightOrder>("--sort")
        {
            Description = "By what [default: flags]",
            HelpName = "flags|accuracy|annotations|number",
            DefaultValueFactory = _ => LabelerInsightOrder.Flags,
            CustomParser = result => CommonArguments.Parse<LabelerInsightOrder?>(
                result, OrderOf, "labelers are sorted by flags, accuracy, annotations or number") ?? LabelerInsightOrder.Flags,
        };
        var limit = InsightOptions.Number("--limit", "Labelers or pairs to show", 100);
        var command = new Command("labelers", "Say how accurate labelers are, who changed, copies, answers at random or always the same")
        {
            dataset, one, flagged, pairs, order, limit,
        };
        var options = InsightOptions.AddTo(command, intervals: true);
        command.Validators.Add(result =>
        {
            if (result.GetValue(one) is not null && (result.GetValue(flagged) || result.GetValue(pairs)))
            {
                result.AddError("--labeler excludes --flagged and --look-alikes");
            }
        });
        host.Handle(command, async (run, cancellationToken) =>
        {
            var (name, settings) = (run.Get(dataset), options.Read(run));
            await InsightRefresh.RunAsync(
                run.Service, run.Terminal, run.Time,
                new RefreshInsightsRequest { Parent = name, Settings = settings, Parts = { InsightPart.Labelers } }, cancellationToken);
            await (run.Get(one) is { } key ? ShowOneAsync(run, name, settings, key, cancellationToken)
                : run.Get(pairs) ? ShowPairsAsync(run, name, settings, run.Get(limit), cancellationToken)
                : ShowAllAsync(run, name, settings, run.Get(flagged), run.Get(order), run.Get(limit), cancellationToken));
        });
        HelpWithExamples.Add(
            command,
            "labeler labelers scenes",
            "labeler labelers scenes --flagged --json",
            "labeler labelers scenes --labeler anna --intervals",
            "labeler labelers scenes --model datasets/scenes/models/consensus",
            "labeler labelers scenes --look-alikes");
        return command;
    }

    private static async Task ShowAllAsync(
        CommandRun run, string dataset, InsightSettings settings, bool flagged, LabelerInsightOrder order, int limit,
        CancellationToken cancellationToken)
    {
        InsightState state = new();
        var labelers = await Paging.AllAsync<LabelerInsight>(async token =>
        {
            var page = await run.Service.Insight.ListLabelerInsightsAsync(
                new ListLabelerInsightsRequest
                {
                    Parent = dataset,
                    Settings = settings,
                    Flagged = flagged,
                    Order = order,
                    PageSize = Math.Min(limit, Paging.PageSize),
                    PageToken = token,
                },
                cancellationToken: cancellationToken);
            state = page.State;
            return (page.Labelers, page.NextPageToken);
        }, cancellationToken).Take(limit).ToListAsync(cancellationToken);
        run.Terminal.Result(
            new { Dataset = dataset, State = InsightText.Document(state), Labelers = labelers.Select(LabelerInsightText.Document) },
            console =>
            {
                var table = Tables.Create("labeler", "annotations", "accuracy", "with the others", "on gold", "with the model", "flags");
                foreach (var labeler in labelers)
                {
                    table.AddTextRow(
                        Tables.Shorten(labeler.LabelerId), $"{labeler.AnnotationCount:N0}", InsightText.Of(labeler.Accuracy),
                        InsightText.Of(labeler.AgreementWithOthers), InsightText.Of(labeler.GoldAccuracy),
                        InsightText.Of(labeler.AgreementWithModel), LabelerInsightText.Flags(labeler));
                }

                console.Write(table);
                console.Profile.Out.Writer.WriteLine(InsightText.Basis(state));
            });
    }

    private static async Task ShowOneAsync(
        CommandRun run, string dataset, InsightSettings settings, string key, CancellationToken cancellationToken)
    {
        var answer = await run.Service.Insight.GetLabelerInsightAsync(
            new GetLabelerInsightRequest { Name = $"{dataset}/labelerInsights/id:{Uri.EscapeDataString(key)}", Settings = settings },
            cancellationToken: cancellationToken);
        var labeler = answer.Labeler;
        run.Terminal.Result(
            new
            {
                Dataset = dataset,
                answer.Classes,
                State = InsightText.Document(answer.State),
                Labeler = LabelerInsightText.Document(labeler),
            },
            console =>
            {
                var table = Tables.Create(labeler.LabelerId, "");
                foreach (var (what, value) in LabelerInsightText.Lines(labeler))
                {
                    table.AddTextRow(what, value);
                }

                console.Write(table);
                if (labeler.Confusion is { } confusion)
                {
                    console.Write(Confusion(answer.Classes, confusion));
                }

                console.Profile.Out.Writer.WriteLine(InsightText.Basis(answer.State));
            });
    }

    private static TextTable Confusion(RepeatedField<string> classes, LabelerConfusion confusion)
    {
        var table = Tables.Create(["class \\ answer", .. classes.Select(name => Tables.Shorten(name, 16)), "evidence"]);
        for (var k = 0; k < classes.Count; k++)
        {
            var row = Enumerable.Range(k * classes.Count, classes.Count).ToList();
            table.AddTextRow(
            [
                Tables.Shorten(classes[k], 16),
                .. row.Select(cell => InsightText.Of(new Estimate { Value = confusion.Probabilities[cell] }) + (confusion.Lows.Count > 0
                    ? $" ({InsightText.Share(confusion.Lows[cell])} – {InsightText.Share(confusion.Highs[cell])})"
                    : "")),
                $"{(confusion.Counts.Count > 0 ? row.Sum(cell => confusion.Counts[cell]) : 0):0.#}",
            ]);
        }

        return table;
    }

    private static async Task ShowPairsAsync(
        CommandRun run, string dataset, InsightSettings settings, int limit, CancellationToken cancellationToken)
    {
        ListLookAlikesResponse last = new();
        var pairs = await Paging.AllAsync<LookAlike>(async token =>
        {
            last = await run.Service.Insight.ListLookAlikesAsync(
                new ListLookAlikesRequest
                {
                    Parent = dataset,
                    Settings = settings,
                    PageSize = Math.Min(limit, Paging.PageSize),
                    PageToken = token,
                },
                cancellationToken: cancellationToken);
            return (last.LookAlikes, last.NextPageToken);
        }, cancellationToken).Take(limit).ToListAsync(cancellationToken);
        run.Terminal.Result(
            new
            {
                Dataset = dataset,
                last.TestedPairs,
                State = InsightText.Document(last.State),
                LookAlikes = pairs.Select(LabelerInsightText.Document),
            },
            console =>
            {
                var table = Tables.Create("labeler", "other", "shared items", "shared errors", "by chance", "p", "alarm");
                foreach (var pair in pairs)
                {
                    table.AddTextRow(
                        Tables.Shorten(pair.LabelerId), Tables.Shorten(pair.OtherLabelerId), $"{pair.SharedItems:N0}", $"{pair.SharedErrors:0.0}",
                        $"{pair.ExpectedSharedErrors:0.0}", InsightText.PValue(pair.PValue), pair.Alarm ? "yes" : "");
                }

                console.Write(table);
                console.Profile.Out.Writer.WriteLine($"{last.TestedPairs:N0} pairs tested; {InsightText.Basis(last.State)}");
            });
    }

    private static LabelerInsightOrder? OrderOf(string text) => text.ToLowerInvariant() switch
    {
        "flags" => LabelerInsightOrder.Flags,
        "accuracy" => LabelerInsightOrder.Accuracy,
        "annotations" => LabelerInsightOrder.Annotations,
        "number" => LabelerInsightOrder.Unspecified,
        _ => null,
    };
}
