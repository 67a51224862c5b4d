using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Transcoding;

/// <summary>The OpenAPI document as clients use it: what it describes is there, and answers in the form that it describes.</summary>
[Collection(SharedService.Name)]
public sealed class DocumentedPathTests(ServiceFixture fixture) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(fixture.Service.HttpAddress) };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Every_path_of_the_document_leads_to_its_method_and_errors_have_their_details()
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync("/openapi/v1.json"));
        var called = 0;
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject().Where(path => path.Name.StartsWith("/v1/", StringComparison.Ordinal)))
        {
            foreach (var verb in path.Value.EnumerateObject())
            {
                // Nothing of that name exists, so nothing is changed; a request without a name is refused.
                var address = Regex.Replace(path.Name, @"\{[a-z_]+\}", match => match.Value == "{annotation}" ? "1-1" : "1", RegexOptions.NonBacktracking);
                using var request = new HttpRequestMessage(new HttpMethod(verb.Name.ToUpperInvariant()), address);
                if (verb.Value.TryGetProperty("requestBody", out _))
                {
                    request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
                }

                using var response = await _http.SendAsync(request);
                var what = $"{verb.Name} {address} ({verb.Value.GetProperty("operationId").GetString()}): {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
                Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Conflict, what);
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    CheckStatus(await response.Content.ReadAsStringAsync(), what);
                }

                called++;
            }
        }

        Assert.True(called > 30, $"{called} operations are described");
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("{\"pageSize\":\"many\"}")]
    [InlineData("[[[[")]
    public async Task Bodies_that_are_no_message_are_refused(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri("/v1/datasets/none/items:batchCreate", UriKind.Relative), content);
        Assert.Contains(response.StatusCode, new[] { HttpStatusCode.BadRequest, HttpStatusCode.NotFound });
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Contains(json.RootElement.GetProperty("code").GetInt32(), new[] { 3, 5 });
    }

    [Theory]
    [InlineData("""{"batch":{"tags":""", "{\"a\":", "}")]
    [InlineData("""{"batch":""", "[", "]")]
    public async Task Bodies_nested_ten_thousand_deep_are_refused(string start, string open, string close)
    {
        var text = start + string.Concat(Enumerable.Repeat(open, 10_000)) + "1" + string.Concat(Enumerable.Repeat(close, 10_000)) + "}";
        using var content = new StringContent(text, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri("/v1/datasets/none/items:batchCreate", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    private static void CheckStatus(string body, string what)
    {
        using var json = JsonDocument.Parse(body);
        Assert.True(json.RootElement.TryGetProperty("details", out var details) && details.GetArrayLength() > 0, what);
        Assert.Equal("type.googleapis.com/google.rpc.ErrorInfo", details[0].GetProperty("@type").GetString());
        Assert.Equal("labeler.service", details[0].GetProperty("domain").GetString());
        Assert.NotEmpty(json.RootElement.GetProperty("message").GetString()!);
    }
}
