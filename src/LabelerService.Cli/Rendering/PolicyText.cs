using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>Retraining policies and decisions in words and as JSON documents.</summary>
internal static class PolicyText
{
    /// <summary>For example <c>after 500 new labels, or at 0 3 * * * (UTC)</c>.</summary>
    public static string Triggers(RetrainingPolicy policy)
    {
        var parts = new List<string>();
        var triggers = policy.Triggers ?? new RetrainingTriggers();
        if (triggers.MinNewAnnotations > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"after {triggers.MinNewAnnotations} new labels"));
        }

        if (triggers.Schedule is { } schedule)
        {
            parts.Add($"at {schedule.Cron} ({(schedule.TimeZone.Length == 0 ? "UTC" : schedule.TimeZone)})");
        }

        if (triggers.LabelerDrift is { } drift)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"when a labeler gets worse (from {drift.MinLabels} labels on)"));
        }

        return (policy.Paused ? "paused; " : "") + string.Join(", or ", parts);
    }

    /// <summary>For example <c>promotes if better on test by gold</c>.</summary>
    public static string Promotion(RetrainingPolicy policy) => policy.Promotion is { Mode: PromotionRule.Types.Mode.IfBetter } rule
        ? $"promotes if better on {SplitText.Of(rule.Split)} by {BasisText.Of(rule.Basis)}"
        : "never promotes";

    /// <summary>For example <c>promoted</c>.</summary>
    public static string Outcome(PromotionDecision.Types.Outcome outcome) => outcome switch
    {
        PromotionDecision.Types.Outcome.Pending => "open",
        PromotionDecision.Types.Outcome.Promoted => "promoted",
        PromotionDecision.Types.Outcome.Kept => "champion kept",
        PromotionDecision.Types.Outcome.NotCompared => "not compared",
        PromotionDecision.Types.Outcome.First => "first version",
        PromotionDecision.Types.Outcome.NoCandidate => "no candidate",
        _ => "unknown",
    };

    /// <summary>A policy.</summary>
    public static object Document(RetrainingPolicy policy) => new
    {
        policy.Name,
        policy.Etag,
        policy.ModelId,
        policy.Algorithm,
        policy.Settings,
        policy.Seed,
        SeedMode = policy.SeedMode == RetrainingPolicy.Types.SeedMode.Next ? "next" : "same",
        policy.Priority,
        policy.WarmStart,
        policy.Triggers?.MinNewAnnotations,
        Schedule = policy.Triggers?.Schedule is { } schedule ? new { schedule.Cron, schedule.TimeZone } : null,
        LabelerDrift = policy.Triggers?.LabelerDrift is { } drift ? new { drift.MinLabels, drift.FalseAlarmRate } : null,
        MinIntervalSeconds = policy.MinInterval?.ToTimeSpan().TotalSeconds,
        Promotion = policy.Promotion is { } rule
            ? new
            {
                Mode = rule.Mode == PromotionRule.Types.Mode.IfBetter ? "if-better" : "never",
                Basis = BasisText.Of(rule.Basis),
                Split = SplitText.Of(rule.Split),
                rule.Level,
            }
            : null,
        policy.Paused,
        State = policy.State is { } state
            ? new
            {
                LastTriggerTime = state.LastTriggerTime?.ToDateTimeOffset(),
                LastTriggerReason = NullIfEmpty(state.LastTriggerReason),
                LastTrainingRun = NullIfEmpty(state.LastTrainingRun),
                NextScheduledTime = state.NextScheduledTime?.ToDateTimeOffset(),
                state.RunCount,
                state.NewAnnotations,
                LastDecision = state.LastDecision is { } last ? Document(last) : null,
            }
            : null,
    };

    /// <summary>A decision.</summary>
    public static object Document(PromotionDecision decision) => new
    {
        decision.Name,
        decision.TrainingRun,
        Outcome = decision.Outcome.ToString().ToLowerInvariant(),
        decision.Reason,
        CandidateVersion = NullIfEmpty(decision.CandidateVersion),
        ChampionVersion = NullIfEmpty(decision.ChampionVersion),
        Comparison = decision.Comparison is { } numbers
            ? new
            {
                numbers.Metric,
                Basis = BasisText.Of(numbers.Basis),
                Split = SplitText.Of(numbers.Split),
                numbers.Count,
                numbers.ChampionValue,
                numbers.CandidateValue,
                numbers.Difference,
                numbers.Lower,
                numbers.Upper,
                numbers.Level,
                PValue = numbers.HasPValue ? numbers.PValue : (double?)null,
            }
            : null,
        CreateTime = decision.CreateTime?.ToDateTimeOffset(),
        DecideTime = decision.DecideTime?.ToDateTimeOffset(),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
