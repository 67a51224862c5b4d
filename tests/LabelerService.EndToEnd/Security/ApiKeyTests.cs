using Grpc.Core;
using LabelerService.Contracts.V1;
using Npgsql;

namespace LabelerService.EndToEnd.Security;

/// <summary>The life of a key: shown once, kept as a hash, refused everywhere the moment it is revoked.</summary>
[Trait("Suite", "security")]
public sealed class ApiKeyTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public async Task A_key_reads_back_as_it_was_made_but_without_its_secret()
    {
        var expires = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(1));
        var created = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest
        {
            ApiKey = new ApiKey
            {
                Role = ApiKey.Types.Role.Labeler,
                Datasets = { "datasets/d" },
                LabelerId = "anna",
                DisplayName = "Anna's tablet",
                ExpireTime = expires,
            },
        });
        Assert.StartsWith($"lbl_{created.ApiKey.Name["apiKeys/".Length..]}_", created.Key, StringComparison.Ordinal);
        var read = await _server.Keys().GetApiKeyAsync(new GetApiKeyRequest { Name = created.ApiKey.Name });
        Assert.Equal(
            (ApiKey.Types.Role.Labeler, "datasets/d", "anna", "Anna's tablet"), (read.Role, Assert.Single(read.Datasets), read.LabelerId, read.DisplayName));
        Assert.Equal(expires.Seconds, read.ExpireTime.Seconds);
        Assert.Null(read.LastUseTime);
        Assert.DoesNotContain(created.Key[^43..], read.ToString(), StringComparison.Ordinal);
        var listed = await _server.Keys().ListApiKeysAsync(new ListApiKeysRequest { PageSize = 1_000 });
        Assert.Contains(listed.ApiKeys, key => key.Name == read.Name);
    }

    [Theory]
    [InlineData("api_key.role", ApiKey.Types.Role.Unspecified, "", "")]
    [InlineData("api_key.role", (ApiKey.Types.Role)9, "", "")]
    [InlineData("api_key.datasets", ApiKey.Types.Role.Admin, "datasets/d", "")]
    [InlineData("api_key.datasets", ApiKey.Types.Role.Labeler, "", "anna")]
    [InlineData("api_key.labeler_id", ApiKey.Types.Role.Labeler, "datasets/d", "")]
    [InlineData("api_key.labeler_id", ApiKey.Types.Role.Reader, "datasets/d", "anna")]
    [InlineData("api_key.datasets[0]", ApiKey.Types.Role.Reader, "d", "")]
    public async Task A_key_that_makes_no_sense_is_refused_by_field(string field, ApiKey.Types.Role role, string dataset, string labeler)
    {
        var key = new ApiKey { Role = role, LabelerId = labeler };
        if (dataset.Length > 0)
        {
            key.Datasets.Add(dataset);
        }

        var error = await Assert.ThrowsAsync<RpcException>(async () => await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = key }));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(error.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations, violation => violation.Field == field);
    }

    [Fact]
    public async Task The_last_admin_key_that_never_expires_cannot_be_revoked()
    {
        var other = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Admin } });
        var ending = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest
        {
            ApiKey = new ApiKey
            {
                Role = ApiKey.Types.Role.Admin,
                ExpireTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddHours(1)),
            },
        });
        await _server.Keys().DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = other.ApiKey.Name });
        var first = $"apiKeys/{_server.AdminKey.Split('_')[1]}";
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await _server.Keys(ending.Key).DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = first }));
        Assert.Equal((StatusCode.FailedPrecondition, "LAST_ADMIN_KEY"), (error.StatusCode, error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason));
        await _server.Datasets(_server.AdminKey).ListDatasetsAsync(new ListDatasetsRequest());
        await _server.Keys().DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = ending.ApiKey.Name });
    }

    [Fact]
    public async Task A_key_counts_on_every_replica_at_once_and_is_refused_by_all_once_it_is_revoked()
    {
        // Without a notification it would look again in six minutes, and believe what it knows for ten.
        await using var replica = await SecuredServer.StartAsync(
            fixture.ConnectionString, options => options with { AdminKeyFile = null, KeyFreshness = TimeSpan.FromMinutes(10) });
        var created = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Reader } });
        await replica.Datasets(created.Key).ListDatasetsAsync(new ListDatasetsRequest());

        // A stream that is open on the other replica ends with its next message.
        await _server.CreateDatasetAsync("revoked");
        var writer = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Ingester } });
        using var ingest = new AnnotationService.AnnotationServiceClient(replica.Call(writer.Key)).IngestAnnotations();
        await ingest.RequestStream.WriteAsync(Message(1));
        Assert.True(await ingest.ResponseStream.MoveNext(CancellationToken.None));

        await _server.Keys().DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = created.ApiKey.Name });
        await _server.Keys().DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = writer.ApiKey.Name });
        await Assert.ThrowsAsync<RpcException>(async () => await _server.Datasets(created.Key).ListDatasetsAsync(new ListDatasetsRequest()));

        await RefusedWithinAsync(TimeSpan.FromMinutes(1), async () => await replica.Datasets(created.Key).ListDatasetsAsync(new ListDatasetsRequest()));
        await RefusedWithinAsync(TimeSpan.FromMinutes(1), async () => await replica.Datasets(writer.Key).ListDatasetsAsync(new ListDatasetsRequest()));
        await ingest.RequestStream.WriteAsync(Message(2));
        var error = await Assert.ThrowsAsync<RpcException>(() => ingest.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIAL_ENDED"), (error.StatusCode, error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason));

        static IngestAnnotationsRequest Message(long sequence) => new()
        {
            Parent = "datasets/revoked",
            Sequence = sequence,
            UnknownLabelers = UnknownLabelers.Register,
            UnknownItems = UnknownItems.Register,
            Annotations = { new Annotation { ItemId = "i", LabelerId = "l", ClassName = "a" } },
        };
    }

    [Fact]
    public async Task No_key_is_in_the_database_or_in_any_log_line()
    {
        var created = await _server.CreateKeyAsync(ApiKey.Types.Role.Reader);
        await _server.Datasets(created).ListDatasetsAsync(new ListDatasetsRequest());
        await Assert.ThrowsAsync<RpcException>(async () => await _server.Keys(created).ListApiKeysAsync(new ListApiKeysRequest()));
        var wrong = created[..^3] + "AAA";
        await Assert.ThrowsAsync<RpcException>(async () => await _server.Datasets(wrong).ListDatasetsAsync(new ListDatasetsRequest()));

        string[] secrets = [created[^43..], _server.AdminKey[^43..], wrong[^43..]];
        Assert.NotEmpty(_server.Log.All);
        var rows = await EveryRowAsync();
        Assert.Contains(created.Split('_')[1], rows, StringComparison.Ordinal);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(secret, _server.Log.All, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, rows, StringComparison.Ordinal);
            var bytes = Convert.FromBase64String(secret.Replace('-', '+').Replace('_', '/') + "=");
            Assert.DoesNotContain(Convert.ToHexStringLower(bytes), rows, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(secret)), rows, StringComparison.Ordinal);
        }
    }

    // Every table's rows as PostgreSQL writes them: bytes come as hexadecimal text.
    private async Task<string> EveryRowAsync()
    {
        await using var source = NpgsqlDataSource.Create(fixture.ConnectionString);
        var tables = new List<string>();
        await using (var names = source.CreateCommand("SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'"))
        await using (var reader = await names.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        var text = new System.Text.StringBuilder();
        foreach (var table in tables)
        {
            await using var rows = source.CreateCommand($"SELECT t::text FROM {table} t");
            await using var reader = await rows.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                text.AppendLine(reader.GetString(0));
            }
        }

        return text.ToString();
    }

    private static async Task RefusedWithinAsync(TimeSpan limit, Func<Task> call)
    {
        using var patience = new CancellationTokenSource(limit);
        while (true)
        {
            try
            {
                await call();
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unauthenticated)
            {
                return;
            }

            await Task.Delay(10, patience.Token);
        }
    }
}
