using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>runs</c>: the training runs of a dataset.</summary>
internal static class RunsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var command = new Command("runs", "List a dataset's training runs, newest first") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var runs = await Paging.AllAsync<TrainingRun>(async token =>
            {
                var page = await run.Service.Training.ListTrainingRunsAsync(
                    new ListTrainingRunsRequest { Parent = run.Get(name), PageSize = Paging.PageSize, PageToken = token },
                    cancellationToken: cancellationToken);
                return (page.TrainingRuns, page.NextPageToken);
            }, cancellationToken).ToListAsync(cancellationToken);
            run.Terminal.Result(new { Runs = runs.Select(RunDocument.Of) }, console =>
            {
                var table = Tables.Create("run", "algorithm", "seed", "state", "model version", "seconds", "created");
                foreach (var entry in runs)
                {
                    table.AddTextRow(
                        entry.Name, entry.Algorithm, entry.Seed.ToString(CultureInfo.InvariantCulture), RunText.Standing(entry, run.Time.GetUtcNow()), entry.ModelVersion,
                        RunText.Seconds(entry)?.ToString("0.0", CultureInfo.InvariantCulture) ?? "", Tables.Time(entry.CreateTime));
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler runs scenes");
        return command;
    }
}
