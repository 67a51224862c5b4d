using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Google.Protobuf.Reflection;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Predictions;
using LabelerService.Storage.Ingest;
using LabelerService.TestKit.Postgres;
using LabelerService.TestKit.Suites;

namespace LabelerService.EndToEnd.Security;

/// <summary>
/// Hostile bytes and names against every method, from the descriptors: a status that says whose fault it is, never INTERNAL or UNKNOWN, nothing
/// of the inside in it, and the service goes on.
/// </summary>
[Trait("Suite", "security")]
public sealed class HostileMessageTests(HostileServer fixture) : IClassFixture<HostileServer>
{
    private static readonly StatusCode[] Never = [StatusCode.Internal, StatusCode.Unknown, StatusCode.DataLoss, StatusCode.Unavailable, StatusCode.Unimplemented];

    private readonly SecuredServer _server = fixture.Server;

    public static TheoryData<string> Services => [.. ApiMethods.All.Select(method => method.Service.Name).Distinct()];

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Every_method_answers_hostile_messages_with_a_status_that_says_nothing_of_the_inside(string service)
    {
        var invoker = _server.Call(_server.AdminKey);
        var statuses = new ConcurrentDictionary<StatusCode, int>();
        var methods = ApiMethods.All.Where(method => method.Service.Name == service);
        await Parallel.ForEachAsync(methods, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (method, _) =>
        {
            var hostile = new HostileInput(LongForm.Seed, fixture.NamesFor(method));

            // A watch may have no end of its own, so that each takes its time.
            var inputs = IsWatch(method) ? LongForm.Of(10, 100) : LongForm.Of(30, 2_000);
            for (var i = 0; i < inputs; i++)
            {
                var request = hostile.Next(method);
                var error = await ApiMethods.FailureAsync(invoker, method, request, TimeSpan.FromMilliseconds(IsWatch(method) ? 300 : 60_000));
                var status = error?.StatusCode ?? StatusCode.OK;
                statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
                var where = $"{method.FullName}, seed {LongForm.Seed}, input {i}, {Convert.ToBase64String(request)}";
                Assert.True(!Never.Contains(status), $"{where}: {error}\n{_server.Log.Tail(20)}");
                Assert.True(status != StatusCode.DeadlineExceeded || IsWatch(method), $"{where}: no answer within a minute");
                if (error is not null)
                {
                    var text = $"{error.Status.Detail} {error.GetRpcStatus()}";
                    Assert.True(Leaks.In(text, request) is null, $"{where}: '{Leaks.In(text, request)}' in {text}");
                }
            }
        });

        await _server.Datasets(_server.AdminKey).GetDatasetAsync(new GetDatasetRequest { Name = fixture.Dataset });
        SuiteReport.Add(
            "security", $"hostile messages, {service}", ("seed", LongForm.Seed), ("inputs", statuses.Values.Sum()),
            ("statuses", string.Join(" ", statuses.OrderBy(status => status.Key).Select(status => $"{status.Key}:{status.Value}"))));
    }

    public static TheoryData<string, string> Documents => new()
    {
        { "10,000 arrays within each other", new string('[', 10_000) },
        { "10,000 objects within each other", string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) },
        { "10,000 objects in a known field", string.Concat(Enumerable.Repeat("{\"parent\":", 10_000)) + "1" + new string('}', 10_000) },
        { "an end that is missing", "{\"parent\": \"datasets/a\"" },
        { "a number beyond all", "{\"page_size\": 1e99999, \"seed\": 99999999999999999999999}" },
        { "no JSON", "parent=datasets/a" },
        { "nothing", "" },
        { "another kind of value", "[1, 2, 3]" },
        { "a field of another type", "{\"features\": 3, \"parent\": {}, \"name\": [], \"annotations\": \"x\", \"dataset\": 7, \"api_key\": [[]]}" },
        { "a type name", "{\"$type\": \"System.IO.FileInfo, System.IO.FileSystem\", \"@type\": \"type.googleapis.com/google.protobuf.Any\"}" },
        { "text that is no UTF-16", "{\"display_name\": \"\\ud800\"}" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Every_JSON_route_answers_hostile_documents_below_500(string what, string document)
    {
        using var client = new HttpClient { DefaultRequestHeaders = { { "x-api-key", _server.AdminKey } } };
        var bytes = Encoding.UTF8.GetBytes(document);
        foreach (var method in ApiMethods.All.Where(method => !method.IsServerStreaming))
        {
            foreach (var (verb, path) in ApiMethods.Routes(method).Where(route => route.Verb is "POST" or "PATCH" or "PUT"))
            {
                using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(_server.HttpAddress + path)) { Content = new ByteArrayContent(bytes) };
                request.Content.Headers.ContentType = new("application/json");
                await AnswersAsync(client, request, $"{what}, {verb} {path}", bytes);
            }
        }
    }

    [Fact]
    public async Task Hostile_paths_and_queries_lead_nowhere()
    {
        using var client = new HttpClient { DefaultRequestHeaders = { { "x-api-key", _server.AdminKey } } };
        string[] pieces = ["..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "%00", "a%00b", "%c0%ae%c0%ae", "%5c..%5c", "a%23b", "%ff", "'%20OR%201=1", new string('a', 5_000), "*", "%E2%80%AE"];
        var routes = ApiMethods.All.SelectMany(ApiMethods.Routes).Where(route => route.Verb == "GET").Select(route => route.Path).Distinct()
            .Concat(["/v2/models/1", "/session", "/openapi/v1.json", "/labelstudio/1"]);
        foreach (var path in routes)
        {
            foreach (var piece in pieces)
            {
                foreach (var hostile in (string[])[path.Replace("1", piece, StringComparison.Ordinal), $"{path}/{piece}", $"{path}?page_token={piece}&page_size={piece}&name={piece}"])
                {
                    if (!Uri.TryCreate(_server.HttpAddress + hostile, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out var uri)
                        || hostile.Contains(":watch", StringComparison.Ordinal))
                    {
                        continue;
                    }

                    using var request = new HttpRequestMessage(HttpMethod.Get, uri);
                    await AnswersAsync(client, request, hostile, Encoding.UTF8.GetBytes(hostile));
                }
            }
        }
    }

    private static async Task AnswersAsync(HttpClient client, HttpRequestMessage request, string where, byte[] sent)
    {
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode < HttpStatusCode.InternalServerError, $"{where}: {response.StatusCode} {text}");
        if (!response.IsSuccessStatusCode)
        {
            Assert.True(Leaks.In(text, sent) is null, $"{where}: '{Leaks.In(text, sent)}' in {text}");
        }
    }

    private static bool IsWatch(MethodDescriptor method) => method.Name.StartsWith("Watch", StringComparison.Ordinal);
}

/// <summary>A server with something to break: a dataset with items, annotations and a model, and one for whatever deletes.</summary>
public sealed class HostileServer : IAsyncLifetime
{
    private readonly PostgresFixture _database = new();

    internal SecuredServer Server { get; private set; } = null!;

    internal string Dataset { get; private set; } = "";

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        var models = new PublishedModels(_database);
        var dataset = await models.CreateDatasetAsync();
        await models.PublishAsync(dataset, 1);
        await _database.Get<AnnotationStore>().WriteAsync(
            dataset, [new AnnotationWrite("i1", "newcomer", 1), new AnnotationWrite("i2", "newcomer", 0)],
            new UnknownIds(Storage.Ingest.UnknownLabelers.Reject, Storage.Ingest.UnknownItems.Register), null, default);
        Dataset = $"datasets/{dataset.Id}";
        Server = await SecuredServer.StartAsync(_database.ConnectionString, level: Microsoft.Extensions.Logging.LogLevel.Warning);
        await Server.CreateDatasetAsync("victim");
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>Real names for a method's requests; what deletes gets those of the victim, so that the others find their way.</summary>
    internal IReadOnlyDictionary<string, string[]> NamesFor(MethodDescriptor method)
    {
        var deletes = method.Name.Contains("Delete", StringComparison.Ordinal) || method.Name.Contains("Erase", StringComparison.Ordinal);
        var dataset = deletes ? "datasets/victim" : Dataset;
        return ApiMethods.Patterns.ToDictionary(
            pattern => pattern.Key,
            pattern => (string[])[.. new[] { "1", "wdn", "2" }.Select(id => System.Text.RegularExpressions.Regex.Replace(
                pattern.Value.Replace("datasets/{dataset}", dataset, StringComparison.Ordinal), @"\{([a-z_]+)\}", match => match.Groups[1].Value switch
                {
                    "annotation" => "1-1",
                    "model" => "wdn",
                    "version" or "item" or "labeler" => "1",
                    _ => id,
                }))]);
    }
}
