using System.Net;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Security;

namespace LabelerService.EndToEnd.LabelStudio;

/// <summary>Who may call the backend: whoever may call the method that does the same, in their datasets.</summary>
[Trait("Suite", "security")]
public sealed class StudioAccessTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private static readonly (string Path, string? Body)[] Calls =
        [("/health", null), ("/setup", "setup"), ("/versions", null), ("/predict", "predict"), ("/webhook", "annotation-created")];

    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public async Task Strangers_and_wrong_keys_get_nothing()
    {
        var (dataset, owner) = await _server.CreateScenesAsync();
        owner.Dispose();
        foreach (var key in new string?[] { null, "", "password", _server.AdminKey[..^2] + "AA" })
        {
            using var studio = new StudioClient(_server.Backend(dataset), key);
            foreach (var settings in new[] { "", "/label=scene" })
            {
                foreach (var (path, body) in Calls)
                {
                    var (status, answer) = await CallAsync(studio, settings + path, body);
                    Assert.True(status == HttpStatusCode.Unauthorized, $"{path} answered {status} to '{key}'");
                    Assert.Equal(["error"], answer.EnumerateObject().Select(property => property.Name));
                }
            }
        }

        Assert.Empty(await _server.AnnotationsAsync(dataset));
    }

    [Fact]
    public async Task A_key_counts_as_password_on_these_paths_only()
    {
        var (dataset, owner) = await _server.CreateScenesAsync();
        using (owner)
        {
            Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync("/health")).Status);
        }

        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("authorization", "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes("x:" + _server.AdminKey)));
        using var api = await http.GetAsync(new Uri(_server.HttpAddress + "/v1/datasets"));
        Assert.Equal(HttpStatusCode.Unauthorized, api.StatusCode);
        using var backend = await http.GetAsync(new Uri(_server.Backend(dataset) + "/health"));
        Assert.Equal(HttpStatusCode.OK, backend.StatusCode);
    }

    [Theory]
    [InlineData(ApiKey.Types.Role.Ingester, "200 200 200 400 200")]
    [InlineData(ApiKey.Types.Role.Reader, "200 200 200 400 403")]
    [InlineData(ApiKey.Types.Role.Labeler, "200 200 403 403 200")]
    public async Task Roles_may_call_what_they_may_call_elsewhere(ApiKey.Types.Role role, string expected)
    {
        var (dataset, owner) = await _server.CreateScenesAsync();
        owner.Dispose();
        using var studio = await _server.StudioAsync(dataset, role, role == ApiKey.Types.Role.Labeler ? "7" : "");
        var statuses = new List<int>();
        foreach (var (path, body) in Calls)
        {
            statuses.Add((int)(await CallAsync(studio, path, body)).Status);
        }

        // 400 is a prediction without a model: the call itself is allowed.
        Assert.Equal(expected, string.Join(' ', statuses));
    }

    [Fact]
    public async Task Another_dataset_is_refused_whether_or_not_it_exists()
    {
        var (own, studio) = await _server.CreateScenesAsync();
        var (foreign, owner) = await _server.CreateScenesAsync();
        owner.Dispose();
        studio.Dispose();
        var key = await _server.CreateKeyAsync(ApiKey.Types.Role.Ingester, own);
        foreach (var dataset in new[] { foreign, "datasets/never-made" })
        {
            using var client = new StudioClient(_server.Backend(dataset), key);
            foreach (var (path, body) in Calls)
            {
                Assert.Equal(HttpStatusCode.Forbidden, (await CallAsync(client, path, body)).Status);
            }
        }
    }

    [Fact]
    public async Task A_labelers_key_submits_and_takes_back_its_own_annotations_and_creates_no_items()
    {
        var (dataset, owner) = await _server.CreateScenesAsync();
        using (owner)
        {
            using var studio = await _server.StudioAsync(dataset, ApiKey.Types.Role.Labeler, "7");
            await studio.AcceptedAsync("/webhook", StudioEvents.Says(1, "i0", 7, "a"));
            await studio.RefusedAsync(HttpStatusCode.Forbidden, "one labeler only", "/webhook", StudioEvents.Says(2, "i0", 8, "a"));
            await studio.RefusedAsync(HttpStatusCode.NotFound, "item", "/webhook", StudioEvents.Says(3, "nowhere", 7, "a"));
            await owner.AcceptedAsync("/webhook", StudioEvents.Says(4, "i1", 8, "b"));
            await studio.RefusedAsync(HttpStatusCode.Forbidden, "one labeler only", "/webhook", StudioEvents.Deleted(4));

            // Nor by taking up its number for something of one's own.
            await studio.RefusedAsync(HttpStatusCode.Forbidden, "one labeler only", "/webhook", StudioEvents.Says(4, "i2", 7, "a"));
            await studio.RefusedAsync(HttpStatusCode.Forbidden, "start training", "/webhook", StudioClient.Body("start-training"));
            Assert.Equal(["i0 7 a 1", "i1 8 b 1"], await _server.AnnotationsAsync(dataset));
            await studio.AcceptedAsync("/webhook", StudioEvents.Deleted(1));
            Assert.Equal(["i1 8 b 1"], await _server.AnnotationsAsync(dataset));
            Assert.Equal(["i0", "i1", "i2", "i3"], await _server.ItemsAsync(dataset));
        }

        var (texts, writer) = await _server.CreateTextsAsync();
        writer.Dispose();
        using var labeler = await _server.StudioAsync(texts, ApiKey.Types.Role.Labeler, "7");
        await labeler.RefusedAsync(HttpStatusCode.Forbidden, "create items", "/webhook", StudioClient.Body("tasks-created"));
    }

    [Fact]
    public async Task Neither_keys_nor_Label_Studios_own_token_are_logged()
    {
        var (dataset, owner) = await _server.CreateScenesAsync();
        owner.Dispose();
        var key = await _server.CreateKeyAsync(ApiKey.Types.Role.Ingester, dataset);
        using var studio = new StudioClient(_server.Backend(dataset), key);
        await studio.AcceptedAsync("/setup", StudioClient.Body("setup"));
        var broken = StudioClient.Body("setup");
        broken["schema"] = "<View>";
        await studio.PostAsync("/setup", broken);
        foreach (var secret in new[] { key, StudioClient.Body("setup")["access_token"]!.GetValue<string>() })
        {
            Assert.DoesNotContain(secret, _server.Log.All, StringComparison.Ordinal);
        }
    }

    private static Task<(HttpStatusCode Status, System.Text.Json.JsonElement Answer)> CallAsync(StudioClient studio, string path, string? body) =>
        body is null ? studio.GetAsync(path) : studio.PostAsync(path, StudioClient.Body(body));
}
