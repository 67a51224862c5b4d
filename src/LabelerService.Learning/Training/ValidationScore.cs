using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;

namespace LabelerService.Learning.Training;

/// <summary>How good weights are on validation data.</summary>
/// <param name="LogLoss">Mean negative log-likelihood, in nats; lower is better.</param>
/// <param name="Accuracy">Share right against gold; null where annotations held out stand in for gold.</param>
internal readonly record struct ValidationScore(double LogLoss, double? Accuracy)
{
    /// <summary>Whether this score is better than another one.</summary>
    public bool Beats(ValidationScore other, SelectionMetric metric)
    {
        if (metric == SelectionMetric.Accuracy && Accuracy is { } mine && other.Accuracy is { } theirs && mine != theirs)
        {
            return mine > theirs;
        }

        return LogLoss < other.LogLoss;
    }

    /// <summary>Keeps a score, or that there is none.</summary>
    public static void Save(JournalState state, string name, ValidationScore? score) => state.Put(
        name, score is null ? [] : score.Value.Accuracy is { } accuracy ? [score.Value.LogLoss, accuracy] : (double[])[score.Value.LogLoss]);

    /// <summary>Restores it.</summary>
    /// <exception cref="InvalidDataException">It is no score.</exception>
    public static ValidationScore? Load(JournalState state, string name) => state.Get<double>(name) switch
    {
        [] => null,
        [var logLoss] => new ValidationScore(logLoss, null),
        [var logLoss, var accuracy] => new ValidationScore(logLoss, accuracy),
        _ => throw new InvalidDataException($"The checkpoint's {name} is no score."),
    };

    /// <summary>Name and value of what is reported as progress.</summary>
    public (string Name, double Value) Report(SelectionMetric metric) =>
        metric == SelectionMetric.Accuracy && Accuracy is { } accuracy ? ("validation_accuracy", accuracy)
        : Accuracy is null ? ("held_out_log_likelihood", -LogLoss) : ("validation_log_loss", LogLoss);
}
