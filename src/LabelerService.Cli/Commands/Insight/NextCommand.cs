using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Commands.Export;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Insight;

/// <summary><c>next</c>: what to have annotated next, and by whom.</summary>
internal static class NextCommand
{
    private static readonly Column[] Columns =
    [
        new("item"), new("labeler"), new("score", ColumnType.Double), new("expected_information_gain", ColumnType.Double),
        new("probability_wrong", ColumnType.Double), new("class"), new("annotations", ColumnType.Double), new("reason"),
    ];

    public static Command Create(CommandHost host)
    {
        var dataset = CommonArguments.Dataset();
        var count = InsightOptions.Number("--count", "Annotations to ask for, at most 10000", 20);
        var filter = new Option<string>("--filter")
        {
            Description = "Only these items, for example 'split = TRAIN' [default: all without a gold class]",
            HelpName = "FILTER",
            DefaultValueFactory = _ => "",
        };
        var policy = new Option<SuggestionPolicy>("--policy")
        {
            Description = "By what items are chosen: expected information for its cost, ActiveLab's score (needs --model), or the least sure "
                + "[default: information]",
            HelpName = "information|activelab|uncertainty",
            DefaultValueFactory = _ => SuggestionPolicy.ExpectedInformationGain,
            CustomParser = result => CommonArguments.Parse<SuggestionPolicy?>(
                result, PolicyOf, "a policy is information, activelab or uncertainty") ?? SuggestionPolicy.ExpectedInformationGain,
        };
        var labelers = new Option<LabelerTerms[]>("--labeler")
        {
            Description = "Ask only this labeler, and others given so; with cost and most annotations if wanted; may be repeated",
            HelpName = "ID[:cost=C,max=N]",
            CustomParser = result => [.. result.Tokens.Select(token =>
            {
                if (LabelerTermsText.Parse(token.Value) is { } terms)
                {
                    return terms;
                }

                result.AddError($"--labeler cannot be \"{token.Value}\": {LabelerTermsText.Rule}");
                return new LabelerTerms();
            })],
        };
        labelers.Names(NameKind.Labeler);
        var perItem = InsightOptions.Number("--max-per-item", "Most annotations of one item at once", 1);
        var done = InsightOptions.Probability("--done", "Items whose consensus is wrong with less than this need no more [default: none is done]");
        var command = new Command("next", "Say what to have annotated next, and by whom, so that each annotation tells most")
        {
            dataset, count, filter, policy, labelers, perItem, done,
        };
        var options = InsightOptions.AddTo(command);
        var target = TargetOptions.AddOptionalTo(command, RowKind.Predictions);
        host.Handle(command, async (run, cancellationToken) =>
        {
            var (name, settings) = (run.Get(dataset), options.Read(run));
            var format = run.Has(target.Out) ? target.Choose(run) : null;
            await InsightRefresh.RunAsync(
                run.Service, run.Terminal, run.Time,
                new RefreshInsightsRequest { Parent = name, Settings = settings, Parts = { InsightPart.Consensus } }, cancellationToken);
            var request = new SuggestAnnotationsRequest
            {
                Parent = name,
                Settings = settings,
                Count = run.Get(count),
                Filter = run.Get(filter),
                Policy = run.Get(policy),
                MaxPerItem = run.Get(perItem),
                DoneProbabilityWrong = run.Get(done),
                OnlyListedLabelers = run.Has(labelers),
            };
            request.Labelers.AddRange(run.Get(labelers) ?? []);
            var answer = await run.Service.Insight.SuggestAnnotationsAsync(request, cancellationToken: cancellationToken);
            if (format is not null)
            {
                await WriteAsync(run, answer, target, format, cancellationToken);
            }

            if (answer.CandidateItems == 0)
            {
                run.Terminal.Warn(run.Get(filter).Length > 0
                    ? "no item matches the filter"
                    : "every item has a gold class, or there is none at all; --filter 'split = TRAIN' takes items with a gold class too");
            }
            else if (answer.Suggestions.Count == 0 && answer.DoneItems < answer.CandidateItems)
            {
                run.Terminal.Warn("whoever may be asked has annotated every item that is not done, or could tell nothing of it");
            }

            Show(run, name, answer, format is null ? null : run.Get(target.Out));
        });
        HelpWithExamples.Add(
            command,
            "labeler next scenes --count 20",
            "labeler next scenes --count 200 --filter 'split = TRAIN' --out next.csv",
            "labeler next scenes --labeler anna:cost=5,max=30 --labeler ben --max-per-item 2",
            "labeler next scenes --policy activelab --model datasets/scenes/models/consensus --json");
        return command;
    }

    private static void Show(CommandRun run, string dataset, SuggestAnnotationsResponse answer, string? file) => run.Terminal.Result(
        new
        {
            Dataset = dataset,
            File = file,
            answer.CandidateItems,
            answer.DoneItems,
            State = InsightText.Document(answer.State),
            Suggestions = answer.Suggestions.Select(suggestion => new
            {
                Item = suggestion.ItemId,
                Labeler = suggestion.LabelerId.Length > 0 ? suggestion.LabelerId : null,
                suggestion.Score,
                suggestion.ExpectedInformationGain,
                suggestion.ProbabilityWrong,
                Class = suggestion.ClassName,
                Annotations = suggestion.AnnotationCount,
                suggestion.Reason,
            }),
        },
        console =>
        {
            if (file is null)
            {
                var table = Tables.Create("item", "labeler", "information (nats)", "class so far", "wrong with", "annotations", "why");
                foreach (var suggestion in answer.Suggestions)
                {
                    table.AddTextRow(
                        Tables.Shorten(suggestion.ItemId), suggestion.LabelerId.Length > 0 ? Tables.Shorten(suggestion.LabelerId) : "any",
                        InsightText.Share(suggestion.ExpectedInformationGain), suggestion.ClassName, InsightText.Share(suggestion.ProbabilityWrong),
                        $"{suggestion.AnnotationCount:N0}", suggestion.Reason);
                }

                console.Write(table);
            }

            console.Profile.Out.Writer.WriteLine(
                $"{answer.Suggestions.Count:N0} annotations{(file is null ? "" : $" in {file}")}; of {answer.CandidateItems:N0} items "
                + $"{answer.DoneItems:N0} are done; {InsightText.Basis(answer.State)}");
        });

    private static async Task WriteAsync(
        CommandRun run, SuggestAnnotationsResponse answer, TargetOptions target, ITableFormat format, CancellationToken cancellationToken)
    {
        await using var output = AtomicFile.Create(run.Get(target.Out));
        await using (var writer = format.OpenWriter(output.Stream, RowKind.Predictions, Columns, new WriteOptions(run.Get(target.SpreadsheetSafe))))
        {
            foreach (var suggestion in answer.Suggestions)
            {
                Cell[] cells =
                [
                    Cell.Of(suggestion.ItemId), Cell.Of(suggestion.LabelerId), Cell.Of(suggestion.Score), Cell.Of(suggestion.ExpectedInformationGain),
                    Cell.Of(suggestion.ProbabilityWrong), Cell.Of(suggestion.ClassName), Cell.Of((double)suggestion.AnnotationCount),
                    Cell.Of(suggestion.Reason),
                ];
                await writer.WriteAsync(cells, cancellationToken);
            }

            await writer.CompleteAsync(cancellationToken);
        }

        await output.CompleteAsync(cancellationToken);
    }

    private static SuggestionPolicy? PolicyOf(string text) => text.ToLowerInvariant() switch
    {
        "information" => SuggestionPolicy.ExpectedInformationGain,
        "activelab" => SuggestionPolicy.ActiveLab,
        "uncertainty" => SuggestionPolicy.Uncertainty,
        _ => null,
    };
}
