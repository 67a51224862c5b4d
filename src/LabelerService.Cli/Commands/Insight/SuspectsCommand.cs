using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Commands.Export;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Insight;

/// <summary><c>suspects</c>: annotations that are likely to be wrong.</summary>
internal static class SuspectsCommand
{
    private static readonly Column[] Columns =
    [
        new("item"), new("labeler"), new("label"), new("likely"), new("likely_probability", ColumnType.Double),
        new("probability_wrong", ColumnType.Double), new("reasons"),
    ];

    public static Command Create(CommandHost host)
    {
        var dataset = CommonArguments.Dataset();
        var labeler = new Option<string>("--labeler")
        {
            Description = "Only annotations of this labeler, by key",
            HelpName = "ID",
            DefaultValueFactory = _ => "",
        }.Names(NameKind.Labeler);
        var least = InsightOptions.Probability("--min-probability", "Least probability of being wrong [default: 0.5]");
        var limit = InsightOptions.Number("--limit", "Most annotations, the likeliest to be wrong first", 50);
        var command = new Command("suspects", "List annotations that are likely to be wrong, who made them, and why they are suspected")
        {
            dataset, labeler, least, limit,
        };
        var options = InsightOptions.AddTo(command);
        var target = TargetOptions.AddOptionalTo(command, RowKind.Predictions);
        host.Handle(command, async (run, cancellationToken) =>
        {
            var (name, settings) = (run.Get(dataset), options.Read(run));
            var format = run.Has(target.Out) ? target.Choose(run) : null;
            var state = await InsightRefresh.RunAsync(
                run.Service, run.Terminal, run.Time,
                new RefreshInsightsRequest { Parent = name, Settings = settings, Parts = { InsightPart.Suspects } }, cancellationToken);
            var suspects = await Paging.AllAsync<SuspectedAnnotation>(async token =>
            {
                var page = await run.Service.Insight.ListSuspectedAnnotationsAsync(
                    new ListSuspectedAnnotationsRequest
                    {
                        Parent = name,
                        Settings = settings,
                        LabelerId = run.Get(labeler),
                        MinProbabilityWrong = run.Get(least),
                        PageSize = Math.Min(run.Get(limit), Paging.PageSize),
                        PageToken = token,
                    },
                    cancellationToken: cancellationToken);
                state = page.State;
                return (page.Annotations, page.NextPageToken);
            }, cancellationToken).Take(run.Get(limit)).ToListAsync(cancellationToken);
            if (format is not null)
            {
                await WriteAsync(run, suspects, target, format, cancellationToken);
            }

            var file = format is null ? null : run.Get(target.Out);
            run.Terminal.Result(
                new { Dataset = name, File = file, State = InsightText.Document(state), Annotations = suspects.Select(Document) },
                console =>
                {
                    if (file is not null)
                    {
                        console.Profile.Out.Writer.WriteLine($"{suspects.Count:N0} annotations in {file}; {InsightText.Basis(state)}");
                        return;
                    }

                    var table = Tables.Create("item", "labeler", "label", "likely", "wrong with", "why");
                    foreach (var suspect in suspects)
                    {
                        table.AddTextRow(
                            Tables.Shorten(suspect.ItemId), Tables.Shorten(suspect.LabelerId), suspect.ClassName, suspect.LikelyClassName,
                            InsightText.Share(suspect.ProbabilityWrong), string.Join("; ", suspect.Reasons));
                    }

                    console.Write(table);
                    console.Profile.Out.Writer.WriteLine(InsightText.Basis(state));
                });
        });
        HelpWithExamples.Add(
            command,
            "labeler suspects scenes --limit 20",
            "labeler suspects scenes --labeler anna --min-probability 0.9 --json",
            "labeler suspects scenes --limit 1000 --out suspects.csv");
        return command;
    }

    private static async Task WriteAsync(
        CommandRun run, List<SuspectedAnnotation> suspects, TargetOptions target, ITableFormat format, CancellationToken cancellationToken)
    {
        await using var output = AtomicFile.Create(run.Get(target.Out));
        await using (var writer = format.OpenWriter(output.Stream, RowKind.Predictions, Columns, new WriteOptions(run.Get(target.SpreadsheetSafe))))
        {
            foreach (var suspect in suspects)
            {
                Cell[] cells =
                [
                    Cell.Of(suspect.ItemId), Cell.Of(suspect.LabelerId), Cell.Of(suspect.ClassName), Cell.Of(suspect.LikelyClassName),
                    Cell.Of(suspect.LikelyClassProbability), Cell.Of(suspect.ProbabilityWrong), Cell.Of(string.Join("; ", suspect.Reasons)),
                ];
                await writer.WriteAsync(cells, cancellationToken);
            }

            await writer.CompleteAsync(cancellationToken);
        }

        await output.CompleteAsync(cancellationToken);
    }

    private static object Document(SuspectedAnnotation suspect) => new
    {
        suspect.Annotation,
        Item = suspect.ItemId,
        Labeler = suspect.LabelerId,
        Label = suspect.ClassName,
        Likely = suspect.LikelyClassName,
        LikelyProbability = suspect.LikelyClassProbability,
        suspect.ProbabilityWrong,
        suspect.Reasons,
    };
}
