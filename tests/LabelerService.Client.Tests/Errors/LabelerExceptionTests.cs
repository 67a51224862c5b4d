using Google.Rpc;
using Grpc.Core;
using LabelerService.Client.Tests.Harness;

namespace LabelerService.Client.Tests.Errors;

/// <summary>What the service says of a failure arrives in parts.</summary>
public sealed class LabelerExceptionTests
{
    [Fact]
    public async Task Status_reason_fields_and_delay_are_read()
    {
        var service = new DatasetStub
        {
            Answer = (_, _) => throw Refusals.Of(
                Code.InvalidArgument, "INVALID_FIELD", "two fields are wrong", [("classes[2]", "is there twice"), ("item_type", "is missing")]),
        };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        var error = await Assert.ThrowsAsync<LabelerException>(() => client.Datasets.GetAsync("d"));

        Assert.Equal(StatusCode.InvalidArgument, error.Status);
        Assert.Equal("INVALID_FIELD", error.Reason);
        Assert.Equal([new FieldViolation("classes[2]", "is there twice"), new FieldViolation("item_type", "is missing")], error.Violations);
        Assert.Equal("two fields are wrong (classes[2]: is there twice; item_type: is missing)", error.Message);
        Assert.True(error.FromService);
        Assert.Null(error.ErrorId);
        Assert.IsType<RpcException>(error.InnerException);
    }

    [Fact]
    public async Task A_failure_nobody_foresaw_has_the_id_of_the_log()
    {
        var service = new DatasetStub { Answer = (_, _) => throw Refusals.Of(Code.Internal, "INTERNAL", "failed", errorId: "a1b2") };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        Assert.Equal("a1b2", (await Assert.ThrowsAsync<LabelerException>(() => client.Datasets.GetAsync("d"))).ErrorId);
    }

    [Fact]
    public async Task A_service_that_is_not_there_says_so()
    {
        using var client = new LabelerClient(new ConnectionSettings(new Uri("http://127.0.0.1:1")) { Retries = new RetrySettings { MaxAttempts = 1 } });

        var error = await Assert.ThrowsAsync<LabelerException>(() => client.Datasets.GetAsync("d"));

        Assert.Equal(StatusCode.Unavailable, error.Status);
        Assert.False(error.FromService);
        Assert.Equal("", error.Reason);
    }

    [Fact]
    public async Task Cancelling_is_no_failure_of_the_service()
    {
        using var cancel = new CancellationTokenSource();
        var service = new DatasetStub
        {
            Answer = async (_, context) =>
            {
                await cancel.CancelAsync();
                await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            },
        };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Datasets.GetAsync("d", cancel.Token));
    }
}
