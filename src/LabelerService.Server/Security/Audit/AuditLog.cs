using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using LabelerService.Core.Errors;
using LabelerService.Storage.Audit;

namespace LabelerService.Server.Security.Audit;

/// <summary>
/// Writes down calls: that one begins, before anything is done, and how it ended. A call that cannot be written down is not made. The head of the
/// chain goes to the service's log with each event, where whoever has the database cannot reach it.
/// </summary>
/// <param name="store">The chain.</param>
/// <param name="key">Key of the requests' digests: nobody who only reads the log can try requests until one fits.</param>
/// <param name="logger">Where heads go.</param>
internal sealed partial class AuditLog(AuditStore store, byte[] key, ILogger<AuditLog> logger)
{
    /// <summary>Notes that a call begins.</summary>
    /// <returns>The event's number.</returns>
    /// <exception cref="ServiceException">UNAVAILABLE: it cannot be written, so the call must not be made.</exception>
    public async Task<long> BeginAsync(Caller caller, string method, IMessage? request, CancellationToken cancel)
    {
        var write = new AuditWrite(caller.Name, caller.Role, method, AuditStore.Begun, request is null ? "" : AuditedName.Of(request))
        {
            RequestDigest = request is null ? [] : Digest(method, request),
        };
        return (await AppendAsync([write], cancel)).Sequence;
    }

    /// <summary>Notes how a call ended. It has ended already, so that a failure here only leaves the beginning without an end.</summary>
    public async Task EndAsync(Caller caller, string method, long begun, string outcome, string resource)
    {
        try
        {
            // The caller may have gone away meanwhile; what was done is done.
            await AppendAsync([new AuditWrite(caller.Name, caller.Role, method, outcome, resource) { Begun = begun }], CancellationToken.None);
        }
        catch (ServiceException error)
        {
            LogUnended(begun, method, outcome, error.Message);
        }
    }

    /// <summary>Appends refusals.</summary>
    public Task AppendRefusalsAsync(IReadOnlyList<AuditWrite> refusals, CancellationToken cancel) => AppendAsync(refusals, cancel);

    private async Task<AuditRecord> AppendAsync(IReadOnlyList<AuditWrite> events, CancellationToken cancel)
    {
        var last = await store.AppendAsync(events, cancel);
        LogHead(last.Sequence, last.Method, last.Outcome, Convert.ToHexStringLower(last.Hash));
        return last;
    }

    private byte[] Digest(string method, IMessage request)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(Encoding.UTF8.GetBytes(method));
        mac.AppendData([0]);
        mac.AppendData(request.ToByteArray());
        return mac.GetHashAndReset();
    }

    [LoggerMessage(EventId = 430, Level = LogLevel.Information, Message = "Audit event {Sequence}: {Method} {Outcome}; the chain's head is {Head}.")]
    private partial void LogHead(long sequence, string method, string outcome, string head);

    [LoggerMessage(EventId = 431, Level = LogLevel.Error,
        Message = "Audit event {Sequence} says that {Method} began, and no event that it ended ({Outcome}): {Problem}")]
    private partial void LogUnended(long sequence, string method, string outcome, string problem);
}
