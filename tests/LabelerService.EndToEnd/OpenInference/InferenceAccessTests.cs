using System.Net;
using System.Text.Json;
using Grpc.Core;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Security;
using LabelerService.Server.Security;

namespace LabelerService.EndToEnd.OpenInference;

/// <summary>Who may speak the Open Inference Protocol, over both transports: probes anybody, the rest readers within their datasets.</summary>
[Trait("Suite", "security")]
public sealed class InferenceAccessTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private static readonly (string Method, string Verb, string Path)[] Twins =
    [
        ("ServerMetadata", "GET", "/v2"), ("ModelMetadata", "GET", "/v2/models/{0}.m"), ("ModelMetadata", "GET", "/v2/models/{0}.m/versions/1"),
        ("ModelReady", "GET", "/v2/models/{0}.m/ready"), ("ModelReady", "GET", "/v2/models/{0}.m/versions/1/ready"),
        ("ModelInfer", "POST", "/v2/models/{0}.m/infer"), ("ModelInfer", "POST", "/v2/models/{0}.m/versions/1/infer"),
    ];

    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public async Task Strangers_get_the_probes_and_nothing_else()
    {
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(_server.Call(null));
        Assert.True((await client.ServerLiveAsync(new ServerLiveRequest())).Live);
        Assert.True((await client.ServerReadyAsync(new ServerReadyRequest())).Ready);
        foreach (var method in GRPCInferenceService.Descriptor.Methods.Where(method => method.Name is not ("ServerLive" or "ServerReady")))
        {
            Assert.Equal((StatusCode.Unauthenticated, "CREDENTIAL_MISSING"), await CallAsync(null, method.Name, "d"));
        }

        using var http = new HttpClient();
        foreach (var path in new[] { "/v2/health/live", "/v2/health/ready" })
        {
            using var response = await http.GetAsync(new Uri(_server.HttpAddress + path));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        foreach (var (_, verb, path) in Twins)
        {
            using var response = await SendAsync(http, null, verb, path, "d");
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal(["error"], body.RootElement.EnumerateObject().Select(property => property.Name));
        }

        using var document = await http.GetAsync(new Uri(_server.HttpAddress + "/openapi/v1.json"));
        Assert.Equal(HttpStatusCode.Unauthorized, document.StatusCode);
    }

    [Fact]
    public async Task Roles_and_datasets_hold_over_both_transports()
    {
        await _server.CreateDatasetAsync("oip-own");
        await _server.CreateDatasetAsync("oip-foreign");
        using var http = new HttpClient();
        foreach (var role in new[] { ApiKey.Types.Role.Reader, ApiKey.Types.Role.Ingester, ApiKey.Types.Role.Labeler })
        {
            var key = await _server.CreateKeyAsync(role, "datasets/oip-own", role == ApiKey.Types.Role.Labeler ? "anna" : "");
            foreach (var (method, verb, path) in Twins)
            {
                var allowed = MethodAccess.RolesOf($"inference.GRPCInferenceService/{method}").Contains((Core.Access.Role)role);
                Assert.Equal(role != ApiKey.Types.Role.Labeler, allowed);
                foreach (var dataset in method == "ServerMetadata" ? ["oip-own"] : new[] { "oip-own", "oip-foreign", "oip-never-made" })
                {
                    var expected = !allowed ? "ROLE_FORBIDDEN" : dataset == "oip-own" ? null : "DATASET_FORBIDDEN";
                    var (code, reason) = await CallAsync(key, method, dataset);
                    Assert.Equal(expected is null, code != StatusCode.PermissionDenied);
                    Assert.Equal(expected ?? reason, reason);
                    using var response = await SendAsync(http, key, verb, path, dataset);
                    Assert.Equal(expected is null, response.StatusCode != HttpStatusCode.Forbidden);
                }
            }

            using var document = await SendAsync(http, key, "GET", "/openapi/v1.json", "");
            Assert.Equal(HttpStatusCode.OK, document.StatusCode);
        }
    }

    private async Task<(StatusCode Code, string Reason)> CallAsync(string? key, string method, string dataset)
    {
        Google.Protobuf.IMessage request = method switch
        {
            "ModelReady" => new ModelReadyRequest { Name = $"{dataset}.m" },
            "ModelMetadata" => new ModelMetadataRequest { Name = $"{dataset}.m" },
            "ModelInfer" => Infer($"{dataset}.m"),
            _ => new ServerMetadataRequest(),
        };
        var (code, reason, _) = await ApiMethods.CallAsync(
            _server.Call(key), MethodType.Unary, "inference.GRPCInferenceService", method, Google.Protobuf.MessageExtensions.ToByteArray(request));
        return (code, reason);
    }

    private static ModelInferRequest Infer(string name) => new()
    {
        ModelName = name,
        Inputs =
        {
            new ModelInferRequest.Types.InferInputTensor
            {
                Name = "features",
                Datatype = "FP32",
                Shape = { 1, 2 },
                Contents = new InferTensorContents { Fp32Contents = { 1, 2 } },
            },
        },
    };

    private async Task<HttpResponseMessage> SendAsync(HttpClient http, string? key, string verb, string path, string dataset)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(_server.HttpAddress + path.Replace("{0}", dataset, StringComparison.Ordinal)));
        if (key is not null)
        {
            request.Headers.Add("x-api-key", key);
        }

        if (verb == "POST")
        {
            request.Content = new StringContent("""{"inputs":[{"name":"features","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""");
        }

        return await http.SendAsync(request);
    }
}
