using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>audit list|verify</c>.</summary>
internal static class AuditCommand
{
    private const int HeadDigits = 64;

    public static Command Create(CommandHost host)
    {
        var command = new Command("audit", "What admins have done, and whether the log of it is whole (with an admin's key)") { List(host), Verify(host) };
        HelpWithExamples.Add(command, "labeler audit list --since 7d", "labeler audit verify");
        return command;
    }

    private static Command List(CommandHost host)
    {
        var since = new Option<Since?>("--since")
        {
            Description = "Only events of this time (UTC) or later, or of the last days, hours or minutes [default: all]",
            HelpName = "TIME|7d",
            CustomParser = result => CommonArguments.Parse(result, Since.Parse, "a time is 2026-11-28, 2026-11-28T12:00Z, or as long ago as 7d, 12h, 30m"),
        };
        var command = new Command("list", "List the events in the order they were written") { since };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var from = run.Get(since)?.At(run.Time.GetUtcNow()) is { } time ? Timestamp.FromDateTimeOffset(time) : null;
            var events = await Paging.AllAsync<AuditEvent>(async token =>
            {
                var page = await run.Service.Audit.ListAuditEventsAsync(
                    new ListAuditEventsRequest { PageSize = Paging.PageSize, PageToken = token, Since = from }, cancellationToken: cancellationToken);
                return (page.AuditEvents, page.NextPageToken);
            }, cancellationToken).ToListAsync(cancellationToken);
            run.Terminal.Result(new { AuditEvents = events.Select(Document) }, console =>
            {
                var table = Tables.Create("event", "time", "actor", "role", "method", "resource", "outcome", "count");
                foreach (var entry in events)
                {
                    table.AddTextRow(
                        Number(entry.Name), Tables.Time(entry.Time), entry.Actor, entry.Role, Short(entry.Method), entry.Resource, Outcome(entry),
                        entry.Count.ToString(CultureInfo.InvariantCulture));
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler audit list --since 2026-11-28", "labeler audit list --since 12h --json");
        return command;
    }

    private static Command Verify(CommandHost host)
    {
        var head = new Option<string?>("--head")
        {
            Description = "A head that you noted earlier: proves that the log still contains all it contained then",
            HelpName = "HASH",
            CustomParser = result => CommonArguments.Parse(
                result, text => text.Length == HeadDigits && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null,
                "a head has 64 hexadecimal digits, as `labeler audit verify` and the service's log show it"),
        };
        var command = new Command("verify", "Compute the log's chain of hashes anew: exit code 1 if somebody has tampered with it") { head };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var noted = run.Get(head) ?? "";
            var found = await run.Service.Audit.VerifyAuditLogAsync(new VerifyAuditLogRequest { Head = noted }, cancellationToken: cancellationToken);
            run.ExitCode = found.Findings.Count == 0 ? CommandHost.Done : CommandHost.Failed;
            run.Terminal.Result(
                new
                {
                    Whole = found.Findings.Count == 0,
                    Events = found.EventCount,
                    found.Head,
                    NotedEvent = found.NotedEvent.Length == 0 ? null : found.NotedEvent,
                    Findings = found.Findings.Select(finding => new
                    {
                        Kind = finding.Kind.ToString().ToLowerInvariant(),
                        AuditEvent = finding.AuditEvent.Length == 0 ? null : finding.AuditEvent,
                        finding.Description,
                    }),
                },
                string.Join('\n', Lines(found)));
        });
        HelpWithExamples.Add(
            command, "labeler audit verify", "labeler audit verify --head 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        return command;
    }

    private static IEnumerable<string> Lines(VerifyAuditLogResponse found)
    {
        var events = string.Create(CultureInfo.InvariantCulture, $"{found.EventCount:N0} events");
        yield return found.Findings.Count == 0 ? $"The audit log is whole: {events}." : $"Somebody has tampered with the audit log: {events}.";
        foreach (var finding in found.Findings)
        {
            yield return $"  {(finding.AuditEvent.Length == 0 ? "" : $"event {Number(finding.AuditEvent)}: ")}{finding.Description}";
        }

        if (found.NotedEvent.Length > 0)
        {
            yield return $"The head that you noted is event {Number(found.NotedEvent)}{(found.Findings.Count == 0 ? ": nothing up to it was changed since" : "")}.";
        }

        yield return $"Head: {found.Head}";
    }

    private static object Document(AuditEvent entry) => new
    {
        entry.Name,
        Time = entry.Time?.ToDateTimeOffset(),
        entry.Actor,
        entry.Role,
        entry.Method,
        entry.Resource,
        entry.Outcome,
        Begun = entry.Begun.Length == 0 ? null : entry.Begun,
        entry.Count,
        entry.RequestDigest,
        entry.Hash,
    };

    private static string Outcome(AuditEvent entry) => entry.Begun.Length == 0 ? entry.Outcome : $"{entry.Outcome} (of {Number(entry.Begun)})";

    private static string Number(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static string Short(string method) => method.StartsWith("labeler.v1.", StringComparison.Ordinal) ? method["labeler.v1.".Length..] : method;

    /// <summary>A moment, or how long ago.</summary>
    private sealed record Since(DateTimeOffset? Moment, TimeSpan Ago)
    {
        public static Since? Parse(string text)
        {
            if (KeyCommand.ParseLifetime(text) is { } ago)
            {
                return new Since(null, ago);
            }

            const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
            string[] forms = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK"];
            return DateTimeOffset.TryParseExact(text, forms, CultureInfo.InvariantCulture, Utc, out var moment) ? new Since(moment, default) : null;
        }

        public DateTimeOffset At(DateTimeOffset now) => Moment ?? now - Ago;
    }
}
