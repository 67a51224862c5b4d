using Google.Api;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.Server.Security.Audit;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.EndToEnd.Security;

/// <summary>What the audit log holds of calls, who may read it, and what it says of itself.</summary>
[Trait("Suite", "security")]
public sealed class AuditTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    // Writes that are what the service is there for, with histories of their own: data, predictions, and runs, which change nothing by themselves.
    private static readonly string[] Unaudited =
    [
        "BatchCreateItems", "StreamItems", "BatchSetGoldClasses", "BatchCreateLabelers", "UpdateLabeler", "BatchCreateAnnotations", "StreamAnnotations",
        "IngestAnnotations", "CreateTrainingRun", "CancelTrainingRun", "CreateCurve", "ResumeCurve", "CreatePredictionJob", "CancelPredictionJob",
        "Predict", "BatchPredict", "StreamPredict", "EvaluateModel", "CompareModels", "EvaluateRetrainingPolicy", "RefreshInsights", "SuggestAnnotations",
        "LeaseTrainingRun", "RenewTrainingLease", "ReportTrainingProgress", "EndTrainingRun",
    ];

    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public void Every_method_that_is_no_read_is_audited_or_listed_here()
    {
        var writes = ApiMethods.All.Where(method => method.GetOptions()?.GetExtension(AnnotationsExtensions.Http)?.PatternCase != HttpRule.PatternOneofCase.Get);
        Assert.Equal(
            writes.Select(method => method.Name).Order(StringComparer.Ordinal),
            AuditedMethods.All.Select(name => name.Split('/')[1]).Concat(Unaudited).Order(StringComparer.Ordinal));
        Assert.All(AuditedMethods.All, name => Assert.Contains(ApiMethods.All, method => ApiMethods.Path(method) == "/" + name));
    }

    [Fact]
    public async Task A_call_leaves_that_it_began_and_how_it_ended_with_names_and_no_contents()
    {
        var start = await LastAsync();
        var created = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest
        {
            ApiKey = new ApiKey { Role = ApiKey.Types.Role.Labeler, Datasets = { "datasets/audited" }, LabelerId = "zerlina-person", DisplayName = "tablet-of-zerlina" },
        });
        await _server.CreateDatasetAsync("audited");
        await Assert.ThrowsAsync<RpcException>(async () => await _server.Datasets(_server.AdminKey).DeleteDatasetAsync(
            new DeleteDatasetRequest { Name = "datasets/never-made" }));
        await Assert.ThrowsAsync<RpcException>(async () => await _server.Datasets(_server.AdminKey).DeleteDatasetAsync(
            new DeleteDatasetRequest { Name = $"no name but a secret: {created.Key}" }));
        await _server.Keys().DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = created.ApiKey.Name });

        var events = (await EventsAsync()).Where(entry => Number(entry.Name) > start && !entry.Method.Contains("others", StringComparison.Ordinal)
            && entry.Role == "admin").ToArray();
        var admin = $"apiKeys/{_server.AdminKey.Split('_')[1]}";
        Assert.All(events, entry => Assert.Equal((admin, "admin", 1), (entry.Actor, entry.Role, entry.Count)));
        Assert.Equal(
            [
                ("CreateApiKey", "BEGUN", ""), ("CreateApiKey", "OK", created.ApiKey.Name), ("CreateDataset", "BEGUN", "datasets/audited"), ("CreateDataset", "OK", "datasets/audited"),
                ("DeleteDataset", "BEGUN", "datasets/never-made"), ("DeleteDataset", "RESOURCE_NOT_FOUND", "datasets/never-made"),
                ("DeleteDataset", "BEGUN", ""), ("DeleteDataset", "INVALID_FIELD", ""),
                ("DeleteApiKey", "BEGUN", created.ApiKey.Name), ("DeleteApiKey", "OK", created.ApiKey.Name),
            ],
            events.Select(entry => (entry.Method.Split('/')[1], entry.Outcome, entry.Resource)));
        foreach (var (begun, ended) in events.Chunk(2).Select(pair => (pair[0], pair[1])))
        {
            Assert.Equal(("", begun.Name), (begun.Begun, ended.Begun));
            Assert.Equal((64, 0), (begun.RequestDigest.Length, ended.RequestDigest.Length));
        }

        var rows = await RowsAsync();
        foreach (var content in (string[])["zerlina", created.Key[^43..], _server.AdminKey[^43..], "secret"])
        {
            Assert.DoesNotContain(content, rows, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Refused_credentials_roles_and_sign_ins_are_in_the_log_and_so_is_the_first_key()
    {
        var reader = await _server.CreateKeyAsync(ApiKey.Types.Role.Reader);
        await Assert.ThrowsAsync<RpcException>(async () => await _server.Datasets(reader).CreateDatasetAsync(new CreateDatasetRequest()));
        await Assert.ThrowsAsync<RpcException>(async () => await _server.Datasets(reader[..^3] + "AAA").ListDatasetsAsync(new ListDatasetsRequest()));
        using var client = new HttpClient();
        using var signIn = new HttpRequestMessage(HttpMethod.Post, new Uri(_server.HttpAddress + "/session"))
        {
            Content = new StringContent("{\"credential\": \"lbl_nobody_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", System.Text.Encoding.UTF8, "application/json"),
        };
        signIn.Headers.Add("x-labeler-dashboard", "1");
        signIn.Headers.Add("Origin", _server.HttpAddress);
        using var answer = await client.SendAsync(signIn);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, answer.StatusCode);

        // Refusals are gathered; what is left when a server stops is written then.
        await using (var other = await SecuredServer.StartAsync(fixture.ConnectionString, options => options with { AdminKeyFile = null }))
        {
            await Assert.ThrowsAsync<RpcException>(async () => await other.Keys(reader).ListApiKeysAsync(new ListApiKeysRequest()));
            await Assert.ThrowsAsync<RpcException>(async () => await other.Datasets(reader).DeleteDatasetAsync(new DeleteDatasetRequest()));
        }

        await _server.Get<RefusalLog>().WriteNowAsync(default);
        var events = (await EventsAsync()).Select(entry => (entry.Actor, entry.Method, entry.Outcome)).ToHashSet();
        var key = $"apiKeys/{reader.Split('_')[1]}";
        Assert.Superset(
            new HashSet<(string, string, string)>
            {
                ("operator", "first-key", "OK"),
                (key, "labeler.v1.DatasetService/CreateDataset", "ROLE_FORBIDDEN"),
                ("", "labeler.v1.DatasetService/ListDatasets", "CREDENTIAL_INVALID"),
                ("", "sign-in", "CREDENTIAL_INVALID"),
                (key, "labeler.v1.ApiKeyService/ListApiKeys", "ROLE_FORBIDDEN"),
                (key, "labeler.v1.DatasetService/DeleteDataset", "ROLE_FORBIDDEN"),
            },
            events);
    }

    [Fact]
    public async Task The_chain_is_verified_from_the_command_line_against_a_head_that_the_log_showed()
    {
        await _server.CreateDatasetAsync("verified");
        var noted = await HeadAsync();
        Assert.Contains(noted, _server.Log.All, StringComparison.Ordinal);
        await _server.Datasets(_server.AdminKey).DeleteDatasetAsync(new DeleteDatasetRequest { Name = "datasets/verified" });

        var whole = await CommandAsync(_server, "audit", "verify", "--head", noted);
        Assert.Contains("is whole", whole.Succeeded(), StringComparison.Ordinal);
        Assert.Contains(noted, (await CommandAsync(_server, "audit", "list", "--since", "1h", "--json")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("datasets/verified", (await CommandAsync(_server, "audit", "list")).Succeeded(), StringComparison.Ordinal);
        var wrong = await CommandAsync(_server, "audit", "verify", "--head", new string('a', 64));
        Assert.Equal((1, true), (wrong.ExitCode, wrong.Output.Contains("no event has the hash that was noted", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Pages_of_the_list_continue_and_are_of_one_call()
    {
        await _server.CreateDatasetAsync("paged");
        var audit = new AuditService.AuditServiceClient(_server.Call(_server.AdminKey));
        var first = await audit.ListAuditEventsAsync(new ListAuditEventsRequest { PageSize = 2 });
        Assert.Equal(["auditEvents/1", "auditEvents/2"], first.AuditEvents.Select(entry => entry.Name));
        var second = await audit.ListAuditEventsAsync(new ListAuditEventsRequest { PageSize = 1, PageToken = first.NextPageToken });
        Assert.Equal("auditEvents/3", Assert.Single(second.AuditEvents).Name);
        await RefusedAsync("page_token", async () => await audit.ListAuditEventsAsync(
            new ListAuditEventsRequest { PageToken = first.NextPageToken, Since = first.AuditEvents[0].Time }));
        await RefusedAsync("since", async () => await audit.ListAuditEventsAsync(
            new ListAuditEventsRequest { Since = new Google.Protobuf.WellKnownTypes.Timestamp { Seconds = long.MaxValue } }));
        await RefusedAsync("head", async () => await audit.VerifyAuditLogAsync(new VerifyAuditLogRequest { Head = "12" }));
    }

    [Fact]
    public async Task What_cannot_be_written_down_is_not_done_and_verify_says_what_was_tampered_with()
    {
        var database = await PostgresFixture.CreateDatabaseAsync(migrated: true);
        await using var server = await SecuredServer.StartAsync(database);
        await server.CreateDatasetAsync("kept");
        await using var source = NpgsqlDataSource.Create(database);
        await using (var tamper = source.CreateCommand(
            "ALTER TABLE audit_log DISABLE TRIGGER USER; ALTER TABLE audit_head DISABLE TRIGGER USER; "
            + "UPDATE audit_log SET actor = 'apiKeys/innocent' WHERE sequence = 2; DELETE FROM audit_head"))
        {
            await tamper.ExecuteNonQueryAsync();
        }

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Datasets(server.AdminKey).DeleteDatasetAsync(
            new DeleteDatasetRequest { Name = "datasets/kept" }));
        Assert.Equal((StatusCode.FailedPrecondition, "AUDIT_LOG_DAMAGED"), (error.StatusCode, error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason));
        await server.Datasets(server.AdminKey).GetDatasetAsync(new GetDatasetRequest { Name = "datasets/kept" });
        var verified = await CommandAsync(server, "audit", "verify");
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains("event 2: it is not what its hash was computed of", verified.Output, StringComparison.Ordinal);
        Assert.Contains("the head of the chain was taken out", verified.Output, StringComparison.Ordinal);
    }

    private static Task<CliProcess.Outcome> CommandAsync(SecuredServer server, params string[] arguments) =>
        CliInProcess.RunAsync(null, [.. arguments, "--server", server.GrpcAddress, "--api-key", server.AdminKey]);

    private static long Number(string name) => long.Parse(name["auditEvents/".Length..], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task RefusedAsync(string field, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal((StatusCode.InvalidArgument, field), (error.StatusCode, error.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations[0].Field));
    }

    private async Task<long> LastAsync() => Number((await EventsAsync())[^1].Name);

    private async Task<string> HeadAsync() =>
        (await new AuditService.AuditServiceClient(_server.Call(_server.AdminKey)).VerifyAuditLogAsync(new VerifyAuditLogRequest())).Head;

    private async Task<IReadOnlyList<AuditEvent>> EventsAsync() =>
        (await new AuditService.AuditServiceClient(_server.Call(_server.AdminKey)).ListAuditEventsAsync(
            new ListAuditEventsRequest { PageSize = 1_000 })).AuditEvents;

    private async Task<string> RowsAsync()
    {
        await using var source = NpgsqlDataSource.Create(fixture.ConnectionString);
        await using var command = source.CreateCommand("SELECT string_agg(a::text, E'\\n') FROM audit_log a");
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
