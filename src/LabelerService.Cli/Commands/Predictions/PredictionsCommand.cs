using System.CommandLine;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;

namespace LabelerService.Cli.Commands.Predictions;

/// <summary><c>predictions</c>: predictions of whole datasets, made by the service.</summary>
internal static class PredictionsCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("predictions", "Predict a dataset's stored items, as a job of the service")
        {
            StartPredictionsCommand.Create(host),
            ListPredictionsCommand.Create(host),
            DownloadPredictionsCommand.Create(host),
            EndPredictionsCommands.Cancel(host),
            EndPredictionsCommands.Delete(host),
        };
        HelpWithExamples.Add(
            command,
            "labeler predictions start datasets/scenes/models/wdn --wait",
            "labeler predictions download datasets/scenes/predictionJobs/0198c1f0 --out scenes.parquet");
        return command;
    }

    /// <summary>A job by its full name.</summary>
    public static Argument<string> Job() => new Argument<string>("JOB")
    {
        Description = "Prediction job: datasets/D/predictionJobs/J, as `labeler predictions start` and `list` print it",
        CustomParser = result => CommonArguments.Parse(
            result, text => ResourceName.TryParsePredictionJob(text, out _, out _) ? text : null, "a job is named datasets/D/predictionJobs/J"),
    }.Names(NameKind.PredictionJob);
}
