using System.Net;
using System.Text;
using System.Text.Json;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace LabelerService.EndToEnd.Security;

/// <summary>Nothing that is mapped answers a caller without a key, except the probes named here.</summary>
[Trait("Suite", "security")]
public sealed class EndpointTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private static readonly string[] Open =
    [
        "/", "/dashboard/{**path}", "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/healthz", "/inference.GRPCInferenceService/ServerLive",
        "/inference.GRPCInferenceService/ServerReady", "/readyz", "/session", "/v2/health/live", "/v2/health/ready",
    ];

    // Mapped by hand; InferenceAccessTests calls each of them without a key, and with every kind of one.
    private static readonly string[] ByHand =
    [
        "/openapi/v1.json", "/v2", "/v2/models/{name}", "/v2/models/{name}/infer", "/v2/models/{name}/ready", "/v2/models/{name}/versions/{version}",
        "/v2/models/{name}/versions/{version}/infer", "/v2/models/{name}/versions/{version}/ready",
    ];

    // Mapped by hand, as twins of the methods that send the same file in pieces.
    private static readonly string[] Downloads =
    [
        "/v1/datasets/{dataset}/models/{model}/versions/{version}:download", "/v1/datasets/{dataset}/models/{model}:download",
        "/v1/datasets/{dataset}/predictionJobs/{job}:download",
    ];

    // What Label Studio calls; StudioAccessTests calls each of them without a key, and with every kind of one.
    private static readonly string[] LabelStudio =
    [
        .. new[] { "/labelstudio/{dataset}", "/labelstudio/{dataset}/{settings}" }
            .SelectMany(root => new[] { "health", "setup", "versions", "predict", "webhook" }.Select(path => $"{root}/{path}")),
    ];

    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public void Only_the_probes_are_marked_as_open_to_strangers() => Assert.Equal(
        Open, _server.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            .Select(endpoint => "/" + ((RouteEndpoint)endpoint).RoutePattern.RawText!.TrimStart('/'))
            .Where(path => !path.Contains("unimplemented", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Whatever_is_mapped_is_known_to_these_tests()
    {
        var grpc = ApiMethods.All.Concat(GRPCInferenceService.Descriptor.Methods).Select(ApiMethods.Path).Concat(Open).Concat(ByHand).Concat(Downloads).Concat(LabelStudio)
            .Concat(["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"]).ToHashSet();
        var others = _server.Endpoints.Cast<RouteEndpoint>().Where(endpoint => !grpc.Contains("/" + endpoint.RoutePattern.RawText!.TrimStart('/')))
            .Where(endpoint => !endpoint.RoutePattern.RawText!.Contains("unimplementedMethod", StringComparison.Ordinal)).ToList();

        // What remains are the JSON routes, one for each rule of the protos.
        Assert.All(others, endpoint => Assert.NotNull(endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()));
        Assert.Equal(ApiMethods.All.Sum(method => ApiMethods.Routes(method).Count()), others.Count);
    }

    [Fact]
    public async Task Every_gRPC_method_refuses_a_caller_without_a_key()
    {
        foreach (var method in ApiMethods.All)
        {
            await RefusedAsync(null, "CREDENTIAL_MISSING", invoker => ApiMethods.CallAsync(invoker, method, ApiMethods.Request(method, "d")));
        }

        foreach (var version in new[] { "v1", "v1alpha" })
        {
            await RefusedAsync(null, "CREDENTIAL_MISSING", invoker => ApiMethods.CallAsync(
                invoker, MethodType.DuplexStreaming, $"grpc.reflection.{version}.ServerReflection", "ServerReflectionInfo", []));
        }

        await RefusedAsync(null, "CREDENTIAL_MISSING", invoker => ApiMethods.CallAsync(
            invoker, MethodType.Unary, "labeler.v1.DatasetService", "NoSuchMethod", []));
        await RefusedAsync(null, "CREDENTIAL_MISSING", invoker => ApiMethods.CallAsync(invoker, MethodType.Unary, "no.such.Service", "Method", []));
    }

    [Fact]
    public async Task Every_gRPC_method_refuses_a_wrong_key()
    {
        var wrong = _server.AdminKey[..^2] + (_server.AdminKey.EndsWith("AA", StringComparison.Ordinal) ? "EE" : "AA");
        foreach (var method in ApiMethods.All)
        {
            await RefusedAsync(wrong, "CREDENTIAL_INVALID", invoker => ApiMethods.CallAsync(invoker, method, ApiMethods.Request(method, "d")));
        }
    }

    [Fact]
    public async Task Every_JSON_route_and_every_other_path_refuses_a_caller_without_a_key()
    {
        using var client = new HttpClient();
        var routes = ApiMethods.All.SelectMany(ApiMethods.Routes).Concat(Downloads.Select(path => ("GET", path.Replace('{', 'x').Replace('}', 'x'))))
            .Concat([("GET", "/metrics"), ("GET", "/v1/nothing"), ("GET", "/v1/../healthz/../v1/datasets"), ("POST", "/healthz/x"), ("GET", "/v1/datasets%2f1")]);
        foreach (var (verb, path) in routes)
        {
            using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(_server.HttpAddress + path));
            if (verb is "POST" or "PATCH" or "PUT")
            {
                request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
            }

            using var response = await client.SendAsync(request);
            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{verb} {path} answered {response.StatusCode}");
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal(16, body.RootElement.GetProperty("code").GetInt32());
            Assert.Equal("CREDENTIAL_MISSING", body.RootElement.GetProperty("details")[0].GetProperty("reason").GetString());
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        }
    }

    [Fact]
    public async Task Probes_answer_strangers()
    {
        using var client = new HttpClient();
        foreach (var path in new[] { "/healthz", "/readyz" })
        {
            using var response = await client.GetAsync(new Uri(_server.HttpAddress + path));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        var (code, _, _) = await ApiMethods.CallAsync(_server.Call(null), MethodType.Unary, "grpc.health.v1.Health", "Check", []);
        Assert.Equal(StatusCode.OK, code);
    }

    [Theory]
    [InlineData("authorization")]
    [InlineData("x-api-key")]
    public async Task A_key_opens_the_door_in_either_header_and_unknown_methods_are_then_unimplemented(string header)
    {
        var invoker = _server.Call(_server.AdminKey, header);
        await new DatasetService.DatasetServiceClient(invoker).ListDatasetsAsync(new ListDatasetsRequest());
        Assert.Equal(StatusCode.Unimplemented, (await ApiMethods.CallAsync(invoker, MethodType.Unary, "labeler.v1.DatasetService", "NoSuchMethod", [])).Code);
        Assert.Equal(StatusCode.Unimplemented, (await ApiMethods.CallAsync(invoker, MethodType.Unary, "no.such.Service", "Method", [])).Code);
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add(header, header == "authorization" ? $"Bearer {_server.AdminKey}" : _server.AdminKey);
        using var response = await client.GetAsync(new Uri(_server.HttpAddress + "/v1/datasets"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task RefusedAsync(string? key, string reason, Func<CallInvoker, Task<(StatusCode Code, string Reason, string Message)>> call)
    {
        var status = await call(_server.Call(key));
        Assert.Equal((StatusCode.Unauthenticated, reason), (status.Code, status.Reason));
    }
}
