using System.Text.Json;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Server.Security;
using LabelerService.Storage.Datasets;

namespace LabelerService.Server.LabelStudio;

/// <summary>A call of Label Studio's about a dataset that the caller may see.</summary>
/// <param name="Dataset">The dataset.</param>
/// <param name="Settings">Settings of the path.</param>
/// <param name="Caller">Who calls.</param>
/// <param name="Body">The body, an object; undefined where the call takes none.</param>
internal sealed record StudioCall(DatasetRecord Dataset, StudioSettings Settings, Caller Caller, JsonElement Body)
{
    /// <summary>Whether the caller may call a method of the API itself.</summary>
    public bool MayCall(string method) => MethodAccess.RolesOf(method).Contains(Caller.Role);

    /// <summary>Refuses a caller who may not call a method of the API itself, which does the same as this.</summary>
    /// <param name="method">Full name of the method.</param>
    /// <param name="what">What is asked for, for people.</param>
    /// <exception cref="ServiceException">PERMISSION_DENIED.</exception>
    public void Require(string method, string what)
    {
        if (!MayCall(method))
        {
            throw new ServiceException(
                ErrorKind.PermissionDenied, "ROLE_FORBIDDEN", $"A key of role {Caller.Role.ToString().ToLowerInvariant()} may not {what}; give Label Studio one of role ingester.");
        }
    }

    /// <summary>Whether the caller is one labeler, who is told of nothing but its own.</summary>
    public bool IsLabeler => Caller.Role == Role.Labeler;
}
