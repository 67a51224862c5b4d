using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Storage.Retraining;
using DomainSplit = LabelerService.Core.Datasets.Split;
using WireSplit = LabelerService.Contracts.V1.Split;

namespace LabelerService.Server.Mapping;

/// <summary>Retraining policies and decisions between domain and proto.</summary>
internal static class RetrainingMapping
{
    /// <summary>The resource of a policy.</summary>
    public static RetrainingPolicy ToResource(RetrainingPolicyRecord record, PromotionDecisionRecord? last)
    {
        var policy = ToSettable(record.Spec);
        policy.Name = ResourceName.RetrainingPolicy(record.DatasetId, record.PolicyId);
        policy.Uid = record.Uid.ToString();
        policy.Etag = Etag.Of(record.Version);
        policy.CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime);
        policy.UpdateTime = Timestamp.FromDateTimeOffset(record.UpdateTime);
        policy.State = new RetrainingState
        {
            LastTriggerTime = ToTimestamp(record.LastTriggerTime),
            LastTriggerReason = record.LastTriggerReason ?? "",
            LastTrainingRun = record.LastRunId is { } run ? ResourceName.TrainingRun(record.DatasetId, run) : "",
            NextScheduledTime = ToTimestamp(record.NextScheduledTime),
            RunCount = record.Runs,
            NewAnnotations = record.Facts.NewAnnotations,
            LastDecision = last is null ? null : ToDecision(last),
        };
        return policy;
    }

    /// <summary>What users set, as the proto has it.</summary>
    public static RetrainingPolicy ToSettable(RetrainingSpec spec)
    {
        var policy = new RetrainingPolicy
        {
            ModelId = spec.ModelId,
            Algorithm = spec.Algorithm,
            Seed = spec.Seed,
            SeedMode = spec.SeedMode == SeedMode.Next ? RetrainingPolicy.Types.SeedMode.Next : RetrainingPolicy.Types.SeedMode.Same,
            Priority = spec.Priority,
            WarmStart = spec.WarmStart,
            Triggers = new RetrainingTriggers
            {
                MinNewAnnotations = spec.MinNewAnnotations,
                Schedule = spec.Schedule is { } schedule ? new RetrainingSchedule { Cron = schedule.Cron, TimeZone = schedule.TimeZone } : null,
                LabelerDrift = spec.Drift is { } drift
                    ? new LabelerDriftTrigger { MinLabels = drift.MinLabels, FalseAlarmRate = drift.FalseAlarmRate }
                    : null,
            },
            MinInterval = spec.MinInterval > TimeSpan.Zero ? Duration.FromTimeSpan(spec.MinInterval) : null,
            Promotion = new PromotionRule
            {
                Mode = spec.Promotion.Mode == PromotionMode.IfBetter ? PromotionRule.Types.Mode.IfBetter : PromotionRule.Types.Mode.Never,
                Basis = ToBasis(spec.Promotion.Basis),
                Split = ToSplit(spec.Promotion.Split),
                Level = spec.Promotion.Level,
            },
            Paused = spec.Paused,
        };
        foreach (var (key, value) in spec.Settings)
        {
            policy.Settings.Add(key, value);
        }

        return policy;
    }

    /// <summary>The resource of a decision.</summary>
    public static PromotionDecision ToDecision(PromotionDecisionRecord record) => new()
    {
        Name = ResourceName.PromotionDecision(record.DatasetId, record.PolicyId, record.RunId),
        TrainingRun = ResourceName.TrainingRun(record.DatasetId, record.RunId),
        Outcome = (PromotionDecision.Types.Outcome)record.Outcome,
        Reason = record.Reason,
        CandidateVersion = Version(record, record.Candidate),
        ChampionVersion = Version(record, record.Champion),
        Comparison = record.Numbers is { } numbers ? ToComparison(numbers) : null,
        CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
        DecideTime = ToTimestamp(record.DecideTime),
    };

    /// <summary>A trigger and what it says.</summary>
    public static TriggerFinding ToFinding(RetrainingFinding finding) => new()
    {
        Trigger = finding.Trigger switch
        {
            RetrainingTrigger.MinNewAnnotations => "min_new_annotations",
            RetrainingTrigger.Schedule => "schedule",
            _ => "labeler_drift",
        },
        Fires = finding.Fires,
        Evidence = finding.Evidence,
    };

    private static PromotionComparison ToComparison(PromotionNumbers numbers)
    {
        var comparison = new PromotionComparison
        {
            Metric = numbers.Metric,
            Basis = ToBasis(numbers.Basis),
            Split = ToSplit(numbers.Split),
            Count = numbers.Count,
            ChampionValue = numbers.Champion,
            CandidateValue = numbers.Candidate,
            Difference = numbers.Difference,
            Lower = numbers.Lower,
            Upper = numbers.Upper,
            Level = numbers.Level,
        };
        if (numbers.PValue is { } p)
        {
            comparison.PValue = p;
        }

        return comparison;
    }

    private static string Version(PromotionDecisionRecord record, int? version) =>
        version is { } number ? ResourceName.ModelVersion(record.DatasetId, record.ModelId, number) : "";

    private static EvaluationBasis ToBasis(PromotionBasis basis) => basis == PromotionBasis.Labelers ? EvaluationBasis.Labelers : EvaluationBasis.Gold;

    private static WireSplit ToSplit(DomainSplit split) => split == DomainSplit.Validation ? WireSplit.Validation : WireSplit.Test;

    private static Timestamp? ToTimestamp(DateTimeOffset? time) => time is { } given ? Timestamp.FromDateTimeOffset(given) : null;
}
