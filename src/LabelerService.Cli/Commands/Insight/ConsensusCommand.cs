using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Commands.Export;
using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Insight;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Insight;

/// <summary><c>consensus</c>: what labelers make of the items together.</summary>
internal static class ConsensusCommand
{
    public static Command Create(CommandHost host)
    {
        var dataset = CommonArguments.Dataset();
        var all = new Option<bool>("--all-items") { Description = "Items without annotations too" };
        var limit = InsightOptions.Number("--limit", "Items to show where no file is written, the least sure first", 20);
        var command = new Command("consensus", "Work out the classes of items from everybody's annotations, and how sure they are")
        {
            dataset, all, limit,
        };
        var options = InsightOptions.AddTo(command, intervals: true);
        var target = TargetOptions.AddOptionalTo(command, RowKind.Predictions);
        host.Handle(command, async (run, cancellationToken) =>
        {
            var (name, settings) = (run.Get(dataset), options.Read(run));
            var format = run.Has(target.Out) ? target.Choose(run) : null;
            var state = await InsightRefresh.RunAsync(
                run.Service, run.Terminal, run.Time,
                new RefreshInsightsRequest { Parent = name, Settings = settings, Parts = { InsightPart.Consensus } }, cancellationToken);
            if (format is null)
            {
                await ShowAsync(run, name, settings, run.Get(all), run.Get(limit), cancellationToken);
            }
            else
            {
                await WriteAsync(run, name, settings, run.Get(all), state, target, format, cancellationToken);
            }
        });
        HelpWithExamples.Add(
            command,
            "labeler consensus scenes --method ds --out consensus.csv",
            "labeler consensus scenes --intervals --out consensus.parquet",
            "labeler consensus scenes --model datasets/scenes/models/consensus --out consensus.jsonl",
            "labeler consensus scenes --limit 50");
        return command;
    }

    private static async Task ShowAsync(
        CommandRun run, string dataset, InsightSettings settings, bool all, int limit, CancellationToken cancellationToken)
    {
        InsightState state = new();
        var items = await Paging.AllAsync<ItemConsensus>(async token =>
        {
            var page = await run.Service.Insight.ListItemConsensusAsync(
                new ListItemConsensusRequest
                {
                    Parent = dataset,
                    Settings = settings,
                    Order = ItemConsensusOrder.ProbabilityWrong,
                    IncludeUnannotated = all,
                    PageSize = Math.Min(limit, Paging.PageSize),
                    PageToken = token,
                },
                cancellationToken: cancellationToken);
            state = page.State;
            return (page.Items, page.NextPageToken);
        }, cancellationToken).Take(limit).ToListAsync(cancellationToken);
        run.Terminal.Result(
            new { Dataset = dataset, State = InsightText.Document(state), Items = items.Select(Document) },
            console =>
            {
                var table = Tables.Create("item", "class", "by the method", "wrong with", "difficulty", "annotations");
                foreach (var item in items)
                {
                    table.AddTextRow(
                        Tables.Shorten(item.ItemId), item.ClassName, InsightText.Of(item.Probability), InsightText.Share(item.ProbabilityWrong),
                        InsightText.Share(item.Difficulty), $"{item.Probability.Count:N0}");
                }

                console.Write(table);
                console.Profile.Out.Writer.WriteLine(InsightText.Basis(state));
            });
    }

    private static async Task WriteAsync(
        CommandRun run, string dataset, InsightSettings settings, bool all, InsightState state, TargetOptions target, ITableFormat format,
        CancellationToken cancellationToken)
    {
        var path = run.Get(target.Out);
        var start = run.Time.GetTimestamp();
        await using var output = AtomicFile.Create(path);
        var (rows, written) = await ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
        {
            var item = board.Add($"{dataset} → {Path.GetFileName(path)}");
            using var call = run.Service.Insight.ExportItemConsensus(
                new ExportItemConsensusRequest { Parent = dataset, Settings = settings, IncludeUnannotated = all },
                cancellationToken: cancellationToken);
            await using var writer = new ConsensusWriter(output.Stream, format, new WriteOptions(run.Get(target.SpreadsheetSafe)));
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                var block = call.ResponseStream.Current;
                state = block.State ?? state;
                await writer.WriteAsync(block, cancellationToken);
                item.SetCount(writer.Rows, Math.Max(writer.Rows, all ? state.ItemCount : state.AnnotatedItemCount), "items");
            }

            await writer.CompleteAsync(cancellationToken);
            return (writer.Rows, state);
        });
        await output.CompleteAsync(cancellationToken);
        var seconds = run.Time.GetElapsedTime(start).TotalSeconds;
        run.Terminal.Result(
            new { Dataset = dataset, File = path, Format = format.Name, Items = rows, Seconds = Math.Round(seconds, 3), State = InsightText.Document(written) },
            $"{rows:N0} items in {path}; {InsightText.Basis(written)}");
    }

    private static object Document(ItemConsensus item) => new
    {
        Item = item.ItemId,
        Class = item.ClassName,
        Probability = InsightText.Document(item.Probability),
        item.Probabilities,
        item.ProbabilityWrong,
        item.Difficulty,
        Annotations = item.Probability.Count,
        GoldClassIndex = item.HasGoldClassIndex ? item.GoldClassIndex : (int?)null,
    };
}
