using System.Collections.Frozen;
using System.Security.Claims;
using Grpc.Core;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Storage.Security;

namespace LabelerService.Server.Security;

/// <summary>Who calls, and what that caller may touch. Made by an authentication scheme, never by a handler.</summary>
internal sealed record Caller
{
    /// <summary>A caller without a key where such callers are let in: a developer's own machine.</summary>
    public static Caller Anonymous { get; } = new() { Name = "anonymous", Role = Role.Admin };

    /// <summary>For logs: the key's resource name, the subject of a token, or <c>anonymous</c>. Never a secret.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do, see <see cref="MethodAccess"/>.</summary>
    public required Role Role { get; init; }

    /// <summary>Ids of the datasets it may touch; null for all.</summary>
    public FrozenSet<string>? Datasets { get; init; }

    /// <summary>The one labeler it may submit as; null unless its role is <see cref="Role.Labeler"/>.</summary>
    public string? LabelerId { get; init; }

    /// <summary>Id of the API key; null for other callers.</summary>
    public string? KeyId { get; init; }

    /// <summary>How much it may call, where its key says so.</summary>
    public CallLimits Limits { get; init; }

    /// <summary>The key's quota, to be handed to whatever stores annotations or items; null without one.</summary>
    public KeyAllowance? Allowance { get; init; }

    /// <summary>When its credential ends; null for never.</summary>
    public DateTimeOffset? ExpireTime { get; init; }

    /// <summary>The caller of an HTTP request; null where nobody authenticated.</summary>
    public static Caller? Find(HttpContext? http) => (http?.User as CallerPrincipal)?.Caller;

    /// <summary>The caller of a gRPC call.</summary>
    public static Caller Of(ServerCallContext context) => Of(context.GetHttpContext());

    /// <summary>The caller of an HTTP request that has passed authorization.</summary>
    public static Caller Of(HttpContext? http) =>
        Find(http) ?? throw new InvalidOperationException("A handler was reached without a caller: the call bypassed authorization.");

    /// <summary>Refuses a dataset outside the caller's scope, whether or not it exists.</summary>
    /// <exception cref="ServiceException">PERMISSION_DENIED naming the field.</exception>
    public void CheckDataset(string id, string field)
    {
        if (Datasets is { } scope && !scope.Contains(id))
        {
            throw new ServiceException(
                ErrorKind.PermissionDenied, "DATASET_FORBIDDEN", $"This credential does not reach datasets/{id}. Use one whose datasets include it.",
                new FieldViolation(field, "is outside the datasets of this credential"));
        }
    }

    /// <summary>A text that is the same for two callers exactly if they see the same datasets; for page tokens.</summary>
    public string ScopeText() => Datasets is null ? "*" : string.Join(',', Datasets.Order(StringComparer.Ordinal));
}

/// <summary>The principal of a request, with its caller.</summary>
internal sealed class CallerPrincipal(Caller caller, string scheme)
    : ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, caller.Name)], scheme))
{
    /// <summary>Who calls.</summary>
    public Caller Caller => caller;
}
