using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;

namespace LabelerService.Cli.Commands.Retrain;

/// <summary><c>retrain</c>: models that are trained anew by themselves.</summary>
internal static class RetrainCommand
{
    /// <summary>Policy that is meant where none is named.</summary>
    public const string DefaultPolicy = "default";

    public static Command Create(CommandHost host)
    {
        var policy = new Command("policy", "When a dataset's model is trained anew, and whether the new version becomes champion")
        {
            SetPolicyCommand.Create(host), ShowPolicyCommand.Create(host), DeletePolicyCommand.Create(host),
        };
        HelpWithExamples.Add(
            policy,
            "labeler retrain policy set scenes --model wdn --new-labels 500 --promote if-better",
            "labeler retrain policy show scenes");
        var command = new Command("retrain", "Train a dataset's model anew by itself: after so many labels, by schedule, when a labeler gets worse")
        {
            policy, CheckCommand.Create(host), DecisionsCommand.Create(host),
        };
        HelpWithExamples.Add(
            command,
            "labeler retrain policy set scenes --model wdn --new-labels 500 --cron \"0 3 * * *\" --promote if-better",
            "labeler retrain check scenes",
            "labeler retrain decisions scenes");
        return command;
    }

    /// <summary>The policy's id within the dataset.</summary>
    public static Option<string> Policy() => new("--policy")
    {
        Description = "The policy's id within the dataset",
        HelpName = "ID",
        DefaultValueFactory = _ => DefaultPolicy,
        CustomParser = result => CommonArguments.Parse(
            result, text => ResourceName.IsId(text) ? text : null, "a policy's id is 1 to 63 of a-z, 0-9 and -") ?? DefaultPolicy,
    };

    /// <summary>Name of a policy of a dataset, given by its name.</summary>
    public static string Name(string dataset, string policy) => $"{dataset}/retrainingPolicies/{policy}";
}
