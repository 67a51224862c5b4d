using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>watch</c>: follows a run to its end.</summary>
internal static class WatchCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Run();
        var events = new Option<bool>("--events")
        {
            Description = "Print every event as a line of JSON, once and in order, instead of the version's name at the end; not with --json",
        };
        var command = new Command("watch", "Follow a training run to its end, through restarts of the service; prints the model version's name")
        {
            name, events,
        };
        host.Handle(command, (run, cancellationToken) =>
        {
            if (!run.Get(events))
            {
                return RunWaiting.WaitAsync(run, run.Get(name), happened: null, cancellationToken);
            }

            return run.Terminal.Json
                ? throw new UsageException("--events prints a line for each event, --json one document: give one of the two")
                : RunWaiting.WaitAsync(run, run.Get(name), happened => Write(host.Output, happened), cancellationToken);
        });
        HelpWithExamples.Add(
            command,
            "labeler watch datasets/scenes/trainingRuns/0198c1f0",
            "labeler watch datasets/scenes/trainingRuns/0198c1f0 --events | jq .sequence");
        return command;
    }

    private static void Write(TextWriter output, TrainingRunEvent happened)
    {
        output.WriteLine(JsonText.LineOf(RunDocument.Of(happened)));
        output.Flush();
    }
}
