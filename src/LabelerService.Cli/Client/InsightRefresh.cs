using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client;

/// <summary>Has insight worked out while its progress is shown, so that the calls that fetch it answer at once.</summary>
internal static class InsightRefresh
{
    /// <summary>Waits until everything asked for is there.</summary>
    /// <param name="connection">The service.</param>
    /// <param name="terminal">Where progress and warnings go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Ends the waiting, and the work if nobody else waits.</param>
    public static async Task<InsightState> RunAsync(
        ServiceConnection connection, Terminal terminal, TimeProvider time, RefreshInsightsRequest request, CancellationToken cancellationToken)
    {
        var state = await ProgressBoard.RunAsync(terminal, time, board => FollowAsync(connection, board, request, cancellationToken));
        foreach (var warning in state.Warnings)
        {
            terminal.Warn(warning.Text);
        }

        return state;
    }

    private static async Task<InsightState> FollowAsync(
        ServiceConnection connection, ProgressBoard board, RefreshInsightsRequest request, CancellationToken cancellationToken)
    {
        using var call = connection.Insight.RefreshInsights(request, cancellationToken: cancellationToken);
        var (phase, item) = ("", default(ProgressItem));
        InsightState? state = null;
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            var progress = call.ResponseStream.Current;
            if (progress.State is not null)
            {
                state = progress.State;
                continue;
            }

            if (progress.Phase != phase)
            {
                item?.Finish("done");
                (phase, item) = (progress.Phase, board.Add(progress.Phase));
            }

            item!.SetShare(progress.Fraction, $"{progress.Fraction * 100:0} %");
        }

        item?.Finish("done");
        return state ?? throw new CommandException("the service ended the work without a result; run the command again");
    }
}
