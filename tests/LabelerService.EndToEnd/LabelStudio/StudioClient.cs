using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.LabelStudio;

/// <summary>Sends what Label Studio sends, as it does: JSON, and Basic authentication where a key is set.</summary>
internal sealed class StudioClient(string address, string? key = null) : IDisposable
{
    private static readonly string Bodies = Path.Combine(Assemblies.Repository, "tests", "LabelerService.EndToEnd", "LabelStudio", "bodies");

    private readonly HttpClient _http = new();

    /// <summary>A recorded body, to be sent as it is or changed first.</summary>
    public static JsonNode Body(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Bodies, name + ".json")))!;

    /// <summary>Every recorded body.</summary>
    public static IEnumerable<string> All => Directory.GetFiles(Bodies, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal);

    /// <summary>Posts to a path below the backend's address.</summary>
    public Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(string path, JsonNode body) => SendAsync(HttpMethod.Post, path, body.ToJsonString());

    /// <summary>Posts a text.</summary>
    public Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(string path, string body) => SendAsync(HttpMethod.Post, path, body);

    /// <summary>Gets a path.</summary>
    public Task<(HttpStatusCode Status, JsonElement Answer)> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    /// <summary>Posts and expects success.</summary>
    public async Task<JsonElement> AcceptedAsync(string path, JsonNode body)
    {
        var (status, answer) = await PostAsync(path, body);
        Assert.True(status == HttpStatusCode.OK, $"{path} answered {status}: {answer}");
        return answer;
    }

    /// <summary>Posts and expects a refusal that says this.</summary>
    public async Task RefusedAsync(HttpStatusCode expected, string says, string path, JsonNode body)
    {
        var (status, answer) = await PostAsync(path, body);
        Assert.True(status == expected, $"{path} answered {status}: {answer}");
        Assert.Contains(says, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    public void Dispose() => _http.Dispose();

    private async Task<(HttpStatusCode Status, JsonElement Answer)> SendAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(address + path));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"labelstudio:{key}")));
        }

        using var response = await _http.SendAsync(request);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, document.RootElement.Clone());
    }
}
