using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Retrain;

/// <summary><c>retrain policy show</c>: the policies of a dataset, and what they have done.</summary>
internal static class ShowPolicyCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var policy = RetrainCommand.Policy();
        policy.Description = "Only this policy [default: all of the dataset]";
        var command = new Command("show", "Show a dataset's policies: triggers, next time, last run and last decision") { name, policy };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var policies = run.Has(policy)
                ? [await run.Service.Retraining.GetRetrainingPolicyAsync(
                    new GetRetrainingPolicyRequest { Name = RetrainCommand.Name(run.Get(name), run.Get(policy)) }, cancellationToken: cancellationToken)]
                : await Paging.AllAsync<RetrainingPolicy>(async token =>
                {
                    var page = await run.Service.Retraining.ListRetrainingPoliciesAsync(
                        new ListRetrainingPoliciesRequest { Parent = run.Get(name), PageSize = Paging.PageSize, PageToken = token },
                        cancellationToken: cancellationToken);
                    return (page.RetrainingPolicies, page.NextPageToken);
                }, cancellationToken).ToListAsync(cancellationToken);
            run.Terminal.Result(new { RetrainingPolicies = policies.Select(PolicyText.Document) }, console =>
            {
                var table = Tables.Create("policy", "trains", "when", "new labels", "next time", "promotion", "runs", "last run", "last decision");
                foreach (var entry in policies)
                {
                    var state = entry.State ?? new RetrainingState();
                    table.AddTextRow(
                        entry.Name, $"{entry.Algorithm} → {entry.ModelId}", PolicyText.Triggers(entry),
                        state.NewAnnotations.ToString(CultureInfo.InvariantCulture), Tables.Time(state.NextScheduledTime), PolicyText.Promotion(entry),
                        state.RunCount.ToString(CultureInfo.InvariantCulture),
                        state.LastTriggerTime is null ? "" : $"{Tables.Time(state.LastTriggerTime)}: {state.LastTriggerReason}",
                        state.LastDecision is { } last ? PolicyText.Outcome(last.Outcome) : "");
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler retrain policy show scenes", "labeler retrain policy show scenes --policy nightly --json");
        return command;
    }
}
