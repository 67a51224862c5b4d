using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using Spectre.Console;

namespace LabelerService.Cli.Commands.Insight;

/// <summary><c>aggregators</c>: the ways to aggregate annotations.</summary>
internal static class AggregatorsCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("aggregators", "List the ways to aggregate annotations, for --method");
        host.Handle(command, async (run, cancellationToken) =>
        {
            var answer = await run.Service.Insight.ListAggregatorsAsync(new ListAggregatorsRequest(), cancellationToken: cancellationToken);
            var document = new
            {
                Aggregators = answer.Aggregators.Select(aggregator => new
                {
                    aggregator.Method,
                    aggregator.Title,
                    aggregator.Summary,
                    aggregator.Paper,
                    aggregator.TakesModel,
                    aggregator.NeedsModel,
                    aggregator.TakesGold,
                    aggregator.Ordinal,
                }),
            };
            run.Terminal.Result(document, console =>
            {
                foreach (var aggregator in answer.Aggregators)
                {
                    console.MarkupLineInterpolated($"[bold]{aggregator.Method}[/]  {aggregator.Title}. {aggregator.Summary}{Needs(aggregator)}");
                    console.MarkupLineInterpolated($"     [grey]{aggregator.Paper}[/]");
                }
            });
        });
        HelpWithExamples.Add(command, "labeler aggregators");
        return command;
    }

    private static string Needs(Aggregator aggregator) =>
        (aggregator.NeedsModel ? " Needs --model." : aggregator.TakesModel ? " Takes --model." : "")
        + (aggregator.Ordinal ? " For ordinal classes." : "");
}
