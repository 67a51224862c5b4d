using System.Globalization;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Storage.Audit;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.AuditService</c>.</summary>
internal sealed partial class AuditGrpcService(AuditStore audit, PageTokens pages, ILogger<AuditGrpcService> logger) : AuditService.AuditServiceBase
{
    public override async Task<ListAuditEventsResponse> ListAuditEvents(ListAuditEventsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var since = AuditMapping.ReadSince(request.Since);
        var scope = string.Create(CultureInfo.InvariantCulture, $"auditEvents|{since?.UtcTicks}");
        var after = pages.Read(scope, request.PageToken);
        var records = await audit.ListAsync(
            after is null ? 0 : long.Parse(after, CultureInfo.InvariantCulture), since, size + 1, context.CancellationToken);
        var response = new ListAuditEventsResponse();
        response.AuditEvents.AddRange(records.Take(size).Select(AuditMapping.ToResource));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].Sequence.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    public override async Task<VerifyAuditLogResponse> VerifyAuditLog(VerifyAuditLogRequest request, ServerCallContext context)
    {
        var found = await audit.VerifyAsync(AuditMapping.ReadHead(request.Head), context.CancellationToken);
        var response = AuditMapping.ToResponse(found);
        if (found.Findings.Count > 0)
        {
            LogTampered(found.Findings.Count, response.Findings[0].AuditEvent, response.Findings[0].Description);
        }

        return response;
    }

    [LoggerMessage(EventId = 433, Level = LogLevel.Critical, Message = "The audit log was tampered with, {Count} findings; the first at {Event}: {Description}")]
    private partial void LogTampered(int count, string @event, string description);
}
