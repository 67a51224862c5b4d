using System.Globalization;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Inference;
using LabelerService.Server.Inference.Evaluation;
using LabelerService.Storage.Retraining;
using LabelerService.Storage.Runs;

namespace LabelerService.Server.Retraining;

/// <summary>
/// Decides whether a candidate takes the champion's place: only if the paired test on held-out items says that it is better. A tie keeps
/// the champion.
/// </summary>
internal sealed class PromotionDecider(PredictionEngine engine, ModelComparer comparer)
{
    /// <summary>Decides. Writes nothing.</summary>
    /// <exception cref="ServiceException">What may pass: the database is away, say. Decide again later.</exception>
    public async Task<PromotionVerdict> DecideAsync(PromotionLease lease, CancellationToken cancel)
    {
        if (lease.RunState != RunState.Succeeded || lease.Open.Candidate is not { } candidate)
        {
            return new PromotionVerdict(
                PromotionOutcome.NoCandidate,
                lease.RunState == RunState.Failed ? $"the run failed: {Shorten(lease.RunError ?? "")}" : "the run was cancelled", null);
        }

        if (lease.ChampionAtPublication is null)
        {
            return new PromotionVerdict(PromotionOutcome.First, "there was no champion: the first version became it", null);
        }

        if (lease.Champion is not { } champion)
        {
            return new PromotionVerdict(PromotionOutcome.NotCompared, "there is no champion to compare with: promote a version", null);
        }

        if (champion == candidate)
        {
            return new PromotionVerdict(PromotionOutcome.Promoted, "somebody made it champion before it was compared", null);
        }

        return lease.Promotion.Mode == PromotionMode.Never
            ? new PromotionVerdict(
                PromotionOutcome.Kept, "the policy never promotes by itself: compare the two and promote the candidate by hand if it is better", null)
            : await CompareAsync(lease, champion, candidate, cancel);
    }

    /// <summary>The rule: the interval lies on the candidate's side and, with gold, McNemar's test agrees.</summary>
    internal static bool IsBetter(PromotionNumbers numbers) =>
        numbers.Lower > 0 && (numbers.PValue is not { } p || p <= 1 - numbers.Level);

    private async Task<PromotionVerdict> CompareAsync(PromotionLease lease, int champion, int candidate, CancellationToken cancel)
    {
        var rule = lease.Promotion;
        var plan = new EvaluationPlan(rule.Split, rule.Basis == PromotionBasis.Labelers ? EvaluationBasis.Labelers : EvaluationBasis.Gold, Replicas: null)
        {
            Level = rule.Level,
        };
        CompareModelsResponse answer;
        try
        {
            using var first = await engine.PinAsync(lease.Open.DatasetId, lease.Open.ModelId, champion, alias: null, "champion_version", cancel);
            using var second = await engine.PinAsync(lease.Open.DatasetId, lease.Open.ModelId, candidate, alias: null, "candidate_version", cancel);
            answer = await comparer.CompareAsync(first, second, plan, cancel);
        }
        catch (ServiceException error) when (error.Kind is ErrorKind.FailedPrecondition or ErrorKind.NotFound)
        {
            // Nothing to measure on, or a version was deleted: waiting changes nothing.
            return new PromotionVerdict(PromotionOutcome.NotCompared, Shorten(error.Message), null);
        }

        var metric = answer.Metrics[0];
        var numbers = new PromotionNumbers(
            metric.Metric, rule.Basis, rule.Split, checked((int)metric.Count), metric.First, metric.Second, metric.Difference, metric.Lower, metric.Upper, rule.Level,
            answer.Mcnemar?.PValue);
        var better = IsBetter(numbers);
        return new PromotionVerdict(better ? PromotionOutcome.Promoted : PromotionOutcome.Kept, Describe(numbers, plan, champion, candidate, better), numbers);
    }

    private static string Describe(PromotionNumbers numbers, EvaluationPlan plan, int champion, int candidate, bool better) => string.Create(
        CultureInfo.InvariantCulture,
        $"{numbers.Metric.Replace('_', ' ')} on {numbers.Count} items of {plan.SplitName}: version {candidate} {numbers.Candidate:0.0000}, champion {champion} {numbers.Champion:0.0000}, difference {numbers.Difference:+0.0000;-0.0000;0.0000} ({numbers.Lower:+0.0000;-0.0000;0.0000} to {numbers.Upper:+0.0000;-0.0000;0.0000} at {100 * numbers.Level:0.#} %{(numbers.PValue is { } p ? $", McNemar p {p:0.0###}" : "")}): {(better ? "better" : numbers.Upper < 0 ? "worse" : "not shown to be better")}");

    private static string Shorten(string text) => text.Length <= 500 ? text : text[..500] + "…";
}
