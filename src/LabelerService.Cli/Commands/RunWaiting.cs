using Grpc.Core;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary>Waits for a run with a progress bar and prints how it ended; for <c>train --wait</c> and <c>watch</c>.</summary>
internal static class RunWaiting
{
    /// <summary>Waits for the end of a run. Standard output gets the name of the model version or backbone (or the run as JSON).</summary>
    /// <exception cref="CommandException">The run failed or was cancelled.</exception>
    /// <param name="command">The command.</param>
    /// <param name="name">Resource name of the run.</param>
    /// <param name="happened">Told every event, once and in order.</param>
    /// <param name="cancellationToken">Ends the waiting, not the run.</param>
    public static async Task WaitAsync(
        CommandRun command, string name, Action<TrainingRunEvent>? happened, CancellationToken cancellationToken)
    {
        TrainingRun ended;
        try
        {
            ended = await ProgressBoard.RunAsync(command.Terminal, command.Time, async board =>
            {
                var item = board.Add("training");
                var progress = new RunProgress(item);
                using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var queue = new QueueWatch(command.Service, command.Time).FollowAsync(name, place => item.Set(0, place), waiting.Token);
                try
                {
                    var run = await new TrainingWatcher(command.Service, command.Time).WaitAsync(
                        name,
                        news =>
                        {
                            progress.Show(news);
                            happened?.Invoke(news);
                        },
                        item.Interrupted, cancellationToken);
                    item.Finish(RunText.State(run.State));
                    return run;
                }
                finally
                {
                    await waiting.CancelAsync();
                    await queue;
                }
            });
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or RpcException)
        {
            throw new CommandException(
                $"no longer waiting; the run goes on. See it with `labeler watch {name}`, stop it with `labeler cancel {name}`");
        }

        switch (ended.State)
        {
            case TrainingRun.Types.State.Succeeded:
                await SayWhyAsync(command, ended, cancellationToken);
                if (happened is null)
                {
                    // A run makes one of the three.
                    string[] made = [ended.Curve, ended.Backbone, ended.ModelVersion];
                    command.Terminal.Result(RunDocument.Of(ended), made.FirstOrDefault(resource => resource.Length > 0) ?? "");
                }

                break;
            case TrainingRun.Types.State.Cancelled:
                throw new CommandException($"{name} was cancelled; it left no model");
            default:
                throw new CommandException($"{name} failed: {ended.FailureMessage}");
        }
    }

    // What a run chose by itself, and why.
    private static async Task SayWhyAsync(CommandRun command, TrainingRun run, CancellationToken cancellationToken)
    {
        if (run.Algorithm != "auto" || run.ModelVersion.Length == 0)
        {
            return;
        }

        var version = await command.Service.Models.GetModelVersionAsync(
            new GetModelVersionRequest { Name = run.ModelVersion }, cancellationToken: cancellationToken);
        if (version.Selection is { } selection)
        {
            command.Terminal.Note($"chose {selection.Reason}");
        }
    }
}
