using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Transcoding;

/// <summary>From an empty dataset to predictions by JSON alone, as somebody with curl would: one call of each kind, streams included.</summary>
[Collection(SharedService.Name)]
public sealed class JsonStoryTests(ServiceFixture fixture) : IDisposable
{
    private const int Items = 120;
    private const int Length = 3;

    private readonly HttpClient _http = new() { BaseAddress = new Uri(fixture.Service.HttpAddress) };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_dataset_is_made_filled_read_trained_on_and_asked_for_predictions_by_JSON_alone()
    {
        var id = Requests.NewId("json");
        var dataset = await CallAsync(HttpMethod.Post, $"/v1/datasets?datasetId={id}", new
        {
            classes = new[] { "no", "yes" },
            labelKind = "LABEL_KIND_BINARY",
            itemType = new { vector = new { length = Length } },
            tags = new Dictionary<string, string> { ["purpose"] = "a story" },
        });
        var name = dataset.GetProperty("name").GetString()!;
        Assert.Equal($"datasets/{id}", name);

        // An update names its fields in camelCase, and its resource in the path.
        var updated = await CallAsync(HttpMethod.Patch, $"/v1/{name}?updateMask=displayName,tags", new { displayName = "By JSON", tags = new { purpose = "another story" } });
        Assert.Equal("By JSON", updated.GetProperty("displayName").GetString());
        Assert.Equal("another story", updated.GetProperty("tags").GetProperty("purpose").GetString());

        // Bytes are base64, 64-bit numbers texts, in both directions.
        var features = new float[Items * Length];
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = (i / Length % 2 == 0 ? -1 : 1) + (0.1f * (i % 7));
        }

        var created = await CallAsync(HttpMethod.Post, $"/v1/{name}/items:batchCreate", new
        {
            batch = new
            {
                itemIds = Enumerable.Range(0, Items).Select(i => $"item {i}"),
                features = new { dataType = "DATA_TYPE_FLOAT32", shape = new[] { $"{Items}", $"{Length}" }, data = Convert.ToBase64String(MemoryMarshal.AsBytes(features.AsSpan())) },
                split = "SPLIT_TRAIN",
            },
        });
        Assert.Equal($"{Items}", created.GetProperty("counts").GetProperty("created").GetString());
        await CallAsync(HttpMethod.Post, $"/v1/{name}/labelers:batchCreate", new { labelers = new[] { new { labelerId = "anna" }, new { labelerId = "ben" } } });
        var annotations = Enumerable.Range(0, Items).SelectMany(i => new[] { "anna", "ben" }.Select(labeler => new { itemId = $"item {i}", labelerId = labeler, className = i % 2 == 0 ? "no" : "yes" }));
        await CallAsync(HttpMethod.Post, $"/v1/{name}/annotations:batchCreate", new { annotations });

        // Lists turn pages by query; what they name is found under its name.
        var first = await CallAsync(HttpMethod.Get, $"/v1/{name}/items?pageSize=2");
        var second = await CallAsync(HttpMethod.Get, $"/v1/{name}/items?pageSize=2&pageToken={Uri.EscapeDataString(first.GetProperty("nextPageToken").GetString()!)}");
        Assert.Equal(4, first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).Select(found => found.GetProperty("name").GetString()).Distinct().Count());
        foreach (var collection in new[] { "items", "labelers", "annotations" })
        {
            var found = (await CallAsync(HttpMethod.Get, $"/v1/{name}/{collection}?pageSize=1")).GetProperty(collection)[0].GetProperty("name").GetString();
            Assert.Equal(found, (await CallAsync(HttpMethod.Get, $"/v1/{found}")).GetProperty("name").GetString());
        }

        // A stream is one JSON object a line.
        var exported = await LinesAsync($"/v1/{name}/annotations:export");
        Assert.Equal(2 * Items, exported.Sum(line => line.GetProperty("annotations").GetArrayLength()));

        var run = await CallAsync(HttpMethod.Post, $"/v1/{name}/trainingRuns", new { algorithm = "dn", seed = "1", settings = new { epochs = "3", hidden = "8" } });
        var events = await LinesAsync($"/v1/{run.GetProperty("name").GetString()}:watch");
        Assert.Equal("STATE_SUCCEEDED", events[^1].GetProperty("state").GetString());
        var version = (await CallAsync(HttpMethod.Get, $"/v1/{run.GetProperty("name").GetString()}")).GetProperty("modelVersion").GetString()!;
        Assert.Equal(version, (await CallAsync(HttpMethod.Get, $"/v1/{version}")).GetProperty("name").GetString());

        var single = await CallAsync(HttpMethod.Post, $"/v1/{name}:predict", new { model = new { model = version }, features = new { values = features.Take(Length) } });
        var batch = await CallAsync(HttpMethod.Post, $"/v1/{name}:batchPredict", new { model = new { model = version }, items = new { itemIds = new[] { "item 0" } } });
        var tensor = batch.GetProperty("predictions").GetProperty("probabilities");
        Assert.Equal(["1", "2"], tensor.GetProperty("shape").EnumerateArray().Select(side => side.GetString()));
        var probabilities = MemoryMarshal.Cast<byte, float>(tensor.GetProperty("data").GetBytesFromBase64());
        Assert.Equal(single.GetProperty("prediction").GetProperty("probabilities")[0].GetSingle(), probabilities[0], 1e-6);

        using var deleted = await _http.DeleteAsync(new Uri($"/v1/{name}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        using var gone = await _http.GetAsync(new Uri($"/v1/{name}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private async Task<JsonElement> CallAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<IReadOnlyList<JsonElement>> LinesAsync(string path)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var lines = new List<JsonElement>();
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Length > 0)
            {
                lines.Add(JsonDocument.Parse(line).RootElement);
            }
        }

        return lines;
    }
}
