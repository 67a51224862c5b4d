using Google.Rpc;
using Grpc.Core;
using LabelerService.Client.Tests.Harness;
using LabelerService.Contracts.V1;

namespace LabelerService.Client.Tests.Retrying;

/// <summary>What may be repeated is, with pauses that the service may ask for; what may have happened is not sent twice.</summary>
public sealed class CallRetryTests
{
    [Fact]
    public async Task A_read_is_repeated_until_the_service_answers()
    {
        var service = new DatasetStub { Answer = (call, _) => call < 4 ? throw Away() : Task.CompletedTask };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        Assert.Equal("datasets/d", (await client.Datasets.GetAsync("d")).Name);
        Assert.Equal(4, service.Calls);
    }

    [Fact]
    public async Task A_read_fails_after_as_many_attempts_as_the_settings_say()
    {
        var service = new DatasetStub { Answer = (_, _) => throw Away() };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client(settings => settings with { Retries = settings.Retries with { MaxAttempts = 3 } });

        var error = await Assert.ThrowsAsync<LabelerException>(() => client.Datasets.GetAsync("d"));

        Assert.Equal(StatusCode.Unavailable, error.Status);
        Assert.Equal(3, service.Calls);
    }

    [Fact]
    public async Task A_create_is_repeated_under_the_same_request_id()
    {
        var service = new DatasetStub { Answer = (call, _) => call < 3 ? throw Away() : Task.CompletedTask };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        await client.Datasets.CreateAsync("d", ["a", "b"], ItemTypes.Vector(2));

        Assert.Equal(3, service.RequestIds.Count);
        Assert.NotEmpty(Assert.Single(service.RequestIds.Distinct()));
    }

    [Fact]
    public async Task A_create_without_a_request_id_is_sent_once()
    {
        var service = new DatasetStub { Answer = (_, _) => throw Away() };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        await Assert.ThrowsAsync<RpcException>(
            async () => await client.Connection.Datasets.CreateDatasetAsync(new CreateDatasetRequest { DatasetId = "d" }));

        Assert.Equal(1, service.Calls);
    }

    [Fact]
    public async Task A_delete_is_sent_once()
    {
        var service = new DatasetStub { Answer = (_, _) => throw Away() };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        await Assert.ThrowsAsync<LabelerException>(() => client.Datasets.DeleteAsync("d"));

        Assert.Equal(1, service.Calls);
    }

    [Fact]
    public async Task A_connection_that_is_cut_under_a_read_is_a_reason_to_repeat_it()
    {
        var service = new DatasetStub();
        await using var host = await GrpcHost.StartAsync(service);
        service.Answer = async (call, context) =>
        {
            if (call == 1)
            {
                host.Cut();
                await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        };
        using var client = host.Client();

        Assert.Equal("datasets/d", (await client.Datasets.GetAsync("d")).Name);
        Assert.Equal(2, service.Calls);
    }

    [Theory]
    [InlineData(Code.InvalidArgument)]
    [InlineData(Code.NotFound)]
    [InlineData(Code.PermissionDenied)]
    [InlineData(Code.Internal)]
    [InlineData(Code.Aborted)]
    public async Task A_refusal_is_final(Code code)
    {
        var service = new DatasetStub { Answer = (_, _) => throw Refusals.Of(code, "NO", "no") };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        await Assert.ThrowsAsync<LabelerException>(() => client.Datasets.GetAsync("d"));

        Assert.Equal(1, service.Calls);
    }

    [Fact]
    public async Task A_busy_service_is_asked_again_when_it_says_so()
    {
        var service = new DatasetStub
        {
            Answer = (call, _) => call == 1
                ? throw Refusals.Of(Code.ResourceExhausted, "BUSY", "busy", retry: TimeSpan.FromMilliseconds(40)) : Task.CompletedTask,
        };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        await client.Datasets.GetAsync("d");

        Assert.Equal(2, service.Calls);
    }

    [Fact]
    public async Task A_quota_is_not_a_matter_of_time()
    {
        var service = new DatasetStub
        {
            Answer = (_, _) => throw Refusals.Of(Code.ResourceExhausted, "QUOTA_EXCEEDED", "full", retry: TimeSpan.FromMilliseconds(1)),
        };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        await Assert.ThrowsAsync<LabelerException>(() => client.Datasets.GetAsync("d"));

        Assert.Equal(1, service.Calls);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(6 * 3600 * 1000, 1)]
    public async Task The_day_of_a_keys_quota_is_waited_for_only_where_it_is_about_to_end(int milliseconds, int calls)
    {
        var service = new DatasetStub
        {
            Answer = (call, _) => call < 2 || calls == 1
                ? throw Refusals.Of(Code.ResourceExhausted, "KEY_QUOTA_EXCEEDED", "tomorrow", retry: TimeSpan.FromMilliseconds(milliseconds)) : Task.CompletedTask,
        };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        var failure = await Record.ExceptionAsync(() => client.Datasets.GetAsync("d"));

        Assert.Equal(calls == 1, failure is LabelerException { Reason: "KEY_QUOTA_EXCEEDED" });
        Assert.Equal(calls, service.Calls);
    }

    [Theory]
    [InlineData("0", 2)]
    [InlineData("-1", 1)]
    public async Task Pushback_allows_or_forbids_the_next_try(string pushback, int calls)
    {
        var service = new DatasetStub
        {
            Answer = (_, context) =>
            {
                context.ResponseTrailers.Add("grpc-retry-pushback-ms", pushback);
                throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "away"));
            },
        };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client(settings => settings with { Retries = settings.Retries with { MaxAttempts = 2 } });

        await Assert.ThrowsAsync<LabelerException>(() => client.Datasets.GetAsync("d"));

        Assert.Equal(calls, service.Calls);
    }

    [Fact]
    public async Task No_try_begins_behind_the_deadline()
    {
        var service = new DatasetStub { Answer = (_, _) => throw Refusals.Of(Code.Unavailable, "AWAY", "away", retry: TimeSpan.FromMinutes(5)) };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client(settings => settings with { Timeout = TimeSpan.FromSeconds(60) });

        var error = await Assert.ThrowsAsync<LabelerException>(() => client.Datasets.GetAsync("d"));

        Assert.Equal(TimeSpan.FromMinutes(5), error.RetryDelay);
        Assert.Equal(1, service.Calls);
    }

    [Fact]
    public void Pauses_double_to_an_upper_end_and_are_drawn_below_it()
    {
        var settings = new RetrySettings { FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromMilliseconds(500) };
        foreach (var (failures, upper) in new[] { (1, 100), (2, 200), (3, 400), (4, 500), (60, 500) })
        {
            var pauses = Enumerable.Range(0, 200).Select(_ => Backoff.After(failures, settings).TotalMilliseconds).ToArray();
            Assert.All(pauses, pause => Assert.InRange(pause, upper / 2.0, upper));
            Assert.True(pauses.Distinct().Count() > 100);
        }
    }

    private static RpcException Away() => Refusals.Of(Code.Unavailable, "AWAY", "away");
}
