using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.CommandLine;

/// <summary>What the command line knows of a running service beside its results: names for the Tab key, hints, and the doctor's findings.</summary>
[Collection(SharedService.Name)]
public sealed class HelpfulnessTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task The_tab_key_offers_names_of_the_service()
    {
        var name = await CreateAsync();

        Assert.Contains($"\n{name}", await CompleteAsync($"labeler dataset show {name[..^2]}"), StringComparison.Ordinal);
        Assert.Contains($"\ndatasets/{name}", await CompleteAsync($"labeler dataset show datasets/{name[..^2]}"), StringComparison.Ordinal);
        Assert.Contains("\nwdn\t", await CompleteAsync($"labeler train {name} --model wd"), StringComparison.Ordinal);
        Assert.Contains("\nepochs=\t", await CompleteAsync($"labeler train {name} --model wdn --set epo"), StringComparison.Ordinal);
        Assert.Contains("\nds\t", await CompleteAsync($"labeler consensus {name} --method d"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelt_dataset_is_answered_with_the_one_that_was_meant()
    {
        var name = await CreateAsync();

        var outcome = await CliProcess.RunAsync(_service, "runs", name[..^2] + name[^1] + name[^2]);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"did you mean datasets/{name}?", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_not_valid_is_said_to_be_and_where_it_comes_from()
    {
        var outcome = await CliProcess.RunAsync(_service, "dataset", "list", "--api-key", "lbl_abcdef_wrong");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("refuses the key lbl_abcdef_… from --api-key: it is wrong or revoked", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_has_expired_is_told_from_a_wrong_one()
    {
        var key = await SoonExpiredAsync(TimeSpan.FromSeconds(1));

        var outcome = await CliProcess.RunAsync(_service, "dataset", "list", "--api-key", key);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("from --api-key has expired: an admin makes another one", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_the_HTTP_port_the_gRPC_port_is_named()
    {
        var outcome = await CliProcess.RunAsync(_service, "dataset", "list", "--server", _service.HttpAddress);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"--server {_service.GrpcAddress}", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_finds_a_healthy_service_healthy_and_knows_each_role()
    {
        using var admin = JsonDocument.Parse((await CliProcess.RunAsync(_service, "doctor", "--json")).Output);
        var findings = Findings(admin);
        foreach (var check in (string[])["service", "ready", "clock", "credential", "version", "trainers", "queue"])
        {
            Assert.Equal((check, "ok"), (check, findings[check].Level));
        }

        Assert.Contains("an admin's", findings["credential"].Detail, StringComparison.Ordinal);

        var name = await CreateAsync();
        foreach (var (role, said) in ((string, string)[])[("ingester", "an ingester's"), ("reader", "a reader's"), ("labeler", "a labeler's")])
        {
            string[] labeler = role == "labeler" ? ["--labeler", "anna"] : [];
            var key = (await CliProcess.RunAsync(_service, ["key", "create", "--role", role, "--dataset", name, .. labeler])).Succeeded().Trim();
            using var document = JsonDocument.Parse((await CliProcess.RunAsync(_service, "doctor", "--json", "--api-key", key)).Output);
            Assert.Contains(said, Findings(document)["credential"].Detail, StringComparison.Ordinal);
            Assert.DoesNotContain(key, document.RootElement.GetRawText(), StringComparison.Ordinal);
        }
    }

    private static Dictionary<string, (string Level, string Detail)> Findings(JsonDocument document) =>
        document.RootElement.GetProperty("findings").EnumerateArray().ToDictionary(
            finding => finding.GetProperty("check").GetString()!,
            finding => (finding.GetProperty("level").GetString()!, finding.GetProperty("detail").GetString()!));

    /// <summary>The text of a key that has expired. The service makes none whose time is over when the call arrives: then it is asked for a longer one.</summary>
    private async Task<string> SoonExpiredAsync(TimeSpan lifetime)
    {
        var ends = DateTimeOffset.UtcNow + lifetime;
        try
        {
            var created = await new ApiKeyService.ApiKeyServiceClient(_service.Channel).CreateApiKeyAsync(
                new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Reader, ExpireTime = Timestamp.FromDateTimeOffset(ends) } });
            while (DateTimeOffset.UtcNow <= ends)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }

            return created.Key;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.InvalidArgument && DateTimeOffset.UtcNow > ends)
        {
            return await SoonExpiredAsync(2 * lifetime);
        }
    }

    private async Task<string> CompleteAsync(string line) => (await CliProcess.RunAsync(_service, "__complete", "--", line)).Succeeded();

    private async Task<string> CreateAsync()
    {
        var name = Requests.NewId("help");
        (await CliProcess.RunAsync(_service, "dataset", "create", name, "--classes", "no,yes", "--item-type", "vector:2")).Succeeded();
        return name;
    }
}
