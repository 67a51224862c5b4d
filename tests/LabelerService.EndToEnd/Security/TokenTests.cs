using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Server.Hosting;
using LabelerService.TestKit;
using LabelerService.TestKit.Postgres;

namespace LabelerService.EndToEnd.Security;

/// <summary>Bearer tokens beside keys, made here by hand: what a library would not make is what has to be refused.</summary>
[Trait("Suite", "security")]
public sealed class TokenTests : IAsyncLifetime
{
    private const string Issuer = "https://issuer.example";
    private const string Audience = "labeler";

    private readonly PostgresFixture _database = new();
    private readonly RSA _rsa = RSA.Create(2_048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _directory = ScratchDirectory.Create("labeler-tokens-");
    private SecuredServer _server = null!;

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        var file = Path.Combine(_directory, "keys.pem");
        await File.WriteAllTextAsync(file, $"{_rsa.ExportSubjectPublicKeyInfoPem()}\n{_ec.ExportSubjectPublicKeyInfoPem()}\n");
        _server = await SecuredServer.StartAsync(
            _database.ConnectionString, options => options with { Jwt = new JwtOptions(Issuer, Audience, file, Authority: null) });
        await _server.CreateDatasetAsync("mine");
        await _server.CreateDatasetAsync("theirs");
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _database.DisposeAsync();
        _rsa.Dispose();
        _ec.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Claims_become_role_and_scope()
    {
        var reader = Rsa(Claims("reader", datasets: new[] { "mine" }));
        var listed = await _server.Datasets(reader).ListDatasetsAsync(new ListDatasetsRequest());
        Assert.Equal("datasets/mine", Assert.Single(listed.Datasets).Name);
        Assert.Equal("DATASET_FORBIDDEN", (await RefusedAsync(reader, StatusCode.PermissionDenied, "datasets/theirs")).Reason);
        Assert.Equal(2, (await _server.Datasets(Rsa(Claims("reader", datasets: "*"))).ListDatasetsAsync(new ListDatasetsRequest())).Datasets.Count);
        var admin = Sign("ES256", Claims("admin"), data => _ec.SignData(data, HashAlgorithmName.SHA256));
        await _server.Keys(admin).ListApiKeysAsync(new ListApiKeysRequest());

        var labeler = new AnnotationService.AnnotationServiceClient(_server.Call(Rsa(Claims("labeler", datasets: new[] { "mine" }, labeler: "anna"))));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await labeler.BatchCreateAnnotationsAsync(new BatchCreateAnnotationsRequest
        {
            Parent = "datasets/mine",
            Annotations = { new Annotation { ItemId = "i", LabelerId = "bert", ClassName = "a" } },
        }));
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
    }

    [Fact]
    public async Task A_key_counts_where_tokens_do() => await _server.Datasets(_server.AdminKey).ListDatasetsAsync(new ListDatasetsRequest());

    [Fact]
    public async Task A_token_from_elsewhere_for_others_or_outside_its_time_is_refused()
    {
        await InvalidAsync(Rsa(Claims("admin", issuer: "https://other.example")));
        await InvalidAsync(Rsa(Claims("admin", audience: "other")));
        await InvalidAsync(Rsa(Claims("admin", from: -7_200, until: -3_600)));
        await InvalidAsync(Rsa(Claims("admin", from: 3_600, until: 7_200)));
        await InvalidAsync(Rsa(Without(Claims("admin"), "exp")));
        await InvalidAsync(Rsa(Without(Claims("admin"), "iss")));
        await InvalidAsync(Rsa(Without(Claims("admin"), "aud")));
    }

    [Fact]
    public async Task A_token_that_nobody_or_somebody_else_signed_is_refused()
    {
        await InvalidAsync(Sign("none", Claims("admin"), _ => []));
        await InvalidAsync(Sign("None", Claims("admin"), _ => []));
        using var stranger = RSA.Create(2_048);
        await InvalidAsync(Sign("RS256", Claims("admin"), data => stranger.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        var good = Rsa(Claims("reader", datasets: "*"));
        var payload = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(Claims("admin")));
        await InvalidAsync($"{good.Split('.')[0]}.{payload}.{good.Split('.')[2]}");
        await InvalidAsync(good[..^8]);
        await InvalidAsync("not.a.token");
        await InvalidAsync("garbage");
    }

    [Fact]
    public async Task The_public_key_is_no_shared_secret()
    {
        // The classic confusion: HS256 keyed with the text or the bytes of the RSA public key, which everybody has.
        foreach (var key in new[] { Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem()), _rsa.ExportSubjectPublicKeyInfo(), _rsa.ExportRSAPublicKey() })
        {
            await InvalidAsync(Sign("HS256", Claims("admin"), data => HMACSHA256.HashData(key, data)));
        }
    }

    [Theory]
    [InlineData(null, "*", null)]
    [InlineData("root", "*", null)]
    [InlineData("reader", null, null)]
    [InlineData("reader", "Not A Dataset", null)]
    [InlineData("reader", "*", "anna")]
    [InlineData("labeler", "*", "anna")]
    [InlineData("labeler", "mine", null)]
    [InlineData("labeler", null, "anna")]
    [InlineData("admin", "mine", null)]
    public async Task What_a_token_does_not_say_it_does_not_grant(string? role, string? datasets, string? labeler)
    {
        var (code, reason, _) = await CallAsync(Rsa(Claims(role, datasets: datasets, labeler: labeler)), "datasets/mine");
        Assert.Equal((StatusCode.Unauthenticated, "TOKEN_CLAIMS"), (code, reason));
    }

    [Fact]
    public async Task Who_signs_in_with_a_token_has_its_claims_until_it_ends()
    {
        using var browser = new SessionClient(_server.HttpAddress);
        var session = (await browser.SignedInAsync(Rsa(Claims("reader", until: 600, datasets: new[] { "mine" })))).Json;
        Assert.Equal(("READER", "mine", "token somebody"), (
            session.GetProperty("role").GetString(), session.GetProperty("datasets")[0].GetString(), session.GetProperty("name").GetString()));
        Assert.InRange(session.GetProperty("expireTime").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddSeconds(500), DateTimeOffset.UtcNow.AddSeconds(600));
        Assert.Equal(System.Net.HttpStatusCode.OK, (await browser.SendAsync(HttpMethod.Get, "/v1/datasets/mine")).Status);
        Assert.Equal("DATASET_FORBIDDEN", (await browser.SendAsync(HttpMethod.Get, "/v1/datasets/theirs")).Reason);

        using var stranger = new SessionClient(_server.HttpAddress);
        Assert.Equal("CREDENTIAL_INVALID", (await stranger.SignInAsync(Rsa(Claims("admin", from: -7_200, until: -3_600)))).Reason);
        Assert.Equal("CREDENTIAL_INVALID", (await stranger.SignInAsync(Sign("none", Claims("admin"), _ => []))).Reason);
        var many = await stranger.SignInAsync(Rsa(Claims("reader", datasets: Enumerable.Range(0, 140).Select(i => $"a-dataset-with-a-long-id-{i}").ToArray())));
        Assert.Equal("SESSION_TOO_LONG", many.Reason);
        Assert.Null(stranger.Cookie);
    }

    private Task<(StatusCode Code, string Reason, string Message)> CallAsync(string token, string dataset) => ApiMethods.CallAsync(
        _server.Call(token), ApiMethods.All.Single(method => method.Name == "GetDataset"), new GetDatasetRequest { Name = dataset });

    private async Task InvalidAsync(string token) => Assert.Equal("CREDENTIAL_INVALID", (await RefusedAsync(token, StatusCode.Unauthenticated, "datasets/mine")).Reason);

    private async Task<(StatusCode Code, string Reason, string Message)> RefusedAsync(string token, StatusCode code, string dataset)
    {
        var status = await CallAsync(token, dataset);
        Assert.Equal(code, status.Code);
        return status;
    }

    private string Rsa(Dictionary<string, object> claims) =>
        Sign("RS256", claims, data => _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    private static string Sign(string algorithm, Dictionary<string, object> claims, Func<byte[], byte[]> sign)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new { alg = algorithm, typ = "JWT" });
        var text = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    private static Dictionary<string, object> Claims(
        string? role, string issuer = Issuer, string audience = Audience, int from = -60, int until = 3_600, object? datasets = null, string? labeler = null)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = issuer,
            ["aud"] = audience,
            ["sub"] = "somebody",
            ["nbf"] = now + from,
            ["exp"] = now + until,
        };
        foreach (var (name, value) in new[] { ("labeler_role", role), ("labeler_datasets", datasets), ("labeler_id", (object?)labeler) })
        {
            if (value is not null)
            {
                claims[name] = value;
            }
        }

        return claims;
    }

    private static Dictionary<string, object> Without(Dictionary<string, object> claims, string name)
    {
        claims.Remove(name);
        return claims;
    }
}
