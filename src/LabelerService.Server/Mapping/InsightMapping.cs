using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Acquisition;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Labelers;
using LabelerService.Core.Uncertainty;
using LabelerService.Server.Insight;
using CoreEstimate = LabelerService.Core.Agreement.Estimate;
using CorePair = LabelerService.Core.Agreement.LabelerPair;
using CoreScale = LabelerService.Core.Agreement.AgreementScale;
using SuspectedAnnotation = LabelerService.Core.Items.SuspectedAnnotation;

namespace LabelerService.Server.Mapping;

/// <summary>Insights to proto.</summary>
internal static class InsightMapping
{
    /// <summary>An aggregator.</summary>
    public static Aggregator ToResource(AggregatorDescriptor descriptor) => new()
    {
        Method = descriptor.Id,
        Title = descriptor.Title,
        Summary = descriptor.Summary,
        Paper = descriptor.Paper,
        TakesModel = descriptor.UsesModel,
        NeedsModel = descriptor.NeedsModel,
        TakesGold = descriptor.UsesGold,
        Ordinal = descriptor.NeedsOrdinal,
    };

    /// <summary>Of which data an answer is that rests on a consensus.</summary>
    /// <param name="snapshot">The data.</param>
    /// <param name="consensus">The consensus.</param>
    /// <param name="wasThere">Whether everything was there.</param>
    /// <param name="took">Time that what rests on the consensus took.</param>
    /// <param name="warnings">Warnings beside those of the consensus.</param>
    public static InsightState ToState(
        InsightSnapshot snapshot, ConsensusResult consensus, bool wasThere, TimeSpan took, params IReadOnlyList<AggregationWarning> warnings)
    {
        var state = ToState(snapshot, wasThere, consensus.Duration + took, [.. consensus.Warnings, .. warnings]);
        state.Method = consensus.Key.Method;
        state.Iterations = consensus.Consensus.Iterations;
        state.Converged = consensus.Consensus.Converged;
        state.Incremental = consensus.Incremental;
        state.GoldAccuracy = ToEstimate(consensus.GoldAccuracy);
        if (consensus.Votes is { } votes)
        {
            state.ModelVersion = votes.Name;
            state.OutOfFoldCount = votes.OutOfFold;
            state.PredictedCount = votes.Predicted;
        }

        return state;
    }

    /// <summary>Of which data an answer is.</summary>
    public static InsightState ToState(InsightSnapshot snapshot, bool wasThere, TimeSpan took, IReadOnlyList<AggregationWarning> warnings)
    {
        var data = snapshot.Data;
        var state = new InsightState
        {
            State = snapshot.StateText,
            ReadTime = Timestamp.FromDateTimeOffset(data.ReadTime),
            AnnotationCount = data.Table.Count,
            ItemCount = data.Table.ItemCount,
            AnnotatedItemCount = snapshot.AnnotatedItems,
            LabelerCount = data.Table.LabelerCount,
            ComputeDuration = Duration.FromTimeSpan(snapshot.ReadDuration + took),
            Cached = wasThere,
        };
        state.Warnings.AddRange(
            warnings.DistinctBy(warning => (warning.Code, warning.Text)).Select(warning => new InsightWarning { Code = warning.Code, Text = warning.Text }));
        return state;
    }

    /// <summary>Of which data an answer about items is.</summary>
    public static InsightState ToState(ItemsView view) =>
        ToState(view.Snapshot, view.Consensus, view.WasThere, view.Took, view.Intervals?.Posterior.Warnings ?? []);

    /// <summary>Of which data an answer about labelers is.</summary>
    public static InsightState ToState(LabelersView view) => ToState(
        view.Snapshot, view.Consensus, view.WasThere, view.Took,
        [.. view.Labelers.Analysis.Warnings, .. view.Intervals?.Posterior.Warnings ?? []]);

    /// <summary>Of which data an answer about agreement is.</summary>
    public static InsightState ToState(InsightSnapshot snapshot, Insight<AgreementResult> agreement) => ToState(
        snapshot, agreement.WasThere, agreement.Result.Duration, [.. snapshot.Diagnosis, .. agreement.Result.Report.Warnings]);

    /// <summary>Items' consensus, column by column.</summary>
    /// <param name="view">What is known of items.</param>
    /// <param name="items">The items: indexes.</param>
    /// <param name="itemIds">Their external ids.</param>
    /// <param name="block">The message to fill.</param>
    public static ExportItemConsensusResponse ToBlock(ItemsView view, int[] items, string[] itemIds, ExportItemConsensusResponse block)
    {
        var (consensus, report) = (view.Consensus, view.Items.Report);
        var classes = consensus.Consensus.ClassCount;
        var probabilities = new float[items.Length * classes];
        for (var i = 0; i < items.Length; i++)
        {
            var item = items[i];
            for (var k = 0; k < classes; k++)
            {
                probabilities[(i * classes) + k] = (float)consensus.Consensus.Posteriors[(item * classes) + k];
            }

            block.ClassIndices.Add(consensus.Classes[item]);
            block.ProbabilitiesWrong.Add((float)report.ProbabilitiesWrong[item]);
            block.Difficulties.Add((float)report.Difficulties[item]);
            block.AnnotationCounts.Add(report.AnnotationCounts[item]);
            if (view.Intervals is { } intervals)
            {
                var interval = intervals.Posterior.ItemTopClass(item);
                block.ProbabilityLows.Add((float)interval.Low);
                block.ProbabilityHighs.Add((float)interval.High);
            }
        }

        block.ItemIds.AddRange(itemIds);
        block.Probabilities = PredictionMapping.ToTensor(probabilities, items.Length, classes);
        return block;
    }

    /// <summary>An item's consensus.</summary>
    public static ItemConsensus ToItem(ItemsView view, int item, string itemId)
    {
        var (snapshot, consensus, report, intervals) = (view.Snapshot, view.Consensus, view.Items.Report, view.Intervals);
        var (dataset, data, classes) = (snapshot.Dataset, snapshot.Data, consensus.Consensus.ClassCount);
        var top = consensus.Classes[item];
        var row = consensus.Consensus.Posteriors.AsSpan(item * classes, classes);
        var entry = new ItemConsensus
        {
            Item = ResourceName.Item(dataset.Id, data.ItemKeys[item]),
            ItemId = itemId,
            ClassIndex = top,
            ClassName = dataset.Schema.Classes[top],
            Probability = ToEstimate(row[top], intervals?.Posterior.ItemTopClass(item), report.AnnotationCounts[item]),
            ProbabilityWrong = report.ProbabilitiesWrong[item],
            Difficulty = report.Difficulties[item],
        };
        entry.Probabilities.Capacity = classes;
        foreach (var probability in row)
        {
            entry.Probabilities.Add(probability);
        }

        if (data.Gold[item] >= 0)
        {
            entry.GoldClassIndex = data.Gold[item];
        }

        return entry;
    }

    /// <summary>A suspected annotation.</summary>
    public static Contracts.V1.SuspectedAnnotation ToResource(InsightSnapshot snapshot, SuspectedAnnotation suspected, string itemId)
    {
        var (dataset, data) = (snapshot.Dataset, snapshot.Data);
        var entry = new Contracts.V1.SuspectedAnnotation
        {
            Annotation = ResourceName.Annotation(dataset.Id, data.ItemKeys[suspected.Item], data.LabelerKeys[suspected.Labeler]),
            ItemId = itemId,
            LabelerId = data.LabelerIds[suspected.Labeler],
            ClassName = dataset.Schema.Classes[suspected.GivenClass],
            LikelyClassName = dataset.Schema.Classes[suspected.LikelyClass],
            LikelyClassProbability = suspected.LikelyProbability,
            ProbabilityWrong = suspected.ProbabilityWrong,
        };
        entry.Reasons.AddRange(suspected.Reasons);
        return entry;
    }

    /// <summary>A suggestion.</summary>
    public static SuggestedAnnotation ToResource(InsightSnapshot snapshot, ConsensusResult consensus, NextAnnotation next, string itemId)
    {
        var (start, end) = snapshot.Data.Table.RangeOfItem(next.Item);
        return new SuggestedAnnotation
        {
            Item = ResourceName.Item(snapshot.Dataset.Id, snapshot.Data.ItemKeys[next.Item]),
            ItemId = itemId,
            LabelerId = next.Labeler is { } labeler ? snapshot.Data.LabelerIds[labeler] : "",
            Score = next.Score,
            ExpectedInformationGain = next.ExpectedInformationGain,
            ProbabilityWrong = next.ProbabilityWrong,
            ClassName = snapshot.Dataset.Schema.Classes[consensus.Classes[next.Item]],
            AnnotationCount = end - start,
            Reason = next.Reason,
        };
    }

    /// <summary>Agreement.</summary>
    public static Agreement ToResource(InsightSnapshot snapshot, Insight<AgreementResult> agreement, int maxPairs)
    {
        var report = agreement.Result.Report;
        var resource = new Agreement
        {
            Name = $"{ResourceName.Dataset(snapshot.Dataset.Id)}/agreement",
            Scale = report.Scale switch
            {
                CoreScale.Ordinal => AgreementScale.Ordinal,
                CoreScale.Interval => AgreementScale.Interval,
                _ => AgreementScale.Nominal,
            },
            Percent = ToEstimate(report.Percent, report.PairableItems),
            FleissKappa = ToEstimate(report.Fleiss, report.PairableItems),
            KrippendorffAlpha = ToEstimate(report.KrippendorffAlpha, report.PairableAnnotations),
            Level = report.Level,
            PairCount = report.PairCount,
            State = ToState(snapshot, agreement),
        };
        resource.Pairs.AddRange(report.Pairs.Take(maxPairs).Select(pair => ToResource(snapshot, pair)));
        return resource;
    }

    /// <summary>A pair of labelers.</summary>
    public static LabelerPair ToResource(InsightSnapshot snapshot, CorePair pair)
    {
        var entry = new LabelerPair
        {
            LabelerId = snapshot.Data.LabelerIds[pair.A],
            OtherLabelerId = snapshot.Data.LabelerIds[pair.B],
            SharedItems = pair.SharedItems,
            PercentAgreement = pair.PercentAgreement,
        };
        if (pair.CohenKappa is { } kappa)
        {
            entry.CohenKappa = kappa;
        }

        if (pair.WeightedKappa is { } weighted)
        {
            entry.WeightedKappa = weighted;
        }

        return entry;
    }

    /// <summary>A share that was counted; null for none.</summary>
    /// <remarks>The interval is of the probability behind the share, from a uniform prior; it is widened to hold the share itself.</remarks>
    public static Estimate? ToEstimate(MeasuredShare? share)
    {
        if (share is not { Count: > 0 } known)
        {
            return null;
        }

        var value = Math.Clamp(known.Successes / known.Count, 0, 1);
        return ToEstimate(
            value, known.Interval with { Low = Math.Min(known.Interval.Low, value), High = Math.Max(known.Interval.High, value) }, known.Count);
    }

    /// <summary>A number, with its interval where there is one.</summary>
    public static Estimate ToEstimate(double value, CredibleInterval? interval, long count)
    {
        var estimate = new Estimate { Value = value, Count = count };
        if (interval is { } known)
        {
            (estimate.Low, estimate.High) = (known.Low, known.High);
        }

        return estimate;
    }

    private static Estimate ToEstimate(CoreEstimate coefficient, long count)
    {
        var estimate = new Estimate { Count = count };
        if (coefficient.Value is { } value)
        {
            estimate.Value = value;
        }

        if (coefficient.Low is { } low)
        {
            estimate.Low = low;
        }

        if (coefficient.High is { } high)
        {
            estimate.High = high;
        }

        return estimate;
    }
}
