using System.Diagnostics.Metrics;
using LabelerService.Core.Telemetry;
using LabelerService.Storage.Retraining;

namespace LabelerService.Server.Telemetry;

/// <summary>
/// What retraining by itself tells: runs that it starts, searches for drift, decisions about promotion. All are shown from the start, so that
/// the first is a change.
/// </summary>
internal sealed class RetrainingMetrics
{
    private const string Outcome = "outcome";
    private static readonly PromotionOutcome[] Outcomes = Enum.GetValues<PromotionOutcome>();

    private readonly long[] _decisions = new long[Outcomes.Length];
    private long _runs;
    private long _calm;
    private long _alarms;
    private long _labelers;

    public RetrainingMetrics(ServiceMeter service)
    {
        var meter = service.Meter;
        meter.CreateObservableCounter("labeler.retraining.runs", () => Interlocked.Read(ref _runs), "{run}", "Runs that retraining policies started.");
        meter.CreateObservableCounter<long>(
            "labeler.drift.searches", () => [Of(ref _calm, "calm"), Of(ref _alarms, "alarm")], "{search}",
            "Searches for labelers that agree less with the champion than before.");
        meter.CreateObservableCounter(
            "labeler.drift.labelers", () => Interlocked.Read(ref _labelers), "{labeler}", "Labelers that such searches raised an alarm about.");
        meter.CreateObservableCounter<long>(
            "labeler.promotion.decisions", () => Outcomes.Select((outcome, place) => Of(ref _decisions[place], outcome.ToString())), "{decision}",
            "Decisions about the promotion of what a policy's run made.");
    }

    /// <summary>A policy started a run.</summary>
    public void Started() => Interlocked.Increment(ref _runs);

    /// <summary>A search ended.</summary>
    public void Searched(bool alarm, int labelers)
    {
        Interlocked.Increment(ref (alarm ? ref _alarms : ref _calm));
        Interlocked.Add(ref _labelers, labelers);
    }

    /// <summary>A decision was taken.</summary>
    public void Decided(PromotionOutcome outcome) => Interlocked.Increment(ref _decisions[Array.IndexOf(Outcomes, outcome)]);

    private static Measurement<long> Of(ref long count, string outcome) =>
        new(Interlocked.Read(ref count), new KeyValuePair<string, object?>(Outcome, outcome));
}
