using System.Net;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Security;

/// <summary>The first key, the lost key, and who gets in without one, as an operator sees them.</summary>
[Trait("Suite", "security")]
public sealed class FirstStartTests
{
    private const string Announcement = "Admin API key, shown this once: ";

    [Fact]
    public async Task The_first_start_shows_an_admin_key_once_and_a_lost_one_is_replaced_by_name()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0", "--require-keys");
        var key = await AnnouncedAsync(service);
        (await CliInProcess.RunAsync(service, "key", "list", "--api-key", key)).Succeeded();
        var without = await CliInProcess.RunAsync(service, "key", "list");
        Assert.Equal(1, without.ExitCode);
        Assert.Contains("LABELER_API_KEY", without.Error, StringComparison.Ordinal);
        Assert.Equal(0, await service.StopAsync());

        await service.StartAgainAsync();
        Assert.DoesNotContain(Announcement, service.Log, StringComparison.Ordinal);
        Assert.Equal(0, await service.StopAsync());

        await using (var reset = RunningService.Create(service.Directory, ownsDirectory: false, "--reset-admin-key"))
        {
            Assert.Equal(0, await reset.RunToExitAsync());
            var second = await AnnouncedAsync(reset);
            Assert.NotEqual(key, second);
            await service.StartAgainAsync();
            (await CliInProcess.RunAsync(service, "key", "list", "--api-key", second)).Succeeded();
            (await CliInProcess.RunAsync(service, "key", "list", "--api-key", key)).Succeeded();
        }
    }

    [Fact]
    public async Task With_a_file_the_first_key_goes_there_and_not_to_the_console_and_a_prepared_one_is_taken()
    {
        var directory = RunningService.NewDirectory();
        var file = Path.Combine(directory, "admin-key");
        await using var service = RunningService.Create(directory, ownsDirectory: true, "--trainers", "0", "--require-keys", "--admin-key-file", file);
        await service.StartAgainAsync();
        var key = (await File.ReadAllTextAsync(file)).Trim();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.DoesNotContain(key[^43..], service.Log, StringComparison.Ordinal);
        (await CliInProcess.RunAsync(service, "key", "list", "--api-key", key)).Succeeded();

        // The same file before a first start elsewhere: its key is that database's first one.
        var other = RunningService.NewDirectory();
        await using var second = RunningService.Create(other, ownsDirectory: true, "--trainers", "0", "--require-keys", "--admin-key-file", file);
        await second.StartAgainAsync();
        (await CliInProcess.RunAsync(second, "key", "list", "--api-key", key)).Succeeded();
    }

    [Fact]
    public async Task On_this_machine_callers_need_no_key_but_a_key_that_is_sent_is_what_counts()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var admin = await AnnouncedAsync(service);
        (await CliInProcess.RunAsync(service, "dataset", "create", "d", "--classes", "a,b", "--item-type", "vector:2")).Succeeded();
        var reader = (await CliInProcess.RunAsync(service, "key", "create", "--role", "reader", "--dataset", "d", "--expires", "1d")).Succeeded().Trim();
        (await CliInProcess.RunAsync(service, "dataset", "show", "d", "--api-key", reader)).Succeeded();
        var refused = await CliInProcess.RunAsync(service, "dataset", "delete", "d", "--yes", "--api-key", reader);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("role", refused.Error, StringComparison.Ordinal);
        var wrong = admin[..^3] + "AAA";
        var unknown = await CliInProcess.RunAsync(service, "dataset", "list", "--api-key", wrong);
        Assert.Equal(1, unknown.ExitCode);
        Assert.DoesNotContain(wrong, unknown.Error + unknown.Output, StringComparison.Ordinal);

        var listed = (await CliInProcess.RunAsync(service, "key", "list", "--json")).Succeeded();
        Assert.DoesNotContain(reader[^43..], listed, StringComparison.Ordinal);
        var id = reader.Split('_')[1];
        (await CliInProcess.RunAsync(service, "key", "revoke", id)).Succeeded();
        Assert.Equal(1, (await CliInProcess.RunAsync(service, "dataset", "show", "d", "--api-key", reader)).ExitCode);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    public async Task What_comes_to_this_machine_from_elsewhere_needs_a_key(string header, string value)
    {
        await using var service = await RunningService.StartAsync("--trainers", "0");
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service.HttpAddress + "/v1/datasets"));
        Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        using var direct = await client.GetAsync(new Uri(service.HttpAddress + "/v1/datasets"));
        Assert.Equal(HttpStatusCode.OK, direct.StatusCode);
    }

    [Fact]
    public async Task Where_other_machines_get_in_keys_are_demanded_unless_told_otherwise()
    {
        await using (var service = await RunningService.StartAsync("--trainers", "0", "--listen", "0.0.0.0", "--allow-clear-text"))
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () => await service.Datasets.ListDatasetsAsync(new ListDatasetsRequest()));
            Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        }

        await using var open = await RunningService.StartAsync("--trainers", "0", "--listen", "0.0.0.0", "--allow-clear-text", "--allow-anonymous");
        await open.Datasets.ListDatasetsAsync(new ListDatasetsRequest());
    }

    // What a process has printed arrives here in its own time.
    private static async Task<string> AnnouncedAsync(RunningService service)
    {
        var key = "";
        await Eventually.HoldsAsync(() =>
        {
            key = Assert.Single(service.Log.Split('\n'), line => line.StartsWith(Announcement, StringComparison.Ordinal))[Announcement.Length..].Trim();
            return Task.CompletedTask;
        });
        return key;
    }
}
