using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Models;
using LabelerService.Storage.Runs;

namespace LabelerService.Server.Mapping;

/// <summary>Training runs and their events between proto and domain.</summary>
internal static class TrainingRunMapping
{
    /// <summary>The resource of a stored run.</summary>
    /// <param name="record">The run.</param>
    /// <param name="forecast">Where it stands in the queue; null where it has ended.</param>
    public static TrainingRun ToResource(RunRecord record, RunForecast? forecast)
    {
        var run = new TrainingRun
        {
            Name = ResourceName.TrainingRun(record.DatasetId, record.RunId),
            Uid = record.Uid.ToString(),
            Algorithm = record.Algorithm,
            ModelId = record.CurveId is null ? record.ModelId : "",
            Curve = record.CurveId is { } curve ? ResourceName.Curve(record.DatasetId, curve) : "",
            Seed = record.Seed,
            Priority = record.Priority,
            State = (TrainingRun.Types.State)record.State,
            Progress = record.Progress is { } progress ? ToProgress(progress) : null,
            ModelVersion = record.ModelVersion is { } version ? ResourceName.ModelVersion(record.DatasetId, record.ModelId, version) : "",
            FailureMessage = record.Error ?? "",
            Attempt = record.Attempt,
            Trainer = record.LeaseOwner ?? "",
            CancelRequested = record.CancelRequested,
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
            StartTime = ToTimestamp(record.StartTime),
            EndTime = ToTimestamp(record.EndTime),
            EstimatedStartTime = ToTimestamp(forecast?.Start),
            EstimatedEndTime = ToTimestamp(forecast?.End),
            RetrainingReason = record.RetrainingReason ?? "",
            RetrainingPolicy = record.RetrainingPolicy is { } policy ? ResourceName.RetrainingPolicy(record.DatasetId, policy) : "",
            WarmStartVersion = record.WarmStart is { } start ? ResourceName.ModelVersion(record.DatasetId, start.ModelId, start.Version) : "",
            Backbone = record.State == RunState.Succeeded && PretrainingRules.Pretrains(record.Algorithm)
                ? ResourceName.Backbone(record.DatasetId, record.ModelId) : "",
            ResumedCount = record.ResumedCount,
            LastCheckpointTime = ToTimestamp(record.LastCheckpointTime),
        };
        if (forecast?.Position is { } position)
        {
            run.QueuePosition = position;
        }

        foreach (var (key, value) in record.RequestedSettings)
        {
            run.Settings.Add(key, value);
        }

        foreach (var (key, value) in record.EffectiveSettings)
        {
            run.EffectiveSettings.Add(key, value);
        }

        return run;
    }

    /// <summary>The proto of a run's event.</summary>
    public static TrainingRunEvent ToEvent(RunEvent record) => new()
    {
        Sequence = record.Sequence,
        Time = Timestamp.FromDateTimeOffset(record.Time),
        State = StateAfter(record.Kind),
        Progress = record.Progress is { } progress ? ToProgress(progress) : null,
        Message = Describe(record),
    };

    /// <summary>The resource of a trainer.</summary>
    public static Trainer ToTrainer(TrainerRecord record) => new()
    {
        Name = ResourceName.Trainer(record.Id),
        DisplayName = record.Name,
        Slots = record.Slots,
        BusySlots = record.Busy,
        Alive = record.Alive,
        StartTime = Timestamp.FromDateTimeOffset(record.StartTime),
        LastSeenTime = Timestamp.FromDateTimeOffset(record.LastSeen),
        CodeVersion = record.CodeVersion,
    };

    /// <summary>The proto of an algorithm.</summary>
    public static Algorithm ToAlgorithm(AlgorithmDescriptor descriptor)
    {
        var algorithm = new Algorithm
        {
            AlgorithmId = descriptor.Id,
            DisplayName = descriptor.Title,
            Description = descriptor.Summary,
            Reference = descriptor.Reference,
            Purpose = descriptor.Purpose switch
            {
                AlgorithmPurpose.Model => Algorithm.Types.Purpose.Model,
                AlgorithmPurpose.Backbone => Algorithm.Types.Purpose.Backbone,
                _ => throw new ArgumentOutOfRangeException(nameof(descriptor), descriptor.Purpose, null),
            },
        };
        algorithm.Settings.AddRange(descriptor.Settings.Select(ToSetting));
        return algorithm;
    }

    private static AlgorithmSetting ToSetting(SettingDescriptor descriptor)
    {
        var setting = new AlgorithmSetting
        {
            Key = descriptor.Key,
            Type = TypeName(descriptor.Type),
            DefaultValue = descriptor.Default,
            Description = descriptor.Description + Range(descriptor),
            Choices = { descriptor.Choices },
        };
        if (descriptor is { Minimum: { } minimum, Maximum: { } maximum })
        {
            (setting.Minimum, setting.Maximum) = (minimum, maximum);
        }

        return setting;
    }

    private static string TypeName(SettingType type) => type switch
    {
        SettingType.Integer => "integer",
        SettingType.Number => "number",
        SettingType.Choice => "choice",
        SettingType.IntegerList => "integers",
        SettingType.ResourceName => "name",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private static string Range(SettingDescriptor setting)
    {
        if (setting.Choices.Count > 0)
        {
            return $" One of {string.Join(", ", setting.Choices)}.";
        }

        return setting is { Minimum: { } minimum, Maximum: { } maximum } ? FormattableString.Invariant($" From {minimum} to {maximum}.") : "";
    }

    private static TrainingRun.Types.State StateAfter(RunEventKind kind) => kind switch
    {
        RunEventKind.Queued or RunEventKind.Released => TrainingRun.Types.State.Queued,
        RunEventKind.Succeeded => TrainingRun.Types.State.Succeeded,
        RunEventKind.Failed => TrainingRun.Types.State.Failed,
        RunEventKind.Cancelled => TrainingRun.Types.State.Cancelled,
        _ => TrainingRun.Types.State.Running,
    };

    private static string Describe(RunEvent record) => record.Kind switch
    {
        RunEventKind.Queued => "Waits for a trainer.",
        RunEventKind.Started => $"Taken up by {record.Message}.",
        RunEventKind.Progress => "",
        RunEventKind.CancelRequested => "Cancelling was asked for.",
        RunEventKind.Released => "Given back to the queue by its trainer.",
        RunEventKind.Succeeded => "What it made is published.",
        RunEventKind.Failed => record.Message ?? "Failed.",
        RunEventKind.Cancelled => "Cancelled.",
        RunEventKind.Resumed => $"Goes on from its checkpoint: {record.Progress?.Phase}, {record.Progress?.Epoch} of {record.Progress?.Epochs}.",
        RunEventKind.StartedOver => $"Starts over: {record.Message}",
        _ => "",
    };

    private static TrainingProgress ToProgress(RunProgress progress) => new()
    {
        Phase = progress.Phase,
        Epoch = progress.Epoch,
        Epochs = progress.Epochs,
        Loss = progress.Loss ?? 0,
        ValidationMetric = progress.ValidationMetricName ?? "",
        ValidationValue = progress.ValidationMetric ?? 0,
        EstimatedTimeLeft = progress.EtaSeconds is { } seconds ? Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds)) : null,
    };

    private static Timestamp? ToTimestamp(DateTimeOffset? time) => time is { } given ? Timestamp.FromDateTimeOffset(given) : null;
}
