using Google.Protobuf;
using LabelerService.Storage.Requests;

namespace LabelerService.Server.Mapping;

/// <summary>Makes the identity of a request that carries a <c>request_id</c>.</summary>
internal static class RequestIds
{
    /// <summary>The identity; null without an id. The request must no longer hold the id, so that the hash covers only the content.</summary>
    public static RequestIdentity? Identify(Guid? id, string method, IMessage body)
    {
        if (id is not { } given)
        {
            return null;
        }

        // Some clients write maps in another order each time; the same content must hash the same.
        using var bytes = new MemoryStream(body.CalculateSize());
        using (var output = new CodedOutputStream(bytes, leaveOpen: true) { Deterministic = true })
        {
            body.WriteTo(output);
        }

        return RequestIdentity.ForBody(given, method, bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }
}
