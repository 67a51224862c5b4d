using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>What is known of a labeler, for people and as a document.</summary>
internal static class LabelerInsightText
{
    /// <summary>The kinds of flags in words: <c>spammer, hasty</c>.</summary>
    public static string Flags(LabelerInsight labeler) => labeler.Flags.Count > 0
        ? string.Join(", ", labeler.Flags.Select(flag => Kind(flag.Kind)).Distinct())
        : labeler.TooLittleEvidence ? "too few to say" : "";

    /// <summary>A kind of flag in words.</summary>
    public static string Kind(LabelerFlag.Types.Kind kind) => kind switch
    {
        LabelerFlag.Types.Kind.Spammer => "spammer",
        LabelerFlag.Types.Kind.Constant => "constant",
        LabelerFlag.Types.Kind.Adversary => "adversary",
        LabelerFlag.Types.Kind.Drifted => "drifted",
        LabelerFlag.Types.Kind.Hasty => "hasty",
        LabelerFlag.Types.Kind.LookAlike => "look-alike",
        _ => kind.ToString(),
    };

    /// <summary>A labeler line by line.</summary>
    public static IEnumerable<(string What, string Value)> Lines(LabelerInsight labeler)
    {
        yield return ("annotations", labeler.AnnotationCount.ToString("N0", CultureInfo.InvariantCulture));
        yield return ("accuracy", InsightText.Of(labeler.Accuracy));
        yield return ("names the others' consensus", WithCount(labeler.AgreementWithOthers));
        yield return ("names the gold class", WithCount(labeler.GoldAccuracy));
        yield return ("names the model's class", WithCount(labeler.AgreementWithModel));
        yield return ("agrees with each other labeler", WithCount(labeler.PairwiseAgreement));
        if (labeler.ConfusedClass.Length > 0)
        {
            yield return ("confuses", $"{labeler.ConfusedClass} with {labeler.ConfusedWith}, in {InsightText.Share(labeler.ConfusedShare)} of cases");
        }

        if (labeler.Speed is { } speed)
        {
            yield return ("speed", string.Create(
                CultureInfo.InvariantCulture,
                $"median {Seconds(speed.Median)}, half within {Seconds(speed.LowerQuartile)} – {Seconds(speed.UpperQuartile)}; hasty {speed.HastyShare:0.000} of {speed.Count:N0}"));
        }

        if (labeler.Drift is { } drift)
        {
            yield return ("clearest change", string.Create(
                CultureInfo.InvariantCulture,
                $"{Tables.Time(drift.ChangeTime)}: {InsightText.Of(drift.Before)} before, {InsightText.Of(drift.After)} since (p {InsightText.PValue(drift.PValue)})"));
        }

        foreach (var flag in labeler.Flags)
        {
            yield return ($"flag: {Kind(flag.Kind)}", $"{flag.Evidence} (p {InsightText.PValue(flag.PValue)})");
        }

        foreach (var other in labeler.LookAlikes)
        {
            yield return ("shares errors with", Pair(other, other.LabelerId == labeler.LabelerId ? other.OtherLabelerId : other.LabelerId));
        }
    }

    /// <summary>A labeler as a document.</summary>
    public static object Document(LabelerInsight labeler) => new
    {
        labeler.Name,
        Labeler = labeler.LabelerId,
        Annotations = labeler.AnnotationCount,
        Accuracy = InsightText.Document(labeler.Accuracy),
        AgreementWithOthers = InsightText.Document(labeler.AgreementWithOthers),
        GoldAccuracy = InsightText.Document(labeler.GoldAccuracy),
        AgreementWithModel = InsightText.Document(labeler.AgreementWithModel),
        PairwiseAgreement = InsightText.Document(labeler.PairwiseAgreement),
        labeler.ClassShares,
        Confuses = labeler.ConfusedClass.Length == 0
            ? null
            : new { Class = labeler.ConfusedClass, With = labeler.ConfusedWith, Share = labeler.ConfusedShare },
        Speed = labeler.Speed is not { } speed
            ? null
            : new
            {
                speed.Count,
                MedianSeconds = speed.Median?.ToTimeSpan().TotalSeconds,
                LowerQuartileSeconds = speed.LowerQuartile?.ToTimeSpan().TotalSeconds,
                UpperQuartileSeconds = speed.UpperQuartile?.ToTimeSpan().TotalSeconds,
                speed.HastyShare,
            },
        Drift = labeler.Drift is not { } drift
            ? null
            : new
            {
                ChangeTime = Tables.Time(drift.ChangeTime),
                Before = InsightText.Document(drift.Before),
                After = InsightText.Document(drift.After),
                drift.PValue,
                Periods = drift.Periods.Select(period => new
                {
                    StartTime = Tables.Time(period.StartTime),
                    EndTime = Tables.Time(period.EndTime),
                    period.Count,
                    period.Agreement,
                    period.ExpectedAgreement,
                }),
            },
        Flags = labeler.Flags.Select(flag => new
        {
            Kind = Kind(flag.Kind).Replace('-', '_'),
            flag.Evidence,
            flag.Statistic,
            flag.PValue,
            flag.FalseAlarmRate,
        }),
        labeler.TooLittleEvidence,
        Confusion = labeler.Confusion is not { } confusion
            ? null
            : new { confusion.Probabilities, confusion.Lows, confusion.Highs, confusion.Counts },
        LookAlikes = labeler.LookAlikes.Select(Document),
    };

    /// <summary>A pair of labelers as a document.</summary>
    public static object Document(LookAlike pair) => new
    {
        Labeler = pair.LabelerId,
        Other = pair.OtherLabelerId,
        pair.SharedItems,
        pair.SharedErrors,
        pair.ExpectedSharedErrors,
        pair.PValue,
        pair.Alarm,
    };

    private static string Pair(LookAlike pair, string other) => string.Create(
        CultureInfo.InvariantCulture,
        $"{other}: {pair.SharedErrors:0.#} errors on {pair.SharedItems:N0} items, {pair.ExpectedSharedErrors:0.#} by chance (p {InsightText.PValue(pair.PValue)})");

    private static string WithCount(Estimate? estimate) => estimate is { HasValue: true }
        ? string.Create(CultureInfo.InvariantCulture, $"{InsightText.Of(estimate)} of {estimate.Count:N0}")
        : "–";

    private static string Seconds(Google.Protobuf.WellKnownTypes.Duration? duration) =>
        duration is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{duration.ToTimeSpan().TotalSeconds:0.#} s");
}
