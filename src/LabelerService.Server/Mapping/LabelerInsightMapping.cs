using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Labelers;
using LabelerService.Server.Insight;
using LabelerDrift = LabelerService.Contracts.V1.LabelerDrift;
using LabelerFlag = LabelerService.Contracts.V1.LabelerFlag;
using LabelerPeriod = LabelerService.Contracts.V1.LabelerPeriod;
using LabelerSpeed = LabelerService.Contracts.V1.LabelerSpeed;

namespace LabelerService.Server.Mapping;

/// <summary>What is known of labelers to proto.</summary>
internal static class LabelerInsightMapping
{
    /// <summary>Collection of the resources.</summary>
    public const string Collection = "labelerInsights";

    /// <summary>A labeler.</summary>
    /// <param name="view">What is known.</param>
    /// <param name="labeler">Its index.</param>
    /// <param name="full">With confusions, time line and look-alikes.</param>
    /// <param name="maxConfusionClasses">Classes that the confusions are of at most: those mixed up most.</param>
    public static LabelerInsight ToResource(LabelersView view, int labeler, bool full, int maxConfusionClasses = int.MaxValue)
    {
        var (snapshot, report) = (view.Snapshot, view.Labelers.Analysis.Labelers[labeler]);
        var (dataset, data) = (snapshot.Dataset, snapshot.Data);
        var resource = new LabelerInsight
        {
            Name = $"{ResourceName.Dataset(dataset.Id)}/{Collection}/{data.LabelerKeys[labeler]}",
            Labeler = ResourceName.Labeler(dataset.Id, data.LabelerKeys[labeler]),
            LabelerId = data.LabelerIds[labeler],
            AnnotationCount = report.Count,
            AgreementWithOthers = InsightMapping.ToEstimate(report.AgreementWithOthers),
            GoldAccuracy = InsightMapping.ToEstimate(report.GoldAccuracy),
            AgreementWithModel = InsightMapping.ToEstimate(report.ModelAgreement),
            TooLittleEvidence = report.TooLittleEvidence,
            Speed = report.Speed is { } speed ? ToSpeed(speed) : null,
            Drift = report.Drift is { } drift ? ToDrift(drift, full) : null,
        };
        if (view.Accuracy(labeler) is { } accuracy)
        {
            var interval = view.Intervals?.Posterior.LabelerAccuracy(labeler);
            resource.Accuracy = InsightMapping.ToEstimate(interval?.Mean ?? accuracy, interval, report.Count);
        }

        var pairwise = view.Pairwise[labeler];
        if (pairwise.Mean is { } mean)
        {
            resource.PairwiseAgreement = new Estimate { Value = mean, Count = pairwise.PairCount };
        }

        resource.ClassShares.AddRange(report.ClassShares);
        if (report.Confused is { } confused)
        {
            resource.ConfusedClass = dataset.Schema.Classes[confused.Class];
            resource.ConfusedWith = dataset.Schema.Classes[confused.Answer];
            resource.ConfusedShare = confused.Share;
        }

        resource.Flags.AddRange(report.Flags.Select(ToFlag));
        if (full)
        {
            resource.Confusion = Confusion(view, labeler, report, maxConfusionClasses);
            resource.LookAlikes.AddRange(
                view.Labelers.Analysis.LookAlikes.Where(pair => pair.A == labeler || pair.B == labeler).Select(pair => ToResource(snapshot, pair)));
        }

        return resource;
    }

    /// <summary>Two labelers who share errors.</summary>
    public static LookAlike ToResource(InsightSnapshot snapshot, LookAlikePair pair) => new()
    {
        LabelerId = snapshot.Data.LabelerIds[pair.A],
        OtherLabelerId = snapshot.Data.LabelerIds[pair.B],
        SharedItems = pair.SharedItems,
        SharedErrors = pair.SharedErrors,
        ExpectedSharedErrors = pair.ExpectedSharedErrors,
        PValue = pair.PValue,

        // The list holds those beyond the rate of false alarms, and no others.
        Alarm = true,
    };

    private static LabelerConfusion? Confusion(LabelersView view, int labeler, LabelerReport report, int most)
    {
        if (view.Consensus.Consensus.Confusions is not { } confusions)
        {
            return null;
        }

        var confusion = new LabelerConfusion();
        int[]? classes = null;
        if (most < view.Consensus.Consensus.ClassCount)
        {
            classes = MixedUp(report.ConfusionCounts ?? confusions.Matrix(labeler), view.Consensus.Consensus.ClassCount, most);
            confusion.ClassIndices.AddRange(classes);
        }

        confusion.Probabilities.AddRange(Part(confusions.Matrix(labeler)));
        if (view.Intervals is { } intervals)
        {
            var cells = Part(intervals.Posterior.Confusion(labeler));
            confusion.Lows.AddRange(cells.Select(cell => cell.Low));
            confusion.Highs.AddRange(cells.Select(cell => cell.High));
        }

        confusion.Counts.AddRange(Part(report.ConfusionCounts ?? []));
        return confusion;

        T[] Part<T>(IReadOnlyList<T> matrix) => classes is null || matrix.Count == 0
            ? [.. matrix]
            : [.. classes.SelectMany(row => classes.Select(column => matrix[(row * view.Consensus.Consensus.ClassCount) + column]))];
    }

    /// <summary>The classes with most wrong answers of them and by them, by ascending index.</summary>
    private static int[] MixedUp(double[] counts, int classes, int most)
    {
        var wrong = new double[classes];
        for (var row = 0; row < classes; row++)
        {
            for (var column = 0; column < classes; column++)
            {
                if (row != column)
                {
                    wrong[row] += counts[(row * classes) + column];
                    wrong[column] += counts[(row * classes) + column];
                }
            }
        }

        return [.. Enumerable.Range(0, classes).OrderByDescending(index => wrong[index]).ThenBy(index => index).Take(most).Order()];
    }

    private static LabelerFlag ToFlag(Core.Labelers.LabelerFlag flag) => new()
    {
        Kind = flag.Kind switch
        {
            LabelerFlagKind.Spammer => LabelerFlag.Types.Kind.Spammer,
            LabelerFlagKind.Constant => LabelerFlag.Types.Kind.Constant,
            LabelerFlagKind.Adversary => LabelerFlag.Types.Kind.Adversary,
            LabelerFlagKind.Drifted => LabelerFlag.Types.Kind.Drifted,
            LabelerFlagKind.Hasty => LabelerFlag.Types.Kind.Hasty,
            LabelerFlagKind.LookAlike => LabelerFlag.Types.Kind.LookAlike,
            _ => throw new InvalidOperationException($"{flag.Kind} is no kind of flag."),
        },
        Evidence = flag.Evidence,
        Statistic = flag.Statistic,
        PValue = flag.PValue,
        FalseAlarmRate = flag.FalseAlarmRate,
    };

    private static LabelerSpeed ToSpeed(Core.Labelers.LabelerSpeed speed) => new()
    {
        Count = speed.Count,
        Median = Milliseconds(speed.MedianMs),
        LowerQuartile = Milliseconds(speed.LowerQuartileMs),
        UpperQuartile = Milliseconds(speed.UpperQuartileMs),
        HastyShare = speed.HastyShare,
    };

    private static LabelerDrift ToDrift(Core.Labelers.LabelerDrift drift, bool full)
    {
        var resource = new LabelerDrift
        {
            ChangeTime = Time(drift.ChangeTime),
            Before = InsightMapping.ToEstimate(drift.Before),
            After = InsightMapping.ToEstimate(drift.After),
            PValue = drift.PValue,
        };
        if (full)
        {
            resource.Periods.AddRange(drift.Periods.Select(period => new LabelerPeriod
            {
                StartTime = Time(period.StartTime),
                EndTime = Time(period.EndTime),
                Count = period.Count,
                Agreement = period.Agreement,
                ExpectedAgreement = period.ExpectedAgreement,
            }));
        }

        return resource;
    }

    private static Duration Milliseconds(double value) => Duration.FromTimeSpan(TimeSpan.FromMilliseconds(value));

    private static Timestamp Time(long milliseconds) => Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
