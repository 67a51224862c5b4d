using LabelerService.Storage.Requests;
using LabelerService.Storage.Security;

namespace LabelerService.Storage.Ingest;

/// <summary>A checked batch on its way into the database: all of it is written or none.</summary>
/// <param name="batch">The annotations.</param>
/// <param name="request">Its request id, if it has one.</param>
/// <param name="key">The key whose quota it counts against; null for none.</param>
internal sealed class AnnotationMessage(AnnotationBatch batch, RequestIdentity? request, KeyAllowance? key = null)
{
    public AnnotationBatch Batch { get; } = batch;

    public RequestIdentity? Request { get; } = request;

    public KeyAllowance? Key { get; } = key;
}

/// <summary>What became of a message in one attempt: written, refused, or left for a later one.</summary>
/// <param name="Result">What it changed, if it is stored.</param>
/// <param name="Error">Why it is not stored, if it never will be.</param>
internal readonly record struct MessageOutcome(AnnotationWriteResult? Result, Exception? Error)
{
    /// <summary>Neither: the message has to be given again.</summary>
    public bool IsPostponed => Result is null && Error is null;
}
