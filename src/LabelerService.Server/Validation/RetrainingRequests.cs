using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Drift;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Scheduling;
using LabelerService.Storage.Retraining;
using DatasetSchema = LabelerService.Core.Datasets.DatasetSchema;
using DomainSplit = LabelerService.Core.Datasets.Split;
using WireSplit = LabelerService.Contracts.V1.Split;

namespace LabelerService.Server.Validation;

/// <summary>Reads what users set of a retraining policy; whatever is wrong is named with its path.</summary>
internal static class RetrainingRequests
{
    private const string Root = "retraining_policy";
    private const int PriorityBound = 100;
    private const int DefaultMinLabels = 50;
    private const double DefaultFalseAlarmRate = 0.05;
    private const double DefaultLevel = 0.95;
    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(366);

    /// <summary>Fields that an update can change, and whether a policy populates them.</summary>
    public static (string Field, bool Populated)[] Changeable(RetrainingPolicy policy) =>
    [
        ("model_id", policy.ModelId.Length > 0), ("algorithm", policy.Algorithm.Length > 0), ("settings", policy.Settings.Count > 0),
        ("seed", policy.Seed != 0), ("seed_mode", policy.SeedMode != RetrainingPolicy.Types.SeedMode.Unspecified), ("priority", policy.Priority != 0), ("warm_start", policy.WarmStart),
        ("triggers", policy.Triggers is not null), ("min_interval", policy.MinInterval is not null), ("promotion", policy.Promotion is not null),
        ("paused", policy.Paused),
    ];

    /// <summary>Puts the masked fields of an update over the policy as it is.</summary>
    public static RetrainingPolicy Merge(RetrainingPolicy current, RetrainingPolicy update, IReadOnlySet<string> fields)
    {
        var merged = current.Clone();
        foreach (var field in fields)
        {
            switch (field)
            {
                case "model_id":
                    merged.ModelId = update.ModelId;
                    break;
                case "algorithm":
                    merged.Algorithm = update.Algorithm;
                    break;
                case "settings":
                    merged.Settings.Clear();
                    merged.Settings.Add(update.Settings);
                    break;
                case "seed":
                    merged.Seed = update.Seed;
                    break;
                case "seed_mode":
                    merged.SeedMode = update.SeedMode;
                    break;
                case "priority":
                    merged.Priority = update.Priority;
                    break;
                case "warm_start":
                    merged.WarmStart = update.WarmStart;
                    break;
                case "triggers":
                    merged.Triggers = update.Triggers;
                    break;
                case "min_interval":
                    merged.MinInterval = update.MinInterval;
                    break;
                case "promotion":
                    merged.Promotion = update.Promotion;
                    break;
                case "paused":
                    merged.Paused = update.Paused;
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(fields), field, "No such field.");
            }
        }

        return merged;
    }

    /// <summary>Reads a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="schema">The dataset's schema, for settings that do not suit its items; null where that is looked at elsewhere.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming every field at fault.</exception>
    public static RetrainingSpec Read(RetrainingPolicy policy, DatasetSchema? schema = null)
    {
        var validator = new RequestValidator();
        validator.Require(
            policy.ModelId.Length == 0 || ResourceName.IsId(policy.ModelId), $"{Root}.model_id", "must match [a-z0-9-]{1,63}, or be empty");
        validator.Require(
            policy.Priority is >= -PriorityBound and <= PriorityBound, $"{Root}.priority", $"must be from {-PriorityBound} to {PriorityBound}");
        validator.Require(System.Enum.IsDefined(policy.SeedMode), $"{Root}.seed_mode", "is not a mode this service knows");
        CheckSettings(policy, schema, validator);
        var triggers = policy.Triggers ?? new RetrainingTriggers();
        validator.Require(
            triggers.MinNewAnnotations != 0 || triggers.Schedule is not null || triggers.LabelerDrift is not null, $"{Root}.triggers",
            "must have at least one of min_new_annotations, schedule and labeler_drift");
        validator.Require(triggers.MinNewAnnotations >= 0, $"{Root}.triggers.min_new_annotations", "must not be negative; 0 is no such trigger");
        var schedule = ReadSchedule(triggers.Schedule, validator);
        var drift = ReadDrift(triggers.LabelerDrift, validator);
        var interval = ReadInterval(policy.MinInterval, validator);
        var promotion = ReadPromotion(policy.Promotion ?? new PromotionRule(), validator);
        validator.ThrowIfInvalid();
        return new RetrainingSpec
        {
            ModelId = policy.ModelId.Length > 0 ? policy.ModelId : policy.Algorithm,
            Algorithm = policy.Algorithm,
            Settings = new Dictionary<string, string>(policy.Settings),
            Seed = policy.Seed,
            SeedMode = policy.SeedMode == RetrainingPolicy.Types.SeedMode.Next ? SeedMode.Next : SeedMode.Same,
            Priority = policy.Priority,
            WarmStart = policy.WarmStart,
            MinNewAnnotations = triggers.MinNewAnnotations,
            Schedule = schedule,
            Drift = drift,
            MinInterval = interval,
            Promotion = promotion,
            Paused = policy.Paused,
        };
    }

    private static void CheckSettings(RetrainingPolicy policy, DatasetSchema? schema, RequestValidator validator)
    {
        try
        {
            var settings = AlgorithmCatalogue.Validate(policy.Algorithm, policy.Settings.AsReadOnly());
            if (schema is not null)
            {
                settings.For(ItemEncoding.Expected(schema));
            }

            if (AlgorithmCatalogue.WhyNoModel(policy.Algorithm) is { } problem)
            {
                validator.Add($"{Root}.algorithm", problem);
            }
        }
        catch (ServiceException error)
        {
            foreach (var violation in error.Violations)
            {
                validator.Add($"{Root}.{violation.Field}", violation.Description);
            }
        }
    }

    private static ScheduleSpec? ReadSchedule(RetrainingSchedule? schedule, RequestValidator validator)
    {
        if (schedule is null)
        {
            return null;
        }

        try
        {
            CronSchedule.Parse(schedule.Cron, schedule.TimeZone);
        }
        catch (ServiceException error)
        {
            foreach (var violation in error.Violations)
            {
                validator.Add($"{Root}.triggers.schedule.{violation.Field}", violation.Description);
            }
        }

        return new ScheduleSpec(schedule.Cron, schedule.TimeZone);
    }

    private static DriftSpec? ReadDrift(LabelerDriftTrigger? trigger, RequestValidator validator)
    {
        if (trigger is null)
        {
            return null;
        }

        var labels = trigger.MinLabels == 0 ? DefaultMinLabels : trigger.MinLabels;
        var rate = trigger.FalseAlarmRate == 0 ? DefaultFalseAlarmRate : trigger.FalseAlarmRate;
        validator.Require(
            labels >= LabelerDriftTest.FewestLabels, $"{Root}.triggers.labeler_drift.min_labels",
            $"must be {LabelerDriftTest.FewestLabels} or more, or 0 for {DefaultMinLabels}");

        // Written so that NaN is refused, too.
        validator.Require(
            rate is > 0 and <= 0.5, $"{Root}.triggers.labeler_drift.false_alarm_rate", "must be above 0 and at most 0.5, or 0 for 0.05");
        return new DriftSpec(labels, rate);
    }

    private static TimeSpan ReadInterval(Duration? interval, RequestValidator validator)
    {
        if (interval is null)
        {
            return TimeSpan.Zero;
        }

        const double NanosecondsPerSecond = 1e9;
        var seconds = interval.Seconds + (interval.Nanos / NanosecondsPerSecond);
        return validator.Require(
            seconds >= 0 && seconds <= LongestInterval.TotalSeconds && interval.Nanos is > -1_000_000_000 and < 1_000_000_000, $"{Root}.min_interval",
            $"must be from 0 to {LongestInterval.TotalDays:0} days")
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.Zero;
    }

    private static PromotionSpec ReadPromotion(PromotionRule rule, RequestValidator validator)
    {
        validator.Require(System.Enum.IsDefined(rule.Mode), $"{Root}.promotion.mode", "is not a mode this service knows");
        validator.Require(System.Enum.IsDefined(rule.Basis), $"{Root}.promotion.basis", "is not a basis this service knows");
        validator.Require(
            rule.Split is WireSplit.Unspecified or WireSplit.Test or WireSplit.Validation, $"{Root}.promotion.split",
            "must be SPLIT_TEST or SPLIT_VALIDATION: on items that a model was trained on, the one that fits closest wins");
        var level = rule.Level == 0 ? DefaultLevel : rule.Level;
        validator.Require(level is >= 0.5 and <= 0.999, $"{Root}.promotion.level", "must be from 0.5 to 0.999, or 0 for 0.95");
        return new PromotionSpec(
            rule.Mode == PromotionRule.Types.Mode.IfBetter ? PromotionMode.IfBetter : PromotionMode.Never,
            rule.Basis == EvaluationBasis.Labelers ? PromotionBasis.Labelers : PromotionBasis.Gold,
            rule.Split == WireSplit.Validation ? DomainSplit.Validation : DomainSplit.Test, level);
    }
}
