using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Predictions;

/// <summary><c>predictions list</c>: the jobs of a dataset.</summary>
internal static class ListPredictionsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var command = new Command("list", "List a dataset's prediction jobs, newest first") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var jobs = await Paging.AllAsync<PredictionJob>(async token =>
            {
                var page = await run.Service.PredictionJobs.ListPredictionJobsAsync(
                    new ListPredictionJobsRequest { Parent = run.Get(name), PageSize = Paging.PageSize, PageToken = token },
                    cancellationToken: cancellationToken);
                return (page.PredictionJobs, page.NextPageToken);
            }, cancellationToken).ToListAsync(cancellationToken);
            run.Terminal.Result(new { Jobs = jobs.Select(PredictionJobText.Document) }, console =>
            {
                var table = Tables.Create("job", "model version", "filter", "state", "created");
                foreach (var job in jobs)
                {
                    table.AddTextRow(job.Name, job.ModelVersion, job.Filter, PredictionJobText.Standing(job), Tables.Time(job.CreateTime));
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler predictions list scenes");
        return command;
    }
}
