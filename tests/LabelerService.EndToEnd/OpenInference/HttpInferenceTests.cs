using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.OpenInference;

/// <summary>The Open Inference Protocol over HTTP: JSON, bytes behind the JSON, and errors.</summary>
[Collection(SharedService.Name)]
public sealed class HttpInferenceTests(ServedModel model) : IClassFixture<ServedModel>, IDisposable
{
    private const string HeaderLength = "Inference-Header-Content-Length";

    private readonly HttpClient _http = new() { BaseAddress = new Uri(model.Service.HttpAddress) };

    public void Dispose() => _http.Dispose();

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "/versions/1")]
    [InlineData(false, "/versions/champion")]
    public async Task JSON_says_what_labeler_v1_says(bool nested, string version)
    {
        var values = ServedModel.Values(2);
        var expected = await model.PredictAsync(values);
        var rows = values.Chunk(ServedModel.Length).Select(row => $"[{string.Join(',', row.Select(Text))}]");
        var data = nested ? $"[{string.Join(',', rows)}]" : $"[{string.Join(',', values.Select(Text))}]";
        using var answer = await InferAsync($$"""{"id":"x","inputs":[{"name":"features","shape":[2,6],"datatype":"FP32","data":{{data}}}]}""", version: version);
        var root = answer.RootElement;
        Assert.Equal((model.Name, "1", "x"), (String(root, "model_name"), String(root, "model_version"), String(root, "id")));
        var outputs = root.GetProperty("outputs").EnumerateArray().ToArray();
        Assert.Equal(7, outputs.Length);
        GrpcInferenceTests.Close(GrpcInferenceTests.Floats(expected.Probabilities), Numbers(outputs[0]));
        Assert.Equal("[2,2]", outputs[0].GetProperty("shape").GetRawText());
        Assert.Equal(expected.PredictedClassIndexes.Select(index => expected.Classes[index]), outputs[2].GetProperty("data").EnumerateArray().Select(text => text.GetString()));
        GrpcInferenceTests.Close(GrpcInferenceTests.Floats(expected.LabelerWeights), Numbers(outputs[6]));
    }

    [Fact]
    public async Task Half_precision_comes_as_numbers_or_as_bytes()
    {
        Half[] halves = [.. ServedModel.Values(1).Select(value => (Half)value)];
        var numbers = string.Join(',', halves.Select(half => Text((float)half)));
        using var asNumbers = await InferAsync($$"""{"inputs":[{"name":"features","shape":[1,6],"datatype":"FP16","data":[{{numbers}}]}]}""");
        using var asBytes = await InferAsync(
            """{"inputs":[{"name":"features","shape":[1,6],"datatype":"FP16","parameters":{"binary_data_size":12}}]}""", MemoryMarshal.AsBytes(halves.AsSpan()).ToArray());
        Assert.Equal(Numbers(asNumbers.RootElement.GetProperty("outputs")[0]), Numbers(asBytes.RootElement.GetProperty("outputs")[0]));
    }

    [Fact]
    public async Task Bytes_behind_the_JSON_are_answered_by_bytes_where_they_are_wanted()
    {
        var values = ServedModel.Values(2);
        var expected = await model.PredictAsync(values);
        const string Json = """
            {"inputs":[{"name":"features","shape":[2,6],"datatype":"FP32","parameters":{"binary_data_size":48}}],
             "outputs":[{"name":"probabilities","parameters":{"binary_data":true}},{"name":"entropy"},{"name":"predicted_class_name","parameters":{"binary_data":true}}]}
            """;
        using var response = await PostAsync("", Json, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.MediaType);
        var body = await response.Content.ReadAsByteArrayAsync();
        var length = int.Parse(response.Headers.GetValues(HeaderLength).Single(), CultureInfo.InvariantCulture);
        using var json = JsonDocument.Parse(body.AsMemory(0, length));
        var outputs = json.RootElement.GetProperty("outputs");
        var sizes = outputs.EnumerateArray().Where(output => output.TryGetProperty("parameters", out _))
            .Select(output => output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32()).ToArray();
        Assert.Equal(body.Length - length, sizes.Sum());
        GrpcInferenceTests.Close(GrpcInferenceTests.Floats(expected.Probabilities), MemoryMarshal.Cast<byte, float>(body.AsSpan(length, sizes[0])).ToArray());
        GrpcInferenceTests.Close(expected.Entropies, Numbers(outputs[1]));
        var name = expected.Classes[expected.PredictedClassIndexes[0]];
        Assert.Equal(name, Encoding.UTF8.GetString(body.AsSpan(length + sizes[0] + 4, name.Length)));
    }

    [Fact]
    public async Task Stored_items_are_named_by_their_keys()
    {
        using var answer = await InferAsync("""{"inputs":[{"name":"item_id","shape":[2],"datatype":"BYTES","data":["test0","test1"]}],"outputs":[{"name":"predicted_class"}]}""");
        Assert.Equal(2, answer.RootElement.GetProperty("outputs")[0].GetProperty("data").GetArrayLength());
        await RefusedAsync(
            HttpStatusCode.NotFound, "inputs[0].data", """{"inputs":[{"name":"item_id","shape":[1],"datatype":"BYTES","data":["nobody"]}]}""");
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, "body", "[")]
    [InlineData(HttpStatusCode.BadRequest, "inputs: ", "{}")]
    [InlineData(HttpStatusCode.BadRequest, "inputs[0].shape[1]: ", """{"inputs":[{"name":"features","shape":[1,5],"datatype":"FP32","data":[1,2,3,4,5]}]}""")]
    [InlineData(HttpStatusCode.BadRequest, "inputs[0].data: row 0, value 1", """{"inputs":[{"name":"features","shape":[1,6],"datatype":"FP32","data":[1,1e60,3,4,5,6]}]}""")]
    [InlineData(HttpStatusCode.BadRequest, "inputs[0].data: row 0, value 5", """{"inputs":[{"name":"features","shape":[1,6],"datatype":"FP16","data":[1,2,3,4,5,70000]}]}""")]
    [InlineData(HttpStatusCode.BadRequest, "inputs[0].datatype: FP64", """{"inputs":[{"name":"features","shape":[1,6],"datatype":"FP64","data":[1,2,3,4,5,6]}]}""")]
    [InlineData(HttpStatusCode.BadRequest, "outputs[0].name: ", """{"inputs":[{"name":"features","shape":[1,6],"datatype":"FP32","data":[1,2,3,4,5,6]}],"outputs":[{"name":"x"}]}""")]
    [InlineData(HttpStatusCode.BadRequest, "parameters[threshold]: ", """{"parameters":{"threshold":1}}""")]
    public async Task A_bad_request_is_refused_and_the_error_names_its_field(HttpStatusCode status, string start, string json) =>
        await RefusedAsync(status, start, json);

    [Theory]
    [InlineData("GET", "/v2/models/no.such", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v2/models/no.such/ready", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v2/models/such", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/v2/models/no.such/versions/0", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/v2/models/no.such/versions/7/infer", HttpStatusCode.NotFound)]
    public async Task Models_that_are_not_there_are_refused_in_the_form_of_the_protocol(string verb, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path);
        request.Content = verb == "POST" ? new StringContent("""{"inputs":[{"name":"item_id","shape":[1],"datatype":"BYTES","data":["a"]}]}""") : null;
        using var response = await _http.SendAsync(request);
        await CheckErrorAsync(response, status, "");
    }

    [Fact]
    public async Task A_header_length_beyond_the_body_a_compressed_body_and_one_too_large_are_refused()
    {
        using var longer = new HttpRequestMessage(HttpMethod.Post, Path("")) { Content = new StringContent("{}") };
        longer.Headers.Add(HeaderLength, "3");
        using var tooLong = await _http.SendAsync(longer);
        await CheckErrorAsync(tooLong, HttpStatusCode.BadRequest, HeaderLength);

        using var packed = new HttpRequestMessage(HttpMethod.Post, Path("")) { Content = new StringContent("{}") };
        packed.Content.Headers.ContentEncoding.Add("gzip");
        using var compressed = await _http.SendAsync(packed);
        await CheckErrorAsync(compressed, HttpStatusCode.BadRequest, "Content-Encoding");

        // Without a length in front the limit is met while reading: at its last byte, so that nothing is left that a closing connection could refuse.
        using var huge = new HttpRequestMessage(HttpMethod.Post, Path("")) { Content = new StreamContent(new MemoryStream(new byte[(24 * 1024 * 1024) + 1])) };
        huge.Headers.TransferEncodingChunked = true;
        huge.Headers.ExpectContinue = true;
        using var tooLarge = await _http.SendAsync(huge);
        await CheckErrorAsync(tooLarge, HttpStatusCode.RequestEntityTooLarge, "The body is too large");
    }

    [Fact]
    public async Task Probes_and_metadata_answer()
    {
        Assert.Equal("""{"live":true}""", await _http.GetStringAsync("/v2/health/live"));
        Assert.Equal("""{"ready":true}""", await _http.GetStringAsync("/v2/health/ready"));
        Assert.Equal($$"""{"name":"{{model.Name}}","ready":true}""", await _http.GetStringAsync($"/v2/models/{model.Name}/ready"));
        Assert.Equal("labeler", String(JsonDocument.Parse(await _http.GetStringAsync("/v2")).RootElement, "name"));
        var escaped = Uri.EscapeDataString($"{model.Dataset}/models/wdn");
        foreach (var path in new[] { $"/v2/models/{model.Name}", $"/v2/models/{model.Name}/versions/1", $"/v2/models/{escaped}" })
        {
            using var metadata = JsonDocument.Parse(await _http.GetStringAsync(path));
            Assert.Equal("""[{"name":"features","datatype":"FP32","shape":[-1,6]}]""", metadata.RootElement.GetProperty("inputs").GetRawText());
            Assert.Equal(7, metadata.RootElement.GetProperty("outputs").GetArrayLength());
            Assert.Equal("true", String(metadata.RootElement.GetProperty("properties"), "distilled"));
        }
    }

    [Fact]
    public async Task A_path_that_takes_another_verb_says_so()
    {
        using var response = await _http.GetAsync(new Uri(Path(""), UriKind.Relative));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    private string Path(string version) => $"/v2/models/{model.Name}{version}/infer";

    private async Task<HttpResponseMessage> PostAsync(string version, string json, byte[]? binary = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path(version));
        var text = Encoding.UTF8.GetBytes(json);
        request.Content = new ByteArrayContent([.. text, .. binary ?? []]);
        if (binary is not null)
        {
            request.Headers.Add(HeaderLength, text.Length.ToString(CultureInfo.InvariantCulture));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        return await _http.SendAsync(request);
    }

    private async Task<JsonDocument> InferAsync(string json, byte[]? binary = null, string version = "")
    {
        using var response = await PostAsync(version, json, binary);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(body);
    }

    private async Task RefusedAsync(HttpStatusCode status, string start, string json)
    {
        using var response = await PostAsync("", json);
        await CheckErrorAsync(response, status, start);
    }

    private static async Task CheckErrorAsync(HttpResponseMessage response, HttpStatusCode status, string contained)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{response.StatusCode}: {body}");
        using var json = JsonDocument.Parse(body);
        Assert.Equal(["error"], json.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Contains(contained, String(json.RootElement, "error"), StringComparison.Ordinal);
    }

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string String(JsonElement element, string property) => element.GetProperty(property).GetString()!;

    private static float[] Numbers(JsonElement output) => [.. output.GetProperty("data").EnumerateArray().Select(number => number.GetSingle())];
}
