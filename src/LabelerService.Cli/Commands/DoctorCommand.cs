using System.CommandLine;
using LabelerService.Cli.Diagnosis;
using LabelerService.Cli.Rendering;
using Spectre.Console;

namespace LabelerService.Cli.Commands;

/// <summary><c>doctor</c>: says what is missing or wrong, on this machine and with the service, and how to fix it.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command(
            "doctor", "Say what is missing or wrong, on this machine and with the service, and how to fix it; changes nothing. Exit code 1 if something does not work");
        host.Handle(command, async (run, cancellationToken) =>
        {
            var (service, answers) = await new ServiceChecks(run).RunAsync(cancellationToken);
            var local = run.Connection.Server.IsLoopback;
            var machine = await new MachineChecks("/", run.Host.Variable, servesHere: local && !answers).RunAsync(cancellationToken);
            Finding[] settings = run.Settings.File.Warning is { } warning ? [new Finding("settings file", FindingLevel.Warning, warning)] : [];
            Finding[] findings = [.. machine, .. settings, .. service];
            var problems = findings.Count(finding => finding.Level == FindingLevel.Problem);
            run.ExitCode = problems > 0 ? CommandHost.Failed : CommandHost.Done;
            run.Terminal.Result(
                new
                {
                    Ok = problems == 0,
                    Findings = findings.Select(finding => new { finding.Check, Level = Word(finding.Level), finding.Detail, finding.Fix }),
                },
                console => Show(console, findings));
        });
        HelpWithExamples.Add(command, "labeler doctor", "labeler doctor --server https://labeler.example.org:8081", "labeler doctor --json | jq '.findings[] | select(.level == \"problem\")'");
        return command;
    }

    private static void Show(IAnsiConsole console, IReadOnlyList<Finding> findings)
    {
        var width = findings.Max(finding => finding.Check.Length);
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach (var finding in findings)
        {
            grid.AddRow(new Text(Word(finding.Level), Colour(finding.Level)), new Text(finding.Check.PadRight(width)), new Text(PlainText.Of(finding.Detail)));
            if (finding.Fix is { } fix && finding.Level != FindingLevel.Ok)
            {
                grid.AddRow(Text.Empty, Text.Empty, new Text($"→ {PlainText.Of(fix)}", new Style(decoration: Decoration.Bold)));
            }
        }

        console.Write(grid);
        int Count(FindingLevel level) => findings.Count(finding => finding.Level == level);
        var (problems, warnings) = (Count(FindingLevel.Problem), Count(FindingLevel.Warning));
        console.WriteLine();
        console.WriteLine(problems + warnings == 0 ? "all is well" : $"{Some(problems, "problem")}, {Some(warnings, "warning")}");
    }

    private static string Some(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static string Word(FindingLevel level) => level.ToString().ToLowerInvariant();

    private static Style Colour(FindingLevel level) => new(level switch
    {
        FindingLevel.Ok => Color.Green,
        FindingLevel.Note => Color.Grey,
        FindingLevel.Warning => Color.Yellow,
        _ => Color.Red,
    });
}
