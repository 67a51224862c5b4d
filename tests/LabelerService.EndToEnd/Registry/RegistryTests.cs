using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Registry;

/// <summary>What decides which version answers and which are kept, over gRPC, JSON and the command line.</summary>
[Collection(SharedService.Name)]
public sealed class RegistryTests(RegisteredModels models) : IClassFixture<RegisteredModels>
{
    private readonly RunningService _service = models.Service;

    [Fact]
    public async Task The_life_of_a_model()
    {
        var name = models.Changed;
        var version = Enumerable.Range(0, 4).Select(number => $"{name}/versions/{number}").ToArray();
        Assert.Equal(version[1], Champion(await GetAsync(name)));

        // Promotion, over JSON.
        using var client = new HttpClient();
        using var promoted = await client.PostAsJsonAsync(new Uri($"{_service.HttpAddress}/v1/{version[2]}:promote"), new { reason = "trained longer" });
        Assert.Equal(HttpStatusCode.OK, promoted.StatusCode);
        Assert.Equal(version[2], Champion(await GetAsync(name)));
        Assert.Equal("trained longer", (await ChangesAsync(name))[0].Reason);
        var late = await Requests.RefusedAsync(StatusCode.Aborted, "expected_champion", async () => await _service.Models.PromoteModelVersionAsync(
            new PromoteModelVersionRequest { Name = version[3], ExpectedChampion = version[1] }));
        Assert.Equal("CHAMPION_CHANGED", late.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);
        await Requests.RefusedAsync(StatusCode.Aborted, "etag", async () => await _service.Models.PromoteModelVersionAsync(
            new PromoteModelVersionRequest { Name = version[3], Etag = "\"999\"" }));

        // A canary, which ends when it is promoted.
        var trial = await _service.Models.SetModelCanaryAsync(new SetModelCanaryRequest { Name = name, Version = version[3], Share = 0.25 });
        Assert.Equal((version[3], 0.25), (trial.Canary.Version, trial.Canary.Share));
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "name", async () => await _service.Models.DeleteModelVersionAsync(
            new DeleteModelVersionRequest { Name = version[3] }));
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "version", async () => await _service.Models.SetModelCanaryAsync(
            new SetModelCanaryRequest { Name = name, Version = version[2], Share = 0.25 }));
        var now = (await CliInProcess.RunAsync(_service, "model", "promote", version[3], "--expect", "2", "--reason", "the trial went well")).Succeeded();
        Assert.Equal($"champion: {version[3]}\n", now);
        Assert.Null((await GetAsync(name)).Canary);

        // And all the way back.
        Assert.Equal($"champion: {version[2]}\n", (await CliInProcess.RunAsync(_service, "model", "rollback", name, "--reason", "no")).Succeeded());
        Assert.Equal(version[1], Champion(await _service.Models.RollbackModelAsync(new RollbackModelRequest { Name = name })));
        var first = await Assert.ThrowsAsync<RpcException>(async () => await _service.Models.RollbackModelAsync(new RollbackModelRequest { Name = name }));
        Assert.Equal((StatusCode.FailedPrecondition, "NO_PREVIOUS_CHAMPION"), (first.StatusCode, first.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason));

        var changes = await ChangesAsync(name);
        Assert.Equal(
            [
                (AliasChange.Types.Kind.RolledBack, version[2], version[1]), (AliasChange.Types.Kind.RolledBack, version[3], version[2]),
                (AliasChange.Types.Kind.CanaryEnded, version[3], ""), (AliasChange.Types.Kind.Promoted, version[2], version[3]),
                (AliasChange.Types.Kind.CanarySet, "", version[3]), (AliasChange.Types.Kind.Promoted, version[1], version[2]),
                (AliasChange.Types.Kind.Published, "", version[1]),
            ],
            changes.Select(change => (change.Kind, change.FromVersion, change.ToVersion)));
        Assert.All(changes.SkipLast(1), change => Assert.Equal("anonymous", change.Actor));
        using (var history = JsonDocument.Parse((await CliInProcess.RunAsync(_service, "model", "history", name, "--limit", "3", "--json")).Succeeded()))
        {
            var lines = history.RootElement.GetProperty("changes").EnumerateArray().ToArray();
            Assert.Equal(["rolled_back", "rolled_back", "canary_ended"], lines.Select(line => line.GetProperty("kind").GetString()));
            Assert.Equal("no", lines[1].GetProperty("reason").GetString());
        }

        // Deletion leaves what can be read about.
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "name", async () => await _service.Models.DeleteModelVersionAsync(
            new DeleteModelVersionRequest { Name = version[1] }));
        (await CliInProcess.RunAsync(_service, "model", "delete", version[2])).Succeeded();
        var tombstone = await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = version[2] });
        Assert.Equal((ModelVersion.Types.State.Deleted, "anonymous"), (tombstone.State, tombstone.DeletedBy));
        Assert.Equal(version[1], tombstone.ChampionVersion);
        Assert.Equal([version[3], version[1]], await ListAsync(name, deleted: false));
        Assert.Equal([version[3], version[2], version[1]], await ListAsync(name, deleted: true));
        Assert.Equal([version[2]], (await _service.Models.GetModelLineageAsync(new GetModelLineageRequest { Name = version[2] })).Versions.Select(one => one.Name));
        Assert.Contains(version[2], (await CliInProcess.RunAsync(_service, "model", "lineage", version[2])).Succeeded(), StringComparison.Ordinal);
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await _service.Models.GetModelCardAsync(new GetModelCardRequest { Name = version[2] }));
        await Requests.RefusedAsync(StatusCode.NotFound, "model.model", async () => await _service.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = models.Dataset,
            Model = new ModelSelector { Model = version[2] },
            ItemId = "test0",
        }));
        using var gone = await client.GetAsync(new Uri($"{_service.HttpAddress}/v1/{version[2]}:download"));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);

        // The model's own fields.
        (await CliInProcess.RunAsync(_service, "model", "retention", name, "--keep-newest", "5", "--keep-younger", "30d")).Succeeded();
        (await CliInProcess.RunAsync(_service, "model", "describe", name, "--description", "Sorts what is simulated")).Succeeded();
        var model = await GetAsync(name);
        Assert.Equal((5, 30 * 86_400L, "Sorts what is simulated"), (model.Retention.KeepNewest, model.Retention.KeepYounger.Seconds, model.Description));
        await Requests.RefusedAsync(StatusCode.Aborted, "etag", async () => await _service.Models.UpdateModelAsync(
            new UpdateModelRequest { Model = new Model { Name = name, DisplayName = "x", Etag = "\"1\"" } }));
        (await CliInProcess.RunAsync(_service, "model", "retention", name, "--off")).Succeeded();
        Assert.Null((await GetAsync(name)).Retention);

        // All of it.
        Assert.Equal(1, (await CliInProcess.RunAsync(_service, "model", "delete", name)).ExitCode);
        (await CliInProcess.RunAsync(_service, "model", "delete", name, "--force")).Succeeded();
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await _service.Models.GetModelAsync(new GetModelRequest { Name = name }));
        Assert.DoesNotContain(name, (await _service.Models.ListModelsAsync(new ListModelsRequest { Parent = models.Dataset })).Models.Select(one => one.Name));
        Assert.Equal(
            ModelVersion.Types.State.Deleted, (await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = version[3] })).State);
    }

    [Fact]
    public async Task Bad_requests_are_refused_by_field()
    {
        var (name, version) = (models.Kept, $"{models.Kept}/versions/1");
        var api = _service.Models;
        await BadAsync("name", async () => await api.PromoteModelVersionAsync(new PromoteModelVersionRequest()));
        await BadAsync("name", async () => await api.PromoteModelVersionAsync(new PromoteModelVersionRequest { Name = name }));
        await BadAsync("etag", async () => await api.PromoteModelVersionAsync(new PromoteModelVersionRequest { Name = version, Etag = "1" }));
        await BadAsync("expected_champion", async () => await api.PromoteModelVersionAsync(new PromoteModelVersionRequest { Name = version, ExpectedChampion = name }));
        await BadAsync("expected_champion", async () => await api.PromoteModelVersionAsync(
            new PromoteModelVersionRequest { Name = version, ExpectedChampion = $"{models.Dataset}/models/other/versions/1" }));
        await BadAsync("reason", async () => await api.PromoteModelVersionAsync(new PromoteModelVersionRequest { Name = version, Reason = new string('x', 1025) }));
        await BadAsync("reason", async () => await api.RollbackModelAsync(new RollbackModelRequest { Name = name, Reason = "a\0b" }));
        await BadAsync("name", async () => await api.RollbackModelAsync(new RollbackModelRequest { Name = version }));
        await BadAsync("version", async () => await api.SetModelCanaryAsync(new SetModelCanaryRequest { Name = name, Share = 0.5 }));
        await BadAsync("version", async () => await api.SetModelCanaryAsync(
            new SetModelCanaryRequest { Name = name, Share = 0.5, Version = $"{models.Dataset}/models/other/versions/1" }));
        foreach (var share in new[] { -0.1, 1, 2, double.NaN, double.PositiveInfinity })
        {
            await BadAsync("share", async () => await api.SetModelCanaryAsync(new SetModelCanaryRequest { Name = name, Share = share, Version = version }));
        }

        await BadAsync("model", async () => await api.UpdateModelAsync(new UpdateModelRequest()));
        await BadAsync("model.name", async () => await api.UpdateModelAsync(new UpdateModelRequest { Model = new Model { Name = version, DisplayName = "x" } }));
        await BadAsync("update_mask", async () => await api.UpdateModelAsync(
            new UpdateModelRequest { Model = new Model { Name = name }, UpdateMask = new FieldMask { Paths = { "canary" } } }));
        await BadAsync("model.display_name", async () => await api.UpdateModelAsync(
            new UpdateModelRequest { Model = new Model { Name = name, DisplayName = new string('x', 257) } }));
        await BadAsync("model.description", async () => await api.UpdateModelAsync(
            new UpdateModelRequest { Model = new Model { Name = name, Description = new string('x', 4097) } }));
        await BadAsync("model.retention.keep_newest", async () => await api.UpdateModelAsync(
            new UpdateModelRequest { Model = new Model { Name = name, Retention = new ModelRetention { KeepNewest = -1 } } }));
        foreach (var younger in new[] { new Duration { Nanos = 5 }, new Duration { Seconds = -1 }, new Duration { Seconds = long.MaxValue } })
        {
            await BadAsync("model.retention.keep_younger", async () => await api.UpdateModelAsync(
                new UpdateModelRequest { Model = new Model { Name = name, Retention = new ModelRetention { KeepYounger = younger } } }));
        }

        await BadAsync("page_size", async () => await api.ListAliasChangesAsync(new ListAliasChangesRequest { Parent = name, PageSize = -1 }));
        await BadAsync("page_token", async () => await api.ListAliasChangesAsync(new ListAliasChangesRequest { Parent = name, PageToken = "made-up" }));
        await BadAsync("name", async () => await api.DeleteModelVersionAsync(new DeleteModelVersionRequest { Name = name }));
        await BadAsync("name", async () => await api.DeleteModelAsync(new DeleteModelRequest { Name = version }));
        await BadAsync("name", async () => await api.GetModelLineageAsync(new GetModelLineageRequest { Name = models.Dataset }));
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "force", async () => await api.DeleteModelAsync(new DeleteModelRequest { Name = name }));
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await api.PromoteModelVersionAsync(
            new PromoteModelVersionRequest { Name = $"{name}/versions/7" }));
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await api.RollbackModelAsync(
            new RollbackModelRequest { Name = $"{models.Dataset}/models/none" }));
        await Requests.RefusedAsync(StatusCode.NotFound, "version", async () => await api.SetModelCanaryAsync(
            new SetModelCanaryRequest { Name = name, Share = 0.5, Version = $"{name}/versions/7" }));

        // Nothing of it left a trace.
        Assert.Single(await ChangesAsync(name));
        var model = await GetAsync(name);
        Assert.Equal(("", "", "\"1\""), (model.DisplayName, model.Description, model.Etag));
    }

    private static Task BadAsync(string field, Func<Task> call) => Requests.RefusedAsync(StatusCode.InvalidArgument, field, call);

    private static string Champion(Model model) => model.Aliases.Single(alias => alias.Alias == "champion").Version;

    private Task<Model> GetAsync(string name) => _service.Models.GetModelAsync(new GetModelRequest { Name = name }).ResponseAsync;

    private async Task<List<AliasChange>> ChangesAsync(string name)
    {
        var changes = new List<AliasChange>();
        var token = "";
        do
        {
            var page = await _service.Models.ListAliasChangesAsync(new ListAliasChangesRequest { Parent = name, PageSize = 2, PageToken = token });
            changes.AddRange(page.Changes);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return changes;
    }

    private async Task<IEnumerable<string>> ListAsync(string name, bool deleted)
    {
        var answer = await _service.Models.ListModelVersionsAsync(new ListModelVersionsRequest { Parent = name, ShowDeleted = deleted });
        return answer.Versions.Select(version => version.Name);
    }
}
