using System.Globalization;

namespace LabelerService.Storage.Retraining;

/// <summary>Which triggers a policy can have.</summary>
public enum RetrainingTrigger
{
    /// <summary>Enough changed annotations.</summary>
    MinNewAnnotations,

    /// <summary>A time of the schedule.</summary>
    Schedule,

    /// <summary>A labeler who became worse.</summary>
    LabelerDrift,
}

/// <summary>What a trigger says.</summary>
/// <param name="Trigger">Which.</param>
/// <param name="Fires">Whether it fires.</param>
/// <param name="Evidence">By what, for people.</param>
public sealed record RetrainingFinding(RetrainingTrigger Trigger, bool Fires, string Evidence);

/// <summary>Decides by facts that are cheap to have: the same rules for the scheduler and for whoever only asks.</summary>
public static class RetrainingRules
{
    /// <summary>The triggers but drift, which has to be searched for.</summary>
    public static IReadOnlyList<RetrainingFinding> Evaluate(RetrainingPolicyRecord policy)
    {
        var findings = new List<RetrainingFinding>();
        var facts = policy.Facts;
        if (policy.Spec.MinNewAnnotations > 0)
        {
            findings.Add(new RetrainingFinding(
                RetrainingTrigger.MinNewAnnotations, facts.NewAnnotations >= policy.Spec.MinNewAnnotations,
                string.Create(CultureInfo.InvariantCulture, $"{facts.NewAnnotations} new annotations, {policy.Spec.MinNewAnnotations} are needed")));
        }

        if (policy.Spec.Schedule is { } schedule && policy.NextScheduledTime is { } next)
        {
            findings.Add(new RetrainingFinding(
                RetrainingTrigger.Schedule, next <= facts.Now,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the schedule {schedule.Cron} {(schedule.TimeZone.Length == 0 ? "UTC" : schedule.TimeZone)} {(next <= facts.Now ? "was due" : "is due next")} at {next.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z")));
        }

        return findings;
    }

    /// <summary>What keeps the policy from starting a run now, whatever fires; null if nothing does.</summary>
    public static string? HeldBackBy(RetrainingPolicyRecord policy)
    {
        var facts = policy.Facts;
        if (policy.Spec.Paused)
        {
            return "the policy is paused";
        }

        if (facts.ActiveRun is { } run)
        {
            return $"its run {run} is queued or running";
        }

        if (facts.Annotations == 0)
        {
            return "the dataset has no annotations to train on";
        }

        return policy.LastTriggerTime is { } last && last + policy.Spec.MinInterval > facts.Now
            ? string.Create(CultureInfo.InvariantCulture, $"min_interval: its last run started at {last.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, the next may at {(last + policy.Spec.MinInterval).UtcDateTime:yyyy-MM-dd HH:mm:ss}Z")
            : null;
    }

    /// <summary>
    /// Whether a search for drift is worth while: there is a champion, and since the last search as many annotations have changed as one
    /// labeler needs, and half as many as had at that search. So there are few looks, however long it takes.
    /// </summary>
    public static bool IsDriftSearchDue(RetrainingPolicyRecord policy)
    {
        if (policy.Spec.Drift is not { } drift || policy.Facts.Champion is null)
        {
            return false;
        }

        // At the first look what counts is what has come since the data of the model were read.
        var since = policy.DriftLooks == 0 ? policy.Facts.NewAnnotations : policy.Facts.Changes - policy.DriftChanges;
        var before = policy.Facts.NewAnnotations - since;
        return since >= Math.Max(drift.MinLabels, before / 2);
    }
}
