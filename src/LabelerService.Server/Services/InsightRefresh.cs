using System.Threading.Channels;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Server.Insight;

namespace LabelerService.Server.Services;

/// <summary>Tells a client how far the work is while it waits. What it is too slow to hear is left out.</summary>
internal static class InsightRefresh
{
    // A change smaller than this tells nobody anything.
    private const double Step = 0.01;

    /// <summary>Works, and writes progress and the state at the end.</summary>
    public static async Task RunAsync(
        Func<IProgress<InsightProgress>, CancellationToken, Task<InsightState>> work, IServerStreamWriter<RefreshInsightsResponse> stream,
        CancellationToken cancel)
    {
        var channel = Channel.CreateBounded<InsightProgress>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = RunAsync();
        InsightProgress? told = null;
        try
        {
            await foreach (var progress in channel.Reader.ReadAllAsync(CancellationToken.None))
            {
                var isStep = told is not { } last || last.Phase != progress.Phase || progress.Fraction - last.Fraction >= Step
                    || (progress.Fraction >= 1 && last.Fraction < 1);
                if (isStep && !cancel.IsCancellationRequested)
                {
                    told = progress;
                    await stream.WriteAsync(new RefreshInsightsResponse { Phase = progress.Phase, Fraction = progress.Fraction }, cancel);
                }
            }
        }
        catch
        {
            // Nobody hears of it any more.
            await stop.CancelAsync();
            throw;
        }

        var state = await running;
        await stream.WriteAsync(new RefreshInsightsResponse { Phase = told?.Phase ?? "", Fraction = 1, State = state }, cancel);

        async Task<InsightState> RunAsync()
        {
            try
            {
                return await work(new Writer(channel.Writer), stop.Token);
            }
            finally
            {
                channel.Writer.Complete();
            }
        }
    }

    private sealed class Writer(ChannelWriter<InsightProgress> channel) : IProgress<InsightProgress>
    {
        public void Report(InsightProgress value) => channel.TryWrite(value);
    }
}
