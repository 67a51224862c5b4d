using System.Security.Cryptography;

namespace LabelerService.Storage.Requests;

/// <summary>
/// Identifies one mutating request (AIP-155), so that its repetition has no second effect and gets the first answer. It is written in
/// the transaction of the effect. The same id with another method or body is an InvalidArgument.
/// </summary>
/// <param name="Id">The caller's <c>request_id</c>.</param>
/// <param name="Method">Full method name, e.g. <c>labeler.v1.AnnotationService/WriteAnnotations</c>.</param>
/// <param name="BodyHash">SHA-256 over the serialised request without its request id.</param>
public sealed record RequestIdentity(Guid Id, string Method, ReadOnlyMemory<byte> BodyHash)
{
    /// <summary>Identity of a request with the given serialised body.</summary>
    public static RequestIdentity ForBody(Guid id, string method, ReadOnlySpan<byte> body) => new(id, method, SHA256.HashData(body));
}
