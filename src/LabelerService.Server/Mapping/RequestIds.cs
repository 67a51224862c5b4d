using Google.Protobuf;
using LabelerService.Storage.Requests;

namespace LabelerService.Server.Mapping;

/// <summary>Makes the identity of a request that carries a <c>request_id</c>.</summary>
internal static class RequestIds
{
    /// <summary>The identity; null without an id. The request must no longer hold the id, so that the hash covers only the content.</summary>
    public static RequestIdentity? Identify(Guid? id, string method, IMessage body) =>
        id is { } given ? RequestIdentity.ForBody(given, method, body.ToByteArray()) : null;
}
