using System.Text.Json.Serialization;

namespace LabelerService.Server.Security.Sessions;

/// <summary>
/// What the cookie of somebody who signed in says. It holds no secret: with a key it names the key's id, with a token the claims that the
/// token was found to make.
/// </summary>
internal sealed record Session
{
    /// <summary>Random, so that no two sessions are the same.</summary>
    [JsonPropertyName("n")]
    public required string Nonce { get; init; }

    /// <summary>When it began.</summary>
    [JsonPropertyName("iat")]
    public required long IssueTime { get; init; }

    /// <summary>When it ends at the latest: seconds since 1970.</summary>
    [JsonPropertyName("exp")]
    public required long ExpireTime { get; init; }

    /// <summary>Id of the key; null for a token's session.</summary>
    [JsonPropertyName("key")]
    public string? KeyId { get; init; }

    /// <summary>Tells this key from another one that is made under its id later; see <see cref="SessionTokens"/>.</summary>
    [JsonPropertyName("fp")]
    public string? KeyFingerprint { get; init; }

    /// <summary>Name of a token's caller.</summary>
    [JsonPropertyName("sub")]
    public string? Name { get; init; }

    /// <summary>Role of a token's caller.</summary>
    [JsonPropertyName("role")]
    public int? Role { get; init; }

    /// <summary>Datasets of a token's caller; null for all.</summary>
    [JsonPropertyName("ds")]
    public string[]? Datasets { get; init; }

    /// <summary>Labeler of a token's caller.</summary>
    [JsonPropertyName("lab")]
    public string? LabelerId { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Session))]
internal sealed partial class SessionFormat : JsonSerializerContext;
