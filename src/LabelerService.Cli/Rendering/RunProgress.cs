using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>Shows the events of one run on a line of a progress board.</summary>
internal sealed class RunProgress(ProgressItem item)
{
    private readonly RateMeter _epochs = new();
    private string _phase = "";

    /// <summary>Shows an event.</summary>
    public void Show(TrainingRunEvent happened)
    {
        var progress = happened.Progress;
        if (progress is null || progress.Phase.Length == 0)
        {
            item.Set(0, happened.Message.Length > 0 ? happened.Message : RunText.State(happened.State), important: true);
            return;
        }

        if (progress.Phase != _phase)
        {
            _epochs.Restart();
        }

        // By the trainer's clock: what happened before anybody looked comes all at once.
        _epochs.Add(happened.Time?.ToDateTimeOffset() - DateTimeOffset.UnixEpoch ?? TimeSpan.Zero, progress.Epoch);
        var fraction = progress.Epochs > 0 ? (double)progress.Epoch / progress.Epochs : 0;
        item.Set(fraction, Describe(progress, _epochs), important: progress.Phase != _phase);
        _phase = progress.Phase;
    }

    /// <summary>For example <c>network, epoch 12 of 50, loss 0.830, validation log loss 0.512, 1.7 epochs/s, 7 s left</c>.</summary>
    internal static string Describe(TrainingProgress progress, RateMeter epochs)
    {
        var parts = new List<string> { progress.Phase };
        if (progress.Epochs > 1)
        {
            parts.Add($"epoch {progress.Epoch} of {progress.Epochs}");
        }

        if (progress.Epoch > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"loss {progress.Loss:0.000}"));
            if (progress.ValidationMetric.Length > 0)
            {
                parts.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{progress.ValidationMetric.Replace('_', ' ')} {progress.ValidationValue:0.000}"));
            }
        }

        if (progress.Epochs > 1 && epochs.Rate is { } rate)
        {
            parts.Add($"{RateText.Of(rate, "epochs")}");
        }

        // The trainer knows of phases to come; where it does not say, the phase's own epochs do.
        if ((progress.EstimatedTimeLeft?.ToTimeSpan() ?? epochs.Left(progress.Epochs)) is { } left && left > TimeSpan.Zero)
        {
            parts.Add($"{DurationText.Of(left)} left");
        }

        return string.Join(", ", parts);
    }
}
