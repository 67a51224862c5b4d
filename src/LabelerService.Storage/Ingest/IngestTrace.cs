using System.Diagnostics;
using LabelerService.Core.Telemetry;

namespace LabelerService.Storage.Ingest;

/// <summary>The activity of a transaction that messages of several calls share: part of the first one's trace, with links to the others'.</summary>
internal static class IngestTrace
{
    // A transaction may hold thousands of messages, and a few of them tell as much.
    private const int MostLinks = 16;

    public static Activity? Start(IReadOnlyList<QueuedMessage> messages)
    {
        if (!ServiceTelemetry.Activities.HasListeners())
        {
            return null;
        }

        var first = messages[0].Trace;
        var links = messages.Select(message => message.Trace).Where(trace => trace != default && trace != first).Distinct().Take(MostLinks);
        return ServiceTelemetry.Activities.StartActivity(
            "write annotations", ActivityKind.Internal, first, tags: [new("labeler.messages", messages.Count)], links.Select(trace => new ActivityLink(trace)));
    }
}
