using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary>Quotas of keys, as <c>key create</c> takes them and <c>key list</c> shows them.</summary>
internal static class KeyQuotas
{
    /// <summary>The quota of a key to create; null where nothing is said.</summary>
    public static KeyQuota? Read(long? annotations, long? items)
    {
        if (annotations is null && items is null)
        {
            return null;
        }

        var quota = new KeyQuota();
        if (annotations is { } most)
        {
            quota.AnnotationsPerDay = most;
        }

        if (items is { } mostItems)
        {
            quota.ItemsPerDay = mostItems;
        }

        return quota;
    }

    /// <summary>What was stored today of what may be: <c>12 of 100 annotations</c>; nothing where nothing is limited.</summary>
    public static string Text(ApiKey key) => key.Quota is not { } quota ? "" : string.Join(", ", [
        .. Part("annotations", quota.AnnotationsPerDay, key.UsageToday?.Annotations), .. Part("items", quota.ItemsPerDay, key.UsageToday?.Items)]);

    /// <summary>The quota and today's use for <c>--json</c>.</summary>
    public static object? Document(ApiKey key) => key.Quota is not { } quota ? null : new
    {
        AnnotationsPerDay = quota.HasAnnotationsPerDay ? quota.AnnotationsPerDay : (long?)null,
        ItemsPerDay = quota.HasItemsPerDay ? quota.ItemsPerDay : (long?)null,
        AnnotationsToday = key.UsageToday?.Annotations ?? 0,
        ItemsToday = key.UsageToday?.Items ?? 0,
    };

    private static string[] Part(string what, long most, long? stored) =>
        most == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{stored ?? 0} of {most} {what}")];
}
