using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Retrain;

/// <summary><c>retrain decisions</c>: what became of the versions that a policy's runs published.</summary>
internal static class DecisionsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var policy = RetrainCommand.Policy();
        var command = new Command("decisions", "List what became of the versions that a policy trained, newest first, with the numbers") { name, policy };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var parent = RetrainCommand.Name(run.Get(name), run.Get(policy));
            var decisions = await Paging.AllAsync<PromotionDecision>(async token =>
            {
                var page = await run.Service.Retraining.ListPromotionDecisionsAsync(
                    new ListPromotionDecisionsRequest { Parent = parent, PageSize = Paging.PageSize, PageToken = token },
                    cancellationToken: cancellationToken);
                return (page.PromotionDecisions, page.NextPageToken);
            }, cancellationToken).ToListAsync(cancellationToken);
            run.Terminal.Result(new { PromotionDecisions = decisions.Select(PolicyText.Document) }, console =>
            {
                var table = Tables.Create("decided", "outcome", "candidate", "champion", "candidate − champion", "p", "why");
                foreach (var decision in decisions)
                {
                    var numbers = decision.Comparison;
                    table.AddTextRow(
                        Tables.Time(decision.DecideTime), PolicyText.Outcome(decision.Outcome), decision.CandidateVersion, decision.ChampionVersion,
                        numbers is null
                            ? ""
                            : string.Create(
                                CultureInfo.InvariantCulture, $"{numbers.Difference:+0.0000;−0.0000;0.0000} ({numbers.Lower:+0.0000;−0.0000;0.0000} – {numbers.Upper:+0.0000;−0.0000;0.0000})"),
                        numbers is { HasPValue: true } ? numbers.PValue.ToString("0.0000", CultureInfo.InvariantCulture) : "", decision.Reason);
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler retrain decisions scenes", "labeler retrain decisions scenes --policy nightly --json");
        return command;
    }
}
