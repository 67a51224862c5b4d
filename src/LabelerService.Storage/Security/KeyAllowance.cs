using LabelerService.Core.Access;

namespace LabelerService.Storage.Security;

/// <summary>Whose writes are counted, and how many there may be on one day. Who writes without one is not counted.</summary>
/// <param name="KeyId">Public id of the key.</param>
/// <param name="AnnotationsPerDay">Annotations created, revised or retracted; 0 for no limit.</param>
/// <param name="ItemsPerDay">Items created or changed; 0 for no limit.</param>
public sealed record KeyAllowance(string KeyId, long AnnotationsPerDay, long ItemsPerDay)
{
    /// <summary>What a key may have stored; null where nothing is limited.</summary>
    public static KeyAllowance? Of(string keyId, KeyQuota quota) =>
        quota is { AnnotationsPerDay: null or 0, ItemsPerDay: null or 0 } ? null : new(keyId, quota.AnnotationsPerDay ?? 0, quota.ItemsPerDay ?? 0);
}
