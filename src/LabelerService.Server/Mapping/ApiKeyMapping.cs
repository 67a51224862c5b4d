using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Server.Validation;
using LabelerService.Storage.Security;
using CallLimits = LabelerService.Contracts.V1.CallLimits;
using KeyQuota = LabelerService.Contracts.V1.KeyQuota;
using Limits = LabelerService.Core.Access.CallLimits;
using Quota = LabelerService.Core.Access.KeyQuota;

namespace LabelerService.Server.Mapping;

/// <summary>API keys between proto and domain.</summary>
internal static class ApiKeyMapping
{
    private const int MostDatasets = 1_000;

    /// <summary>Reads the key that a request asks for.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the fields at fault.</exception>
    public static ApiKeyWrite Read(ApiKey? key, string id, byte[] hash, DateTimeOffset now)
    {
        if (key is null)
        {
            throw ServiceException.InvalidField("api_key", "must be set");
        }

        var validator = new RequestValidator();
        validator.Text(key.DisplayName, "api_key.display_name");
        validator.Require(
            key.Role != ApiKey.Types.Role.Unspecified && System.Enum.IsDefined(key.Role), "api_key.role",
            "must be ROLE_ADMIN, ROLE_INGESTER, ROLE_LABELER, ROLE_READER or ROLE_TRAINER");
        var datasets = ReadDatasets(key, validator);
        if (key.Role == ApiKey.Types.Role.Labeler)
        {
            validator.ExternalId(key.LabelerId, "api_key.labeler_id");
        }
        else
        {
            validator.Require(key.LabelerId.Length == 0, "api_key.labeler_id", "must be empty unless the role is ROLE_LABELER");
        }

        var expires = ReadExpiry(key.ExpireTime, now, validator);
        var limits = ReadLimits(key.Limits, validator);
        var quota = ReadQuota(key.Quota, validator);
        validator.ThrowIfInvalid();
        return new ApiKeyWrite(
            id, hash, (Role)key.Role, datasets.Count == 0 ? null : datasets, key.LabelerId.Length == 0 ? null : key.LabelerId, key.DisplayName, expires)
        {
            Limits = limits,
            Quota = quota,
        };
    }

    /// <summary>The resource of a stored key.</summary>
    public static ApiKey ToResource(ApiKeyRecord record)
    {
        var key = new ApiKey
        {
            Name = ResourceName.ApiKey(record.Id),
            DisplayName = record.DisplayName,
            Role = (ApiKey.Types.Role)record.Role,
            LabelerId = record.LabelerId ?? "",
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
            ExpireTime = record.ExpireTime is { } end ? Timestamp.FromDateTimeOffset(end) : null,
            LastUseTime = record.LastUseTime is { } use ? Timestamp.FromDateTimeOffset(use) : null,
        };
        key.Datasets.AddRange((record.Datasets ?? []).Select(ResourceName.Dataset));
        if (record.Limits != default)
        {
            key.Limits = ToResource(record.Limits);
        }

        if (record.Quota != default)
        {
            key.Quota = ToResource(record.Quota);
            key.UsageToday = new KeyUsage { Annotations = record.Today.Annotations, Items = record.Today.Items };
        }

        return key;
    }

    private static List<string> ReadDatasets(ApiKey key, RequestValidator validator)
    {
        switch (key.Role)
        {
            case ApiKey.Types.Role.Admin:
                validator.Require(key.Datasets.Count == 0, "api_key.datasets", "must be empty for ROLE_ADMIN, which is for all datasets");
                break;
            case ApiKey.Types.Role.Labeler:
                validator.Require(key.Datasets.Count == 1, "api_key.datasets", "must be the one dataset of the labeler");
                break;
        }

        validator.Require(key.Datasets.Count <= MostDatasets, "api_key.datasets", $"has more than {MostDatasets} entries");
        var ids = new List<string>();
        for (var i = 0; i < key.Datasets.Count && !validator.IsFull; i++)
        {
            var named = ResourceName.TryParseDataset(key.Datasets[i], out var dataset);
            if (validator.Require(named, $"api_key.datasets[{i}]", "must be datasets/{dataset}, its id matching [a-z0-9-]{1,63}")
                && validator.Require(!ids.Contains(dataset!), $"api_key.datasets[{i}]", "repeats a dataset"))
            {
                ids.Add(dataset!);
            }
        }

        return ids;
    }

    private static Limits ReadLimits(CallLimits? limits, RequestValidator validator)
    {
        if (limits is null)
        {
            return default;
        }

        validator.Require(
            !limits.HasRequestsPerSecond || Limits.IsRate(limits.RequestsPerSecond), "api_key.limits.requests_per_second",
            "must be 0.00005 to 1,000,000, or 0 for no limit");
        validator.Require(!limits.HasBurst || limits.Burst is >= 1 and <= Limits.MostAtOnce, "api_key.limits.burst", "must be 1 to 1,000,000");
        validator.Require(
            !limits.HasBurst || (limits.HasRequestsPerSecond && limits.RequestsPerSecond is not 0), "api_key.limits.burst",
            "goes with api_key.limits.requests_per_second");
        validator.Require(
            !limits.HasConcurrentCalls || limits.ConcurrentCalls is >= 0 and <= Limits.MostAtOnce, "api_key.limits.concurrent_calls",
            "must be 1 to 1,000,000, or 0 for no limit");
        return new Limits
        {
            RequestsPerSecond = limits.HasRequestsPerSecond ? limits.RequestsPerSecond : null,
            Burst = limits.HasBurst ? limits.Burst : null,
            ConcurrentCalls = limits.HasConcurrentCalls ? limits.ConcurrentCalls : null,
        };
    }

    private static Quota ReadQuota(KeyQuota? quota, RequestValidator validator)
    {
        const string Allowed = "must be 1 to 1,000,000,000,000, or 0 for no limit";
        if (quota is null)
        {
            return default;
        }

        validator.Require(!quota.HasAnnotationsPerDay || Quota.IsQuota(quota.AnnotationsPerDay), "api_key.quota.annotations_per_day", Allowed);
        validator.Require(!quota.HasItemsPerDay || Quota.IsQuota(quota.ItemsPerDay), "api_key.quota.items_per_day", Allowed);
        return new Quota
        {
            AnnotationsPerDay = quota.HasAnnotationsPerDay ? quota.AnnotationsPerDay : null,
            ItemsPerDay = quota.HasItemsPerDay ? quota.ItemsPerDay : null,
        };
    }

    private static KeyQuota ToResource(Quota quota)
    {
        var resource = new KeyQuota();
        if (quota.AnnotationsPerDay is { } annotations)
        {
            resource.AnnotationsPerDay = annotations;
        }

        if (quota.ItemsPerDay is { } items)
        {
            resource.ItemsPerDay = items;
        }

        return resource;
    }

    private static CallLimits ToResource(Limits limits)
    {
        var resource = new CallLimits();
        if (limits.RequestsPerSecond is { } rate)
        {
            resource.RequestsPerSecond = rate;
        }

        if (limits.Burst is { } burst)
        {
            resource.Burst = burst;
        }

        if (limits.ConcurrentCalls is { } calls)
        {
            resource.ConcurrentCalls = calls;
        }

        return resource;
    }

    private static DateTimeOffset? ReadExpiry(Timestamp? time, DateTimeOffset now, RequestValidator validator)
    {
        const long Last = 253_402_300_799;
        if (time is null)
        {
            return null;
        }

        if (time.Seconds > now.ToUnixTimeSeconds() && time.Seconds <= Last && time.Nanos is >= 0 and < 1_000_000_000)
        {
            return time.ToDateTimeOffset();
        }

        validator.Add("api_key.expire_time", "must be a time in the future, up to year 9999");
        return null;
    }
}
