using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using Microsoft.ML.OnnxRuntime;

namespace LabelerService.EndToEnd.Registry;

/// <summary>The file of a version, over gRPC, HTTP and the command line, and what it is worth without the service.</summary>
[Collection(SharedService.Name)]
public sealed class DownloadTests(RegisteredModels models) : IClassFixture<RegisteredModels>
{
    private const int Items = 40;
    private readonly RunningService _service = models.Service;

    [Fact]
    public async Task The_file_alone_predicts_as_the_service_does()
    {
        var version = await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = $"{models.Kept}/versions/1" });
        var bytes = await DownloadAsync(version.Name);
        var random = new Random(3);
        var features = Enumerable.Range(0, Items * SimulatedDataset.Length).Select(_ => (float)((4 * random.NextDouble()) - 2)).ToArray();
        var served = await PredictAsync(version.Name, features, distilled: false);
        var distilled = await PredictAsync(version.Name, features, distilled: true);

        using var session = new InferenceSession(bytes);
        using var input = OrtValue.CreateTensorValueFromMemory(features, [Items, SimulatedDataset.Length]);
        using var run = new RunOptions();
        string[] names = ["probabilities", "labeler_probabilities", "labeler_weights", "distilled_probabilities"];
        Assert.Equal(["features"], session.InputNames);
        Assert.Equal(names.Order(), session.OutputNames.Order());
        using var outputs = session.Run(run, ["features"], [input], names);
        Assert.Equal([Items, version.Heads.Count, 2L], outputs[1].GetTensorTypeAndShape().Shape);
        Same(served.Probabilities, outputs[0]);
        Same(served.LabelerProbabilities, outputs[1]);
        Same(served.LabelerWeights, outputs[2]);
        Same(distilled.Probabilities, outputs[3]);

        var metadata = session.ModelMetadata.CustomMetadataMap;
        Assert.Equal(["no", "yes"], JsonSerializer.Deserialize<string[]>(metadata["labeler.classes"])!);
        Assert.Equal(
            version.Heads.Select(head => head.LabelerId.Length == 0 ? null : head.LabelerId), JsonSerializer.Deserialize<string?[]>(metadata["labeler.heads"])!);
        Assert.Equal(("wdn", "6", "1"), (metadata["labeler.algorithm"], metadata["labeler.feature_length"], metadata["labeler.format"]));
        Assert.Equal(version.SnapshotId, metadata["labeler.snapshot"]);
        Assert.Contains("mutual information", metadata["labeler.uncertainty"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_HTTP_gives_the_same_bytes_with_their_hash()
    {
        var name = $"{models.Kept}/versions/1";
        var bytes = await DownloadAsync(name);
        using var client = new HttpClient();
        foreach (var target in new[] { name, models.Kept })
        {
            using var response = await client.GetAsync(Address(target));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.ToString());
            Assert.Equal(bytes, await response.Content.ReadAsByteArrayAsync());
            Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\"", response.Headers.ETag!.ToString());
            Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:", response.Headers.GetValues("Repr-Digest").Single());

            using var again = new HttpRequestMessage(HttpMethod.Get, Address(target));
            again.Headers.IfNoneMatch.Add(response.Headers.ETag);
            using var unchanged = await client.SendAsync(again);
            Assert.Equal((HttpStatusCode.NotModified, 0), (unchanged.StatusCode, (await unchanged.Content.ReadAsByteArrayAsync()).Length));
        }
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_on_either_way()
    {
        foreach (var name in new[] { $"{models.Kept}/versions/9", $"{models.Dataset}/models/none", "datasets/no-such/models/m/versions/1" })
        {
            var error = await Requests.RefusedAsync(
                StatusCode.NotFound, "name", () => DownloadAsync(name));
            using var client = new HttpClient();
            using var response = await client.GetAsync(Address(name));
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal((5, error.Status.Detail), (body.RootElement.GetProperty("code").GetInt32(), body.RootElement.GetProperty("message").GetString()));
        }

        using var http = new HttpClient();
        foreach (var path in new[] { "datasets/A/models/m/versions/1", $"{models.Kept}/versions/x", $"{models.Kept}/versions/0" })
        {
            await Requests.RefusedAsync(StatusCode.InvalidArgument, "name", () => DownloadAsync(path));
            using var response = await http.GetAsync(Address(path));
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }
    }

    [Fact]
    public async Task The_command_line_writes_a_file_and_a_Triton_repository()
    {
        var bytes = await DownloadAsync($"{models.Kept}/versions/1");
        using var folder = new CrowdFiles();
        var file = folder["wdn.onnx"];
        var outcome = await CliInProcess.RunAsync(_service, "model", "download", models.Kept, "--out", file);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(bytes)), outcome.Succeeded(), StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file));

        // Twice: the second finds its folder.
        var repository = folder["triton"];
        for (var round = 0; round < 2; round++)
        {
            (await CliInProcess.RunAsync(_service, "model", "download", $"{models.Kept}/versions/1", "--triton", repository)).Succeeded();
            Assert.Equal(
                ["wdn/1/model.onnx", "wdn/classes.txt", "wdn/config.pbtxt"],
                Directory.GetFiles(repository, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(repository, path)).Order(StringComparer.Ordinal));
        }

        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(repository, "wdn", "1", "model.onnx")));
        Assert.Equal("no\nyes\n", await File.ReadAllTextAsync(Path.Combine(repository, "wdn", "classes.txt")));

        var missing = await CliInProcess.RunAsync(_service, "model", "download", $"{models.Kept}/versions/9", "--out", folder["none.onnx"]);
        Assert.Equal(1, missing.ExitCode);
        Assert.False(File.Exists(folder["none.onnx"]));
        Assert.Equal(2, (await CliInProcess.RunAsync(_service, "model", "download", models.Kept, "--out", "a", "--triton", "b")).ExitCode);
    }

    [Fact]
    public async Task A_card_comes_as_Markdown_and_as_JSON_over_gRPC_HTTP_and_the_command_line()
    {
        var name = $"{models.Kept}/versions/1";
        using var client = new HttpClient();
        var json = await client.GetAsync(new Uri($"{_service.HttpAddress}/v1/{name}:card?format=FORMAT_JSON"));
        Assert.Equal("application/json", json.Content.Headers.ContentType!.MediaType);
        var card = Google.Protobuf.JsonParser.Default.Parse<ModelCard>(await json.Content.ReadAsStringAsync());
        Assert.Equal((name, "wdn"), (card.Version, card.Training.Algorithm));
        Assert.Equal((500L, 300L, 900L, (long)SimulatedDataset.Labelers), (card.Data.ItemCount, card.Data.AnnotatedItemCount, card.Data.AnnotationCount, card.Data.LabelerCount));
        Assert.Equal(900, card.Data.ClassAnnotationCounts.Sum());
        Assert.Equal((3L, 3.0, 3L), (card.Data.AnnotationsPerItemMin, card.Data.AnnotationsPerItemMedian, card.Data.AnnotationsPerItemMax));
        Assert.Contains(card.Metrics, metric => metric is { Split: "test", Metric_: "accuracy", HasLower: true });

        var markdown = await client.GetAsync(new Uri($"{_service.HttpAddress}/v1/{models.Kept}:card"));
        Assert.Equal("text/markdown", markdown.Content.Headers.ContentType!.MediaType);
        var text = await markdown.Content.ReadAsStringAsync();
        Assert.StartsWith("# Model card: ", text, StringComparison.Ordinal);
        var body = await _service.Models.GetModelCardAsync(new GetModelCardRequest { Name = name });
        Assert.Equal(text, body.Data.ToStringUtf8());
        Assert.Equal(text, (await CliInProcess.RunAsync(_service, "model", "card", name)).Succeeded());
        using var folder = new CrowdFiles();
        (await CliInProcess.RunAsync(_service, "model", "card", name, "--format", "json", "--out", folder["card.json"])).Succeeded();
        Assert.Equal(card, Google.Protobuf.JsonParser.Default.Parse<ModelCard>(await File.ReadAllTextAsync(folder["card.json"])));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "format",
            async () => await _service.Models.GetModelCardAsync(new GetModelCardRequest { Name = name, Format = (GetModelCardRequest.Types.Format)9 }));
    }

    private Uri Address(string name) => new($"{_service.HttpAddress}/v1/{name}:download");

    private async Task<byte[]> DownloadAsync(string name)
    {
        using var call = _service.Models.DownloadModelVersion(new DownloadModelVersionRequest { Name = name });
        ModelFile? file = null;
        using var bytes = new MemoryStream();
        await foreach (var part in call.ResponseStream.ReadAllAsync())
        {
            if (file is null)
            {
                file = part.File;
                Assert.StartsWith(name, file.Version, StringComparison.Ordinal);
                continue;
            }

            Assert.InRange(part.Chunk.Length, 1, 1024 * 1024);
            bytes.Write(part.Chunk.Span);
        }

        Assert.Equal((file!.Size, file.Sha256), (bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()))));
        return bytes.ToArray();
    }

    private async Task<PredictionBatch> PredictAsync(string version, float[] features, bool distilled)
    {
        var request = new BatchPredictRequest
        {
            Dataset = models.Dataset,
            Model = new ModelSelector { Model = version },
            Features = Requests.Floats(features, Items, SimulatedDataset.Length),
            Distilled = distilled,
        };
        if (!distilled)
        {
            request.Outputs.Add([PredictionOutput.LabelerProbabilities, PredictionOutput.LabelerWeights]);
        }

        return (await _service.Predictions.BatchPredictAsync(request)).Predictions;
    }

    private static void Same(Tensor served, OrtValue output)
    {
        var expected = MemoryMarshal.Cast<byte, float>(served.Data.Span);
        var actual = output.GetTensorDataAsSpan<float>();
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-6f);
        }
    }
}
