using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Retrain;

/// <summary><c>retrain check</c>: which triggers would fire now; starts nothing.</summary>
internal static class CheckCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var policy = RetrainCommand.Policy();
        var command = new Command("check", "Show which triggers of a policy would fire now, and by what evidence; starts nothing") { name, policy };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var answer = await run.Service.Retraining.EvaluateRetrainingPolicyAsync(
                new EvaluateRetrainingPolicyRequest { Name = RetrainCommand.Name(run.Get(name), run.Get(policy)) }, cancellationToken: cancellationToken);
            run.Terminal.Result(Document(answer), console =>
            {
                var triggers = Tables.Create("trigger", "fires", "evidence");
                foreach (var trigger in answer.Triggers)
                {
                    triggers.AddTextRow(trigger.Trigger.Replace('_', ' '), trigger.Fires ? "yes" : "no", trigger.Evidence);
                }

                console.Write(triggers);
                if (answer.Labelers.Count > 0)
                {
                    var labelers = Tables.Create("labeler", "agrees before", "agrees since", "p", "alarm");
                    foreach (var labeler in answer.Labelers)
                    {
                        labelers.AddTextRow(
                            labeler.LabelerId, Share(labeler.EarlierAgreements, labeler.EarlierCount), Share(labeler.RecentAgreements, labeler.RecentCount),
                            labeler.HasPValue ? labeler.PValue.ToString("0.0000", CultureInfo.InvariantCulture) : "", labeler.Alarm ? "yes" : "");
                    }

                    console.Write(labelers);
                }

                console.Profile.Out.Writer.WriteLine(
                    answer.WouldStart ? "a run would start now" : answer.HeldBackBy.Length > 0 ? $"held back: {answer.HeldBackBy}" : "nothing would start now");
            });
        });
        HelpWithExamples.Add(command, "labeler retrain check scenes", "labeler retrain check scenes --policy nightly --json");
        return command;
    }

    private static string Share(int agreements, int count) => string.Create(CultureInfo.InvariantCulture, $"{agreements} of {count}");

    private static object Document(EvaluateRetrainingPolicyResponse answer) => new
    {
        answer.WouldStart,
        HeldBackBy = answer.HeldBackBy.Length > 0 ? answer.HeldBackBy : null,
        Triggers = answer.Triggers.Select(trigger => new { trigger.Trigger, trigger.Fires, trigger.Evidence }),
        Labelers = answer.Labelers.Select(labeler => new
        {
            labeler.LabelerId,
            labeler.EarlierCount,
            labeler.EarlierAgreements,
            labeler.RecentCount,
            labeler.RecentAgreements,
            PValue = labeler.HasPValue ? labeler.PValue : (double?)null,
            labeler.Alarm,
        }),
    };
}
