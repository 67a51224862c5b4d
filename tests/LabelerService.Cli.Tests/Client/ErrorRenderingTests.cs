using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Tests.Client;

public class ErrorRenderingTests
{
    [Fact]
    public async Task Every_field_at_fault_is_listed_and_the_exit_code_is_1()
    {
        await using var host = await GrpcHost.StartAsync(new RefusingService(Code.InvalidArgument, "two settings are wrong", new BadRequest
        {
            FieldViolations =
            {
                new BadRequest.Types.FieldViolation { Field = "training_run.settings[epochs]", Description = "must be at least 1" },
                new BadRequest.Types.FieldViolation { Field = "training_run.seed", Description = "must not be negative" },
            },
        }));

        var outcome = await CommandLine.RunAsync($"train d --model bn --server {host.Address}");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        Assert.Equal(
            """
            error: two settings are wrong
              training_run.settings[epochs]: must be at least 1
              training_run.seed: must not be negative

            """,
            outcome.Error);
    }

    [Fact]
    public async Task With_json_a_failure_is_one_document()
    {
        await using var host = await GrpcHost.StartAsync(new RefusingService(Code.NotFound, "datasets/d does not exist", detail: null));

        var outcome = await CommandLine.RunAsync($"train d --model bn --json --server {host.Address}");

        Assert.Equal(1, outcome.ExitCode);
        using var document = JsonDocument.Parse(outcome.Output);
        Assert.Equal("NOT_FOUND", document.RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("datasets/d does not exist", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_nothing_listens_the_message_says_how_to_start_a_service()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        var outcome = await CommandLine.RunAsync(["dataset", "list"], new() { ["LABELER_SERVER"] = $"http://127.0.0.1:{port}" });

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(
            $"no service answers at http://127.0.0.1:{port}: start one with `./labeler serve`, or name one with --server",
            outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_speaks_of_its_own_trouble_is_quoted()
    {
        var retry = new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) };
        await using var host = await GrpcHost.StartAsync(new RefusingService(Code.Unavailable, "the database cannot be reached", retry));

        var outcome = await CommandLine.RunAsync($"train d --model bn --server {host.Address}");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("the database cannot be reached", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("no service answers", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Creating_a_run_is_tried_again_with_the_same_request_id_while_the_service_is_unavailable()
    {
        var service = new RefusingService(Code.Unavailable, "restarting", detail: null, refusals: 2);
        await using var host = await GrpcHost.StartAsync(service);

        var outcome = await CommandLine.RunAsync($"train d --model bn --server {host.Address}");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("datasets/d/trainingRuns/r", outcome.Output.Trim());
        Assert.Equal(3, service.RequestIds.Count);
        Assert.True(Guid.TryParse(Assert.Single(service.RequestIds.Distinct()), out _));
    }

    private sealed class RefusingService(Code code, string message, Google.Protobuf.IMessage? detail, int refusals = int.MaxValue)
        : TrainingService.TrainingServiceBase
    {
        public List<string> RequestIds { get; } = [];

        public override Task<TrainingRun> CreateTrainingRun(CreateTrainingRunRequest request, ServerCallContext context)
        {
            RequestIds.Add(request.RequestId);
            if (RequestIds.Count > refusals)
            {
                return Task.FromResult(new TrainingRun { Name = "datasets/d/trainingRuns/r" });
            }

            var status = new Google.Rpc.Status { Code = (int)code, Message = message };
            if (detail is not null)
            {
                status.Details.Add(Any.Pack(detail));
            }

            throw status.ToRpcException();
        }
    }
}
