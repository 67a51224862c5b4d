using System.CommandLine;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands;

/// <summary><c>watch</c>: follows a run to its end.</summary>
internal static class WatchCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Run();
        var command = new Command("watch", "Follow a training run to its end; prints the model version's name") { name };
        host.Handle(command, (run, cancellationToken) => RunWaiting.WaitAsync(run, run.Get(name), cancellationToken));
        HelpWithExamples.Add(command, "labeler watch datasets/scenes/trainingRuns/0198c1f0");
        return command;
    }
}
