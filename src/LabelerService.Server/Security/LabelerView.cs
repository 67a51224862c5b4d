using LabelerService.Contracts.V1;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Security;

/// <summary>
/// What a caller of role labeler may say and see: annotations of its own labeler, and items without their gold classes, which would tell
/// it the answers. Callers of other roles pass unchanged.
/// </summary>
internal static class LabelerView
{
    /// <summary>Refuses annotations of another labeler.</summary>
    /// <exception cref="ServiceException">PERMISSION_DENIED naming <c>annotations[i].labeler_id</c>.</exception>
    public static void CheckSubmission(Caller caller, IReadOnlyList<Annotation> annotations)
    {
        if (caller.Role != Role.Labeler)
        {
            return;
        }

        for (var i = 0; i < annotations.Count; i++)
        {
            if (annotations[i].LabelerId != caller.LabelerId)
            {
                throw Foreign($"annotations[{i}].labeler_id");
            }
        }
    }

    /// <summary>The labeler whose annotations a list gives: what the request asks for, and for a labeler its own.</summary>
    /// <exception cref="ServiceException">PERMISSION_DENIED: it asks for another labeler's.</exception>
    public static string Listed(Caller caller, string labelerId) =>
        caller.Role != Role.Labeler || labelerId == caller.LabelerId ? labelerId
        : labelerId.Length == 0 ? caller.LabelerId!
        : throw Foreign("labeler_id");

    /// <summary>Refuses an annotation that another labeler made. One that does not exist looks the same to a labeler.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="labelerId">Who made it; null where there is none.</param>
    /// <param name="field">The request's field that names it.</param>
    /// <exception cref="ServiceException">PERMISSION_DENIED.</exception>
    public static void CheckRead(Caller caller, string? labelerId, string field)
    {
        if (caller.Role == Role.Labeler && labelerId != caller.LabelerId)
        {
            throw Foreign(field);
        }
    }

    /// <summary>An item as the caller may see it.</summary>
    public static Item Show(Caller caller, Item item)
    {
        if (caller.Role == Role.Labeler)
        {
            item.GoldClass = "";
        }

        return item;
    }

    /// <summary>Refuses filters of a labeler that would tell it gold classes one by one.</summary>
    /// <exception cref="ServiceException">PERMISSION_DENIED naming <c>filter</c>.</exception>
    public static void CheckFilter(Caller caller, IReadOnlyList<ItemCondition> conditions)
    {
        if (caller.Role == Role.Labeler && conditions.Any(condition => condition.Property is ItemProperty.GoldClass or ItemProperty.HasGold))
        {
            throw new ServiceException(
                ErrorKind.PermissionDenied, "GOLD_FORBIDDEN", "filter: gold classes are not a labeler's to see.",
                new FieldViolation("filter", "must not ask about gold classes"));
        }
    }

    private static ServiceException Foreign(string field) => new(
        ErrorKind.PermissionDenied, "LABELER_FORBIDDEN", $"{field}: this credential speaks for one labeler only, and this is another.",
        new FieldViolation(field, "is not the labeler of this credential"));
}
