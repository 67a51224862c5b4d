using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Models;

/// <summary><c>model lineage</c>: where a version comes from.</summary>
internal static class LineageCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.Model();
        var command = new Command("lineage", "Show where a version comes from: its run, data and settings, and the versions it was trained on from") { model };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var line = (await run.Service.Models.GetModelLineageAsync(
                new GetModelLineageRequest { Name = run.Get(model).Text }, cancellationToken: cancellationToken)).Versions;
            run.Terminal.Result(new { Versions = line.Select(ModelDocument.Of) }, console =>
            {
                var table = Tables.Create("version", "trained", "algorithm", "annotations", "snapshot", "seed", "code", "run", "champion then", "");
                for (var i = 0; i < line.Count; i++)
                {
                    var version = line[i];
                    table.AddTextRow(
                        (i == 0 ? "" : new string(' ', 2 * (i - 1)) + "└ ") + version.Name, Tables.Time(version.CreateTime), version.Algorithm,
                        $"{version.AnnotationCount:N0}", Tables.Shorten(version.SnapshotId, 12), $"{version.Seed}", version.CodeVersion,
                        version.TrainingRun, version.ChampionVersion.Length == 0 ? "none" : version.ChampionVersion,
                        version.State == ModelVersion.Types.State.Deleted ? "deleted" : "");
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler model lineage datasets/scenes/models/wdn", "labeler model lineage datasets/scenes/models/wdn/versions/3 --json");
        return command;
    }
}
