using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LabelerService.EndToEnd.Security;

namespace LabelerService.EndToEnd.LabelStudio;

/// <summary>Whatever is sent in place of what Label Studio sends gets an answer that says what is wrong, and stores nothing.</summary>
public sealed class StudioBadInputTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private readonly SecuredServer _server = fixture.Server;

    public static TheoryData<string, string, string> Bodies => new()
    {
        { "/webhook", "", "body" },
        { "/webhook", "no json", "body" },
        { "/webhook", "[]", "body" },
        { "/webhook", "{} {}", "body" },
        { "/webhook", "{\"action\": 1}", "action" },
        { "/webhook", "{}", "action" },
        { "/webhook", "{\"action\": \"\\ud800\"}", "action" },
        { "/webhook", "{\"action\": \"ANNOTATION_CREATED\"}", "project" },
        { "/webhook", "{\"action\": \"ANNOTATION_CREATED\", \"project\": []}", "project" },
        { "/webhook", "{\"action\": \"ANNOTATION_CREATED\", \"project\": {}}", "Send payload" },
        { "/webhook", "{\"action\": \"ANNOTATIONS_DELETED\"}", "annotation" },
        { "/webhook", "{\"action\": \"ANNOTATIONS_DELETED\", \"annotations\": [{\"id\": \"x\"}]}", "annotations[0].id" },
        { "/webhook", "{\"action\": \"ANNOTATIONS_DELETED\", \"annotations\": [17]}", "annotations[0]" },
        { "/webhook", "{\"action\": \"ANNOTATIONS_DELETED\", \"annotations\": [{\"id\": 1e400}]}", "annotations[0].id" },
        { "/setup", "{}", "schema" },
        { "/setup", "{\"schema\": 5}", "schema" },
        { "/predict", "{\"tasks\": []}", "label_config" },
        { "/x=1/setup", "{}", "settings" },
        { "/item=/setup", "{}", "settings" },
        { "/label=a,label=b/setup", "{}", "settings" },
        { "/model=..%2f..%2fetc/setup", "{}", "settings" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_of_another_form_is_refused_and_the_field_named(string path, string body, string says)
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            var (status, answer) = await studio.PostAsync(path, body);
            Assert.True(status == HttpStatusCode.BadRequest, $"{status}: {answer}");
            Assert.Contains(says, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.Empty(await _server.AnnotationsAsync(dataset, retracted: true));
        }
    }

    public static TheoryData<string, string, string> Changes => new()
    {
        { "annotation.id", "null", "annotation.id" },
        { "annotation.completed_by", "null", "annotation.completed_by" },
        { "annotation.completed_by", "[1]", "annotation.completed_by" },
        { "annotation.task", "99", "annotation.task" },
        { "annotation.updated_at", "\"yesterday\"", "annotation.updated_at" },
        { "annotation.updated_at", "\"2999-01-01T00:00:00Z\"", "future" },
        { "annotation.result", "null", "annotation.result" },
        { "annotation.result", "[{\"from_name\": \"scene\", \"value\": {\"choices\": [\"desert\"]}}]", "desert" },
        { "annotation.result", "[{\"from_name\": \"scene\", \"value\": {\"choices\": [\"a\", \"b\"]}}]", "several choices" },
        { "annotation.result", "[{\"from_name\": \"scene\", \"value\": {\"choices\": [\"a\"]}}, {\"from_name\": \"scene\", \"value\": {\"choices\": [\"b\"]}}]", "several choices" },
        { "annotation.result", "[{\"from_name\": \"scene\", \"value\": {\"choices\": [\"\\udfff\"]}}]", "annotation.result" },
        { "task.data.item_id", "\"\"", "task" },
        { "task.data.item_id", "{}", "task" },
        { "task.data.item_id", "\"a\\u0000b\"", "NUL" },
        { "task", "null", "task" },
        { "task", "[1]", "task[0]" },
        { "project.label_config", "\"<View>\"", "project.label_config" },
        { "project.label_config", "\"<View><Text name='t' value='$t'/></View>\"", "no Choices" },
        { "project.label_config", "\"<View><Choices name='scene' toName='image'><Choice value='a'/></Choices></View>\"", "class 'b'" },
        { "project.label_config", "\"<View><Choices name='scene' toName='image' choice='multiple'><Choice value='a'/></Choices></View>\"", "no Choices" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_recorded_event_with_one_wrong_part_is_refused_and_the_part_named(string path, string value, string says)
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            var body = StudioClient.Body("annotation-created").ToJsonString();
            var marked = JsonNode.Parse(body)!;
            var names = path.Split('.');
            var parent = names[..^1].Aggregate(marked, (node, name) => node[name]!);
            parent[names[^1]] = "MARK";

            // A node would not hold half a surrogate pair: the text is put in as it is.
            var (status, answer) = await studio.PostAsync("/webhook", marked.ToJsonString().Replace("\"MARK\"", value, StringComparison.Ordinal));
            Assert.True(status == HttpStatusCode.BadRequest, $"{status}: {answer}");
            Assert.Contains(says, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.Empty(await _server.AnnotationsAsync(dataset, retracted: true));
            Assert.Equal(["i0", "i1", "i2", "i3"], await _server.ItemsAsync(dataset));
        }
    }

    [Fact]
    public async Task A_config_that_declares_entities_or_is_endless_is_refused()
    {
        var (_, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            var secret = Path.GetTempFileName();
            try
            {
                await File.WriteAllTextAsync(secret, "TOP-SECRET");
                foreach (var config in new[]
                {
                    $"<!DOCTYPE v [<!ENTITY x SYSTEM \"file://{secret}\">]><View><Choices name=\"scene\" toName=\"i\"><Choice value=\"&x;\"/></Choices></View>",
                    "<!DOCTYPE v [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><View>&b;</View>",
                    "<View><Choices name=\"scene\" toName=\"i\"><Choice value=\"&unknown;\"/></Choices></View>",
                    string.Concat(Enumerable.Repeat("<View>", 100)) + string.Concat(Enumerable.Repeat("</View>", 100)),
                    $"<View>{string.Concat(Enumerable.Repeat("<Header value=\"x\"/>", 30_000))}</View>",
                    $"<View>{new string(' ', 1 << 20)}</View>",
                })
                {
                    var body = StudioClient.Body("setup");
                    body["schema"] = config;
                    var (status, answer) = await studio.PostAsync("/setup", body);
                    Assert.Equal(HttpStatusCode.BadRequest, status);
                    Assert.StartsWith("schema: ", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
                    Assert.DoesNotContain("TOP-SECRET", answer.ToString(), StringComparison.Ordinal);
                }
            }
            finally
            {
                File.Delete(secret);
            }
        }
    }

    [Fact]
    public async Task A_body_that_is_too_deep_too_large_or_compressed_is_refused_and_the_server_goes_on()
    {
        var (_, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            var deep = "{\"action\": " + new string('[', 20_000) + new string(']', 20_000) + "}";
            Assert.Equal(HttpStatusCode.BadRequest, (await studio.PostAsync("/webhook", deep)).Status);
            var many = StudioEvents.Deleted([.. Enumerable.Range(1, 10_001).Select(id => (long)id)]);
            await studio.RefusedAsync(HttpStatusCode.BadRequest, "at most 10000", "/webhook", many);

            // Nothing is sent before the service has said whether it wants it, however long that takes.
            using var http = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) });
            http.DefaultRequestHeaders.Add("x-api-key", _server.AdminKey);
            var (dataset, other) = await _server.CreateScenesAsync();
            other.Dispose();
            var address = new Uri(_server.Backend(dataset) + "/webhook");
            using var large = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(new byte[(24 * 1024 * 1024) + 1]) };
            large.Headers.ExpectContinue = true;
            using var refused = await http.SendAsync(large);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
            using var packed = new StringContent("{}", Encoding.UTF8, "application/json");
            packed.Headers.ContentEncoding.Add("gzip");
            using var compressed = await http.PostAsync(address, packed);
            Assert.Equal(HttpStatusCode.BadRequest, compressed.StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await studio.GetAsync("/health")).Status);
        }
    }

    [Fact]
    public async Task A_dataset_that_does_not_exist_or_has_no_such_name_is_said_so()
    {
        foreach (var (id, status) in new[] { ("never-made", HttpStatusCode.NotFound), ("No_Such_Name", HttpStatusCode.BadRequest), ("%2e%2e", HttpStatusCode.NotFound) })
        {
            using var studio = new HttpClient();
            studio.DefaultRequestHeaders.Add("x-api-key", _server.AdminKey);
            using var answer = await studio.GetAsync(new Uri($"{_server.HttpAddress}/labelstudio/{id}/health"));
            Assert.Equal(status, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Training_without_annotations_and_predicting_without_a_model_say_what_to_do()
    {
        var (_, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            await studio.RefusedAsync(HttpStatusCode.BadRequest, "Label some tasks first", "/webhook", StudioClient.Body("start-training"));
            await studio.RefusedAsync(HttpStatusCode.BadRequest, "Train one first", "/predict", StudioClient.Body("predict"));
            Assert.Equal("", (await studio.AcceptedAsync("/setup", StudioClient.Body("setup"))).GetProperty("model_version").GetString());
            await studio.RefusedAsync(HttpStatusCode.NotFound, "wdn", "/model=wdn/predict", StudioClient.Body("predict"));
        }
    }
}
