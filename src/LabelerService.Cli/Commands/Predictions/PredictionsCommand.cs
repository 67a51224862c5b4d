using System.CommandLine;
using LabelerService.Contracts;

namespace LabelerService.Cli.Commands.Predictions;

/// <summary><c>predictions</c>: predictions of whole datasets, made by the service.</summary>
internal static class PredictionsCommand
{
    public static Command Create(CommandHost host) => new("predictions", "Predict a dataset's stored items, as a job of the service")
    {
        StartPredictionsCommand.Create(host),
        ListPredictionsCommand.Create(host),
        DownloadPredictionsCommand.Create(host),
        EndPredictionsCommands.Cancel(host),
        EndPredictionsCommands.Delete(host),
    };

    /// <summary>A job by its full name.</summary>
    public static Argument<string> Job() => new("JOB")
    {
        Description = "Prediction job: datasets/D/predictionJobs/J, as `labeler predictions start` and `list` print it",
        CustomParser = result => CommonArguments.Parse(
            result, text => ResourceName.TryParsePredictionJob(text, out _, out _) ? text : null, "a job is named datasets/D/predictionJobs/J"),
    };
}
