using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Storage.Audit;
using StoredFinding = LabelerService.Storage.Audit.AuditFinding;

namespace LabelerService.Server.Mapping;

/// <summary>The audit log between proto and domain.</summary>
internal static class AuditMapping
{
    private const int HashBytes = 32;

    /// <summary>A head that a caller has noted; null for none.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT: it is no head.</exception>
    public static byte[]? ReadHead(string head)
    {
        if (head.Length == 0)
        {
            return null;
        }

        return head.Length == 2 * HashBytes && head.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(head)
            : throw ServiceException.InvalidField("head", "must be 64 hexadecimal digits, as VerifyAuditLog answers and the service's log has it");
    }

    /// <summary>A time from which on events are listed; null for none.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT: it is no time.</exception>
    public static DateTimeOffset? ReadSince(Timestamp? since)
    {
        const long First = -62_135_596_800, Last = 253_402_300_799;
        return since switch
        {
            null => null,
            { Seconds: >= First and <= Last, Nanos: >= 0 and < 1_000_000_000 } => since.ToDateTimeOffset(),
            _ => throw ServiceException.InvalidField("since", "must be a time of the years 1 to 9999"),
        };
    }

    /// <summary>The resource of an event.</summary>
    public static AuditEvent ToResource(AuditRecord record) => new()
    {
        Name = Name(record.Sequence),
        Time = Timestamp.FromDateTimeOffset(record.Time),
        Actor = record.Actor,
        Role = record.Role?.ToString().ToLowerInvariant() ?? "",
        Method = record.Method,
        Resource = record.Resource,
        Outcome = record.Outcome,
        Begun = Name(record.Begun),
        Count = record.Count,
        RequestDigest = Convert.ToHexStringLower(record.RequestDigest),
        Hash = Convert.ToHexStringLower(record.Hash),
    };

    /// <summary>The answer to a verification.</summary>
    public static VerifyAuditLogResponse ToResponse(AuditVerification found)
    {
        var response = new VerifyAuditLogResponse
        {
            EventCount = found.Events,
            Head = Convert.ToHexStringLower(found.Head),
            NotedEvent = Name(found.NotedSequence),
        };
        response.Findings.AddRange(found.Findings.Select(ToFinding));
        return response;
    }

    private static Contracts.V1.AuditFinding ToFinding(StoredFinding finding) => new()
    {
        Kind = (Contracts.V1.AuditFinding.Types.Kind)finding.Kind,
        AuditEvent = Name(finding.Sequence),
        Description = finding.Description,
    };

    private static string Name(long sequence) => sequence == 0 ? "" : ResourceName.AuditEvent(sequence);
}
