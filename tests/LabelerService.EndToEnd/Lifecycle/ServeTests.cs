using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Lifecycle;

/// <summary>Starting, stopping, and starting what is already running.</summary>
public sealed class ServeTests
{
    [Fact]
    public async Task Data_survive_a_stop_and_a_second_start_on_the_same_directory_is_refused()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var dataset = await service.CreateDatasetAsync();

        await using (var second = RunningService.Create(service.Directory, ownsDirectory: false, "--trainers", "0"))
        {
            Assert.Equal(1, await second.RunToExitAsync());
            Assert.Contains(service.Directory, second.Log, StringComparison.Ordinal);
            Assert.Contains(service.ProcessId.ToString(), second.Log, StringComparison.Ordinal);
        }

        Assert.Equal(0, await service.StopAsync());
        Assert.Empty(RunningService.Postmasters(service.Directory));
        await service.StartAgainAsync();
        Assert.Equal(dataset, (await service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = dataset })).Name);
    }

    [Fact]
    public async Task A_server_that_stops_sends_watchers_and_ingesting_clients_away_with_what_they_have()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var dataset = await service.CreateDatasetAsync();
        await service.CreateItemsAsync(dataset, 1);
        using var ingest = service.Annotations.IngestAnnotations();
        await ingest.RequestStream.WriteAsync(new IngestAnnotationsRequest
        {
            Parent = dataset,
            Sequence = 1,
            UnknownLabelers = UnknownLabelers.Register,
            Annotations = { Requests.Says("anna", "i0", "a") },
        });
        Assert.True(await ingest.ResponseStream.MoveNext(CancellationToken.None));
        var run = await service.Training.CreateTrainingRunAsync(
            new CreateTrainingRunRequest { Parent = dataset, TrainingRun = new TrainingRun { Algorithm = "bn" } });
        using var watch = service.Training.WatchTrainingRun(new WatchTrainingRunRequest { Name = run.Name });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        var stop = service.StopAsync();
        await StoppedAsync(() => ingest.ResponseStream.MoveNext(CancellationToken.None));
        await StoppedAsync(() => watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(0, await stop);

        async Task StoppedAsync(Func<Task> read)
        {
            var error = await Assert.ThrowsAsync<RpcException>(read);
            Assert.True(error.StatusCode == StatusCode.Unavailable, $"{error.Status}\n{service.Log}");
            Assert.Equal("SERVER_STOPPING", error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>().Reason);
        }
    }

    [Fact]
    public async Task A_server_that_stops_lets_an_import_under_way_finish()
    {
        // Longer than the two seconds that the command-line library grants a process by itself.
        var stillSending = TimeSpan.FromSeconds(3);
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var dataset = await service.CreateDatasetAsync();
        await service.CreateItemsAsync(dataset, 1);
        using var import = service.Annotations.StreamAnnotations();
        await import.RequestStream.WriteAsync(new StreamAnnotationsRequest
        {
            Parent = dataset,
            UnknownLabelers = UnknownLabelers.Register,
            Annotations = { Requests.Says("anna", "i0", "a") },
        });

        var stop = service.StopAsync();
        await Task.Delay(stillSending);
        await import.RequestStream.CompleteAsync();

        Assert.Equal(1, (await import.ResponseAsync).Counts.Created);
        Assert.Equal(0, await stop);
    }

    [Fact]
    public async Task A_server_that_stops_says_so_and_still_serves_whom_a_balancer_sends_before_it_has_looked()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0", "--drain-seconds", "15");
        var dataset = await service.CreateDatasetAsync();
        var stop = service.StopAsync();
        using var balancer = new HttpClient();
        while (true)
        {
            using var answer = await balancer.GetAsync(new Uri(service.HttpAddress + "/readyz"));
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                break;
            }

            await Task.Yield();
        }

        using var newcomer = Grpc.Net.Client.GrpcChannel.ForAddress(service.GrpcAddress);
        Assert.Equal(dataset, (await new DatasetService.DatasetServiceClient(newcomer).GetDatasetAsync(new GetDatasetRequest { Name = dataset })).Name);
        Assert.Equal(dataset, (await service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = dataset })).Name);
        Assert.Equal(0, await stop);
    }

    [Fact]
    public async Task After_kill_minus_9_a_new_start_takes_over_the_database_left_running()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var dataset = await service.CreateDatasetAsync();
        var orphan = Assert.Single(RunningService.Postmasters(service.Directory));
        await service.KillAsync();
        await service.StartAgainAsync();
        Assert.DoesNotContain(orphan, RunningService.Postmasters(service.Directory));
        Assert.Equal(dataset, (await service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = dataset })).Name);
    }

    [Theory]
    [InlineData("other machines get in", "--listen", "0.0.0.0")]
    [InlineData("other machines get in", "--listen", "::", "--allow-anonymous")]
    [InlineData("exclude each other", "--listen", "0.0.0.0", "--allow-clear-text", "--allow-anonymous", "--require-keys")]
    [InlineData("go together", "--listen", "0.0.0.0", "--tls-cert", "cert.pem")]
    [InlineData("needs --tls-cert", "--tls-client-ca", "ca.pem")]
    [InlineData("Tokens need", "--jwt-issuer", "me", "--jwt-audience", "you")]
    [InlineData("https://", "--jwt-issuer", "me", "--jwt-audience", "you", "--jwt-authority", "http://issuer")]
    public async Task The_server_refuses_to_let_other_machines_in_without_being_told(string says, params string[] arguments)
    {
        await using var service = RunningService.Create(Path.Combine(Path.GetTempPath(), "labeler-never-created"), ownsDirectory: false, arguments);
        Assert.Equal(2, await service.RunToExitAsync());
        Assert.Contains(says, service.Log, StringComparison.Ordinal);
        Assert.False(Directory.Exists(service.Directory));
    }

    [Fact]
    public async Task The_refusal_names_every_way_out()
    {
        await using var service = RunningService.Create(
            Path.Combine(Path.GetTempPath(), "labeler-never-created"), ownsDirectory: false, "--listen", "0.0.0.0");
        Assert.Equal(2, await service.RunToExitAsync());
        Assert.All(["--tls-cert", "--allow-clear-text", "--listen", "--allow-anonymous"], way => Assert.Contains(way, service.Log, StringComparison.Ordinal));
    }
}

/// <summary>What a running service answers to those who look after it.</summary>
[Collection(SharedService.Name)]
public sealed class OperationTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Theory]
    [InlineData("")]
    [InlineData("labeler.v1.PredictionService")]
    public async Task Health_says_serving(string name)
    {
        var health = new Health.HealthClient(_service.Channel);
        var response = await health.CheckAsync(new HealthCheckRequest { Service = name });
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, response.Status);
    }

    [Fact]
    public async Task Reflection_lists_every_service()
    {
        var reflection = new ServerReflection.ServerReflectionClient(_service.Channel);
        using var call = reflection.ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext());
        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ToArray();
        await call.RequestStream.CompleteAsync();
        Assert.Contains("labeler.v1.DatasetService", names);
        Assert.Contains("labeler.v1.PredictionService", names);
        Assert.Contains("grpc.health.v1.Health", names);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task Http_probes_answer(string path)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri(_service.HttpAddress + path));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task The_JSON_API_answers_and_its_errors_name_the_field()
    {
        using var client = new HttpClient();
        using var found = await client.GetAsync(new Uri(_service.HttpAddress + "/v1/algorithms"));
        Assert.Contains("\"wdn\"", await found.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var missing = await client.GetAsync(new Uri(_service.HttpAddress + "/v1/datasets/there-is-none"));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("\"field\":\"name\"", (await missing.Content.ReadAsStringAsync()).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deadline_is_kept()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _service.Datasets.ListDatasetsAsync(
            new ListDatasetsRequest(), deadline: DateTime.UtcNow.AddTicks(1)));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }
}
