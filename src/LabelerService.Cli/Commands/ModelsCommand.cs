using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>models</c>: the models of a dataset with every version's metrics.</summary>
internal static class ModelsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var command = new Command("models", "List a dataset's models, their versions and what was measured of them") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var models = new List<(Model Model, List<ModelVersion> Versions)>();
            await foreach (var model in ModelsAsync(run.Service, run.Get(name), cancellationToken))
            {
                models.Add((model, await VersionsAsync(run.Service, model.Name, cancellationToken).ToListAsync(cancellationToken)));
            }

            run.Terminal.Result(new { Models = models.Select(entry => ModelDocument.Of(entry.Model, entry.Versions)) }, console =>
            {
                var table = Tables.Create("version", "aliases", "algorithm", "heads", "metrics", "created");
                foreach (var (model, versions) in models)
                {
                    foreach (var version in versions)
                    {
                        var aliases = model.Aliases.Where(alias => alias.Version == version.Name).Select(alias => alias.Alias);
                        table.AddTextRow(
                            version.Name, string.Join(", ", aliases), version.Algorithm, $"{version.Heads.Count}",
                            string.Join("\n", version.Metrics.Select(metric => $"{metric.Split} {MetricText.Of(metric)}")
                                .Concat(ErasureText.Warning(version) is { } warning ? [warning] : [])),
                            Tables.Time(version.CreateTime));
                    }
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler models scenes", "labeler models scenes --json");
        return command;
    }

    private static IAsyncEnumerable<Model> ModelsAsync(ServiceConnection service, string dataset, CancellationToken cancellationToken) =>
        Paging.AllAsync<Model>(async token =>
        {
            var page = await service.Models.ListModelsAsync(
                new ListModelsRequest { Parent = dataset, PageSize = Paging.PageSize, PageToken = token }, cancellationToken: cancellationToken);
            return (page.Models, page.NextPageToken);
        }, cancellationToken);

    private static IAsyncEnumerable<ModelVersion> VersionsAsync(ServiceConnection service, string model, CancellationToken cancellationToken) =>
        Paging.AllAsync<ModelVersion>(async token =>
        {
            var page = await service.Models.ListModelVersionsAsync(
                new ListModelVersionsRequest { Parent = model, PageSize = Paging.PageSize, PageToken = token },
                cancellationToken: cancellationToken);
            return (page.Versions, page.NextPageToken);
        }, cancellationToken);
}
