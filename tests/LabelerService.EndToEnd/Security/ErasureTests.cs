using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Predictions;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Labelers;
using LabelerService.TestKit.Postgres;
using WireMode = LabelerService.Contracts.V1.ErasureMode;

namespace LabelerService.EndToEnd.Security;

/// <summary>Erasing a labeler over the API and from the command line, and what models say then.</summary>
public sealed class ErasureTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_model_in_memory_forgets_the_name_and_its_card_says_what_its_files_hold()
    {
        var models = new PublishedModels(database);
        var dataset = await models.CreateDatasetAsync();
        var heads = (await models.PublishAsync(dataset, 1)).Manifest.Heads.Select(head => head.LabelerId).OfType<string>().ToArray();
        await using var server = await PredictionServer.StartAsync(database.ConnectionString);
        await using var replica = await PredictionServer.StartAsync(database.ConnectionString);
        Assert.Contains(heads[0], await NamesAsync(server, dataset.Id));
        Assert.Contains(heads[0], await NamesAsync(replica, dataset.Id));

        var key = (await database.Get<LabelerStore>().GetAsync(dataset, heads[0], default)).Key;
        var request = new EraseLabelerRequest { Name = $"datasets/{dataset.Id}/labelers/{key}", Mode = WireMode.Pseudonymise };
        var erased = await server.Labelers.EraseLabelerAsync(request);
        Assert.Equal([$"datasets/{dataset.Id}/models/wdn/versions/1"], erased.ModelVersions);
        Assert.Equal(erased, await replica.Labelers.EraseLabelerAsync(request));
        foreach (var one in (PredictionServer[])[server, replica])
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            string[] names;
            while ((names = await NamesAsync(one, dataset.Id)).Contains(heads[0]))
            {
                await Task.Delay(20, limit.Token);
            }

            Assert.Contains(erased.Pseudonym, names);
            var version = await one.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = erased.ModelVersions[0] });
            Assert.Equal((ModelVersion.Types.ErasedData.LabelerId, erased.EraseTime), (version.ErasedData, version.EraseTime));
        }

        var card = (await server.Models.GetModelCardAsync(new GetModelCardRequest
        {
            Name = erased.ModelVersions[0],
            Format = GetModelCardRequest.Types.Format.Json,
        })).Data.ToStringUtf8();
        Assert.DoesNotContain($"\"{heads[0]}\"", card, StringComparison.Ordinal);
        Assert.Contains("NAMES_ERASED_LABELERS", card, StringComparison.Ordinal);
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "mode",
            async () => await server.Labelers.EraseLabelerAsync(new EraseLabelerRequest { Name = request.Name }));
    }

    [Fact]
    public async Task The_command_looks_first_and_says_which_models_are_concerned()
    {
        var models = new PublishedModels(database);
        var dataset = await models.CreateDatasetAsync();
        await database.Get<AnnotationStore>().WriteAsync(
            dataset, [new AnnotationWrite("i", "newcomer", 1)],
            new UnknownIds(Storage.Ingest.UnknownLabelers.Reject, Storage.Ingest.UnknownItems.Register), null, default);
        await models.PublishAsync(dataset, 1);
        await using var server = await PredictionServer.StartAsync(database.ConnectionString);
        string[] erase = ["erase", dataset.Id, "newcomer", "--mode", "delete", "--server", server.GrpcAddress];

        var preview = (await CliProcess.RunAsync(null, [.. erase, "--dry-run"])).Succeeded();
        Assert.Contains("Nothing was changed", preview, StringComparison.Ordinal);
        Assert.Contains($"datasets/{dataset.Id}/models/wdn/versions/1", preview, StringComparison.Ordinal);
        var done = (await CliProcess.RunAsync(null, [.. erase, "--yes"])).Succeeded();
        Assert.Contains("The labeler is deleted.", done, StringComparison.Ordinal);
        Assert.Contains("1 annotations", done, StringComparison.Ordinal);
        var shown = (await CliProcess.RunAsync(null, "model", $"datasets/{dataset.Id}/models/wdn", "--server", server.GrpcAddress)).Succeeded();
        Assert.Contains("may have been deleted since", shown, StringComparison.Ordinal);
        var again = await CliProcess.RunAsync(null, [.. erase, "--yes"]);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("has no labeler newcomer", again.Error, StringComparison.Ordinal);
    }

    private static async Task<string[]> NamesAsync(PredictionServer server, string dataset)
    {
        var answer = await server.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = $"datasets/{dataset}",
            Model = new ModelSelector { Model = $"datasets/{dataset}/models/wdn" },
            Features = new FeatureVector { Values = { PublishedModels.Features(1) } },
            IncludeLabelers = true,
        });
        return [.. answer.Prediction.Labelers.Select(labeler => labeler.LabelerId)];
    }
}
