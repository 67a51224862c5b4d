using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using Spectre.Console;

namespace LabelerService.Cli.Commands;

/// <summary><c>algorithms</c>: what can be trained and what can be set.</summary>
internal static class AlgorithmsCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("algorithms", "List the algorithms and their settings");
        host.Handle(command, async (run, cancellationToken) =>
        {
            var answer = await run.Service.Training.ListAlgorithmsAsync(new ListAlgorithmsRequest(), cancellationToken: cancellationToken);
            var document = new
            {
                Algorithms = answer.Algorithms.Select(algorithm => new
                {
                    Id = algorithm.AlgorithmId,
                    algorithm.DisplayName,
                    algorithm.Description,
                    algorithm.Reference,
                    Settings = algorithm.Settings.Select(
                        setting => new { setting.Key, setting.Type, Default = setting.DefaultValue, setting.Description }),
                }),
            };
            run.Terminal.Result(document, console =>
            {
                foreach (var algorithm in answer.Algorithms)
                {
                    console.MarkupLineInterpolated($"[bold]{algorithm.AlgorithmId}[/]  {algorithm.DisplayName}. {algorithm.Description}");
                    console.MarkupLineInterpolated($"     [grey]{algorithm.Reference}[/]");
                    var table = Tables.Create("--set", "default", "type", "what it does");
                    foreach (var setting in algorithm.Settings)
                    {
                        table.AddTextRow(setting.Key, setting.DefaultValue, setting.Type, setting.Description);
                    }

                    console.Write(table);
                }
            });
        });
        HelpWithExamples.Add(command, "labeler algorithms");
        return command;
    }
}
