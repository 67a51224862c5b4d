using System.Net;
using System.Text.Json;
using LabelerService.Contracts.V1;

namespace LabelerService.EndToEnd.Security;

/// <summary>The routes that hand out model files are mapped by hand: they answer whoever may call DownloadModelVersion, and nobody else.</summary>
[Trait("Suite", "security")]
public sealed class DownloadAccessTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public async Task Files_are_for_readers_of_the_dataset_only()
    {
        await _server.CreateDatasetAsync("files");
        await _server.CreateDatasetAsync("others");
        var reader = await _server.CreateKeyAsync(ApiKey.Types.Role.Reader, "datasets/files");
        var stranger = await _server.CreateKeyAsync(ApiKey.Types.Role.Reader, "datasets/others");
        var labeler = await _server.CreateKeyAsync(ApiKey.Types.Role.Labeler, "datasets/files", "anna");
        foreach (var path in new[] { "/v1/datasets/files/models/m:download", "/v1/datasets/files/models/m/versions/1:download" })
        {
            Assert.Equal((HttpStatusCode.Unauthorized, "CREDENTIAL_MISSING"), await GetAsync(path, null));
            Assert.Equal((HttpStatusCode.Forbidden, "ROLE_FORBIDDEN"), await GetAsync(path, labeler));
            Assert.Equal((HttpStatusCode.Forbidden, "DATASET_FORBIDDEN"), await GetAsync(path, stranger));
            Assert.Equal((HttpStatusCode.NotFound, "RESOURCE_NOT_FOUND"), await GetAsync(path, reader));
        }
    }

    private async Task<(HttpStatusCode Code, string? Reason)> GetAsync(string path, string? key)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server.HttpAddress + path));
        if (key is not null)
        {
            request.Headers.Add("x-api-key", key);
        }

        using var response = await client.SendAsync(request);
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var reasons = body.RootElement.GetProperty("details").EnumerateArray()
            .Where(detail => detail.TryGetProperty("reason", out _)).Select(detail => detail.GetProperty("reason").GetString());
        return (response.StatusCode, reasons.First());
    }
}
