using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Models;
using LabelerService.Storage.Runs;
using WireDuration = Google.Protobuf.WellKnownTypes.Duration;

namespace LabelerService.Server.Validation;

/// <summary>Checks requests of trainers of others.</summary>
internal static class LeaseRequests
{
    private const int MostAlgorithms = 64;

    private static readonly TimeSpan UsualLease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestLease = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>Checks a request for a run.</summary>
    /// <param name="request">The request.</param>
    /// <param name="validator">Takes the violations.</param>
    /// <param name="wait">How long it waits for a run.</param>
    /// <returns>How long the lease is.</returns>
    public static TimeSpan Check(LeaseTrainingRunRequest request, RequestValidator validator, out TimeSpan wait)
    {
        validator.ExternalId(request.Trainer, "trainer");
        validator.Require(request.Algorithms.Count is >= 1 and <= MostAlgorithms, "algorithms", $"must name 1 to {MostAlgorithms}");
        for (var i = 0; i < request.Algorithms.Count && !validator.IsFull; i++)
        {
            var algorithm = request.Algorithms[i];
            var known = RemoteAlgorithms.Is(algorithm)
                ? ResourceName.IsId(algorithm)
                : AlgorithmCatalogue.Find(algorithm) is { Purpose: AlgorithmPurpose.Model };
            validator.Require(
                known, $"algorithms[{i}]", $"must begin with {RemoteAlgorithms.Prefix} and match [a-z0-9-]{{1,63}}, or be an algorithm of ListAlgorithms that gives a model");
        }

        wait = request.Wait is null ? TimeSpan.Zero : Read(request.Wait, TimeSpan.Zero, LongestWait, "wait", validator);
        return Lease(request.Lease, validator);
    }

    /// <summary>The time of a lease.</summary>
    public static TimeSpan Lease(WireDuration? lease, RequestValidator validator) =>
        lease is null ? UsualLease : Read(lease, ShortestLease, LongestLease, "lease", validator);

    /// <summary>Progress that a trainer reports.</summary>
    public static RunProgress Progress(TrainingProgress? progress, RequestValidator validator)
    {
        if (progress is null)
        {
            validator.Add("progress", "must be set");
            return new RunProgress("", 0, 0);
        }

        validator.Require(progress.Phase.Length > 0, "progress.phase", "must be set");
        validator.Text(progress.Phase, "progress.phase");
        validator.Text(progress.ValidationMetric, "progress.validation_metric");
        validator.Require(progress.Epoch >= 0 && progress.Epochs >= progress.Epoch, "progress.epoch", "must be from 0 to epochs");
        double? left = progress.EstimatedTimeLeft is { } time
            ? Read(time, TimeSpan.Zero, TimeSpan.FromDays(365), "progress.estimated_time_left", validator).TotalSeconds : null;
        var validated = progress.ValidationMetric.Length > 0;
        return new RunProgress(
            progress.Phase, progress.Epoch, progress.Epochs, progress.Loss, validated ? progress.ValidationValue : null, left,
            validated ? progress.ValidationMetric : null);
    }

    private static TimeSpan Read(WireDuration duration, TimeSpan least, TimeSpan most, string field, RequestValidator validator)
    {
        // A message may hold what is no duration at all.
        var right = duration.Seconds is >= 0 and <= 40_000_000 && duration.Nanos is >= 0 and < 1_000_000_000;
        var time = right ? duration.ToTimeSpan() : TimeSpan.MaxValue;
        return validator.Require(time >= least && time <= most, field, $"must be from {least.TotalSeconds:0} to {most.TotalSeconds:0} s") ? time : least;
    }
}
