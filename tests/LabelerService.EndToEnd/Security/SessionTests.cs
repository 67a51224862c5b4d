using System.Net;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts.V1;
using LabelerService.Core.Access;
using LabelerService.Server.Security;
using LabelerService.Server.Security.Sessions;
using LabelerService.Storage.Security;
using LabelerService.TestKit.Postgres;

namespace LabelerService.EndToEnd.Security;

/// <summary>Sessions of browsers: what signs in, what a cookie opens, and all that it does not.</summary>
[Trait("Suite", "security")]
public sealed class SessionTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>, IDisposable
{
    private readonly SecuredServer _server = fixture.Server;
    private readonly SessionClient _browser = new(fixture.Server.HttpAddress);

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Who_signs_in_with_a_key_is_that_keys_caller_until_signing_out()
    {
        await _server.CreateDatasetAsync("session-own");
        var key = await _server.CreateKeyAsync(ApiKey.Types.Role.Labeler, "datasets/session-own", "anna");
        Assert.False((await _browser.WhoAsync()).Json.GetProperty("authenticated").GetBoolean());
        var signedIn = (await _browser.SignedInAsync(key)).Json;
        Assert.Equal(("LABELER", "anna"), (signedIn.GetProperty("role").GetString(), signedIn.GetProperty("labelerId").GetString()));
        Assert.False(signedIn.GetProperty("anonymous").GetBoolean());
        Assert.InRange(signedIn.GetProperty("expireTime").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddHours(11), DateTimeOffset.UtcNow.AddHours(12));
        Assert.Equal(signedIn.ToString(), (await _browser.WhoAsync()).Json.ToString());

        Assert.Equal(HttpStatusCode.OK, (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets/session-own")).Status);
        Assert.Equal("DATASET_FORBIDDEN", (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets/other")).Reason);
        Assert.Equal("ROLE_FORBIDDEN", (await _browser.SendAsync(HttpMethod.Get, "/v1/apiKeys")).Reason);

        Assert.Equal(HttpStatusCode.NoContent, (await _browser.SendAsync(HttpMethod.Delete, "/session")).Status);
        Assert.Null(_browser.Cookie);
        Assert.Equal("CREDENTIAL_MISSING", (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets/session-own")).Reason);
    }

    [Fact]
    public async Task The_cookie_is_out_of_reach_for_scripts_and_other_sites_and_holds_no_secret()
    {
        await _browser.SignedInAsync(_server.AdminKey);
        var attributes = _browser.SetCookie.Split("; ").Skip(1).Select(attribute => attribute.ToLowerInvariant()).Order().ToArray();
        Assert.Equal(["httponly", "path=/", "samesite=strict"], attributes);
        var content = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(_browser.Cookie!.Split('.')[0]));
        Assert.Contains(_server.AdminKey.Split('_')[1], content, StringComparison.Ordinal);
        Assert.DoesNotContain(_server.AdminKey[^43..], content, StringComparison.Ordinal);
        Assert.DoesNotContain(_browser.Cookie!, _server.Log.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lbl_unknown_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("no key at all")]
    [InlineData("")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task A_wrong_key_gets_the_same_refusal_as_a_call_with_it(string key)
    {
        var answer = await _browser.SignInAsync(key);
        Assert.Equal((HttpStatusCode.Unauthorized, "CREDENTIAL_INVALID"), (answer.Status, answer.Reason));
        Assert.Null(_browser.Cookie);
        Assert.Equal((await _browser.SendAsync(HttpMethod.Get, "/v1/datasets", null, ("x-api-key", "wrong"))).Text, answer.Text);
    }

    [Fact]
    public async Task What_is_no_sign_in_is_refused_by_field()
    {
        using var form = new StringContent("credential=x", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var large = new StringContent($"{{\"credential\":\"{new string('x', 40_000)}\"}}", Encoding.UTF8, "application/json");
        using var broken = new StringContent("{", Encoding.UTF8, "application/json");
        foreach (var body in new object[] { form, large, broken, new { other = 1 } })
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await _browser.SendAsync(HttpMethod.Post, "/session", body)).Status);
        }

        var two = await _browser.SendAsync(
            HttpMethod.Post, "/session", new { credential = _server.AdminKey }, ("x-labeler-dashboard", "1"), ("Origin", _server.HttpAddress), ("x-api-key", _server.AdminKey));
        Assert.Equal(HttpStatusCode.BadRequest, two.Status);
        Assert.Null(_browser.Cookie);
    }

    [Fact]
    public async Task A_cookie_changes_something_only_from_a_page_of_the_service()
    {
        await _browser.SignedInAsync(_server.AdminKey);
        var own = ("Origin", _server.HttpAddress);
        foreach (var headers in new (string, string)[][]
        {
            [],
            [own],
            [("x-labeler-dashboard", "1")],
            [("x-labeler-dashboard", "1"), ("Origin", "http://127.0.0.1:1")],
            [("x-labeler-dashboard", "1"), ("Origin", "null")],
            [("x-labeler-dashboard", "1"), own, ("Sec-Fetch-Site", "same-site")],
            [("x-labeler-dashboard", "1"), own, ("Sec-Fetch-Site", "cross-site")],
        })
        {
            var refused = await _browser.SendAsync(HttpMethod.Post, "/v1/apiKeys", new { role = "ROLE_READER" }, headers);
            Assert.Equal((HttpStatusCode.Forbidden, "SESSION_FOREIGN"), (refused.Status, refused.Reason));
            Assert.Equal(HttpStatusCode.Forbidden, (await _browser.SendAsync(HttpMethod.Delete, "/session", null, headers)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await _browser.SendAsync(HttpMethod.Post, "/session", new { credential = _server.AdminKey }, headers)).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await _browser.SendAsync(HttpMethod.Post, "/v1/apiKeys", new { role = "ROLE_READER" }, ("x-labeler-dashboard", "1"), own)).Status);
        Assert.Equal("SESSION_FOREIGN", (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets", null, ("Sec-Fetch-Site", "same-site"))).Reason);
        Assert.Equal(HttpStatusCode.OK, (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets", null)).Status);
    }

    [Fact]
    public async Task A_credential_of_the_request_is_what_counts_not_the_cookie()
    {
        await _browser.SignedInAsync(_server.AdminKey);
        Assert.Equal("CREDENTIAL_INVALID", (await _browser.SendAsync(HttpMethod.Get, "/v1/apiKeys", null, ("x-api-key", "wrong"))).Reason);
        var reader = await _server.CreateKeyAsync(ApiKey.Types.Role.Reader);
        Assert.Equal("ROLE_FORBIDDEN", (await _browser.SendAsync(HttpMethod.Get, "/v1/apiKeys", null, ("authorization", $"Bearer {reader}"))).Reason);
    }

    [Fact]
    public async Task A_cookie_does_not_count_for_gRPC()
    {
        await _browser.SignedInAsync(_server.AdminKey);
        var invoker = _server.Call($"labeler-session={_browser.Cookie}", "cookie");
        var status = await ApiMethods.CallAsync(invoker, ApiMethods.All.Single(method => method.Name == "ListDatasets"), new ListDatasetsRequest());
        Assert.Equal("CREDENTIAL_MISSING", status.Reason);
    }

    [Fact]
    public async Task A_cookie_that_was_changed_or_made_elsewhere_or_is_enormous_opens_nothing()
    {
        await _browser.SignedInAsync(await _server.CreateKeyAsync(ApiKey.Types.Role.Reader));
        var (content, tag) = (_browser.Cookie!.Split('.')[0], _browser.Cookie!.Split('.')[1]);
        await _browser.SignedInAsync(_server.AdminKey);
        var admin = _browser.Cookie!.Split('.')[0];
        await using var otherDatabase = new OtherDatabase();
        var elsewhere = await otherDatabase.CookieAsync();
        foreach (var cookie in new[]
        {
            $"{admin}.{tag}", $"{content}.{tag[..^4]}AAAA", $"{content[..^4]}AAAA.{tag}", content, $".{tag}", $"{content}.", "..", "%00", "x", $"{content}.{tag}.{tag}",
            elsewhere, new string('A', 5_000), $"{content}.{new string('A', 12_000)}",
        })
        {
            _browser.Cookie = cookie;
            Assert.Equal("CREDENTIAL_MISSING", (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets")).Reason);
            Assert.False((await _browser.WhoAsync()).Json.GetProperty("authenticated").GetBoolean());
        }

        _browser.Cookie = $"{content}.{tag}";
        Assert.Equal(HttpStatusCode.OK, (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets")).Status);
    }

    [Fact]
    public async Task A_session_that_has_ended_says_so_until_its_browser_forgets_it()
    {
        _browser.Cookie = Forge(ends: DateTimeOffset.UtcNow.AddSeconds(-1));
        var refused = await _browser.SendAsync(HttpMethod.Get, "/v1/datasets");
        Assert.Equal((HttpStatusCode.Unauthorized, "SESSION_ENDED"), (refused.Status, refused.Reason));
        // Asking who is there takes no cookie away: the answer might arrive after that of a sign-in, and take the new one.
        var (ended, before) = (_browser.Cookie, _browser.SetCookie);
        var who = await _browser.WhoAsync();
        Assert.Equal((false, true), (who.Json.GetProperty("authenticated").GetBoolean(), who.Json.GetProperty("ended").GetBoolean()));
        Assert.Equal((ended, before), (_browser.Cookie, _browser.SetCookie));
        Assert.Equal(HttpStatusCode.NoContent, (await _browser.SendAsync(HttpMethod.Delete, "/session")).Status);
        Assert.Null(_browser.Cookie);
        Assert.False((await _browser.WhoAsync()).Json.TryGetProperty("ended", out _));

        // The same, while it lasts.
        _browser.Cookie = Forge(ends: DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.Equal(HttpStatusCode.OK, (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets")).Status);
    }

    [Fact]
    public async Task A_session_ends_with_its_key_on_every_replica()
    {
        // Without notice it would look again in six minutes.
        await using var replica = await SecuredServer.StartAsync(
            fixture.ConnectionString, options => options with { AdminKeyFile = null, KeyFreshness = TimeSpan.FromMinutes(10) });
        using var there = new SessionClient(replica.HttpAddress);
        var created = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Reader } });
        await _browser.SignedInAsync(created.Key);
        there.Cookie = _browser.Cookie;
        Assert.Equal(HttpStatusCode.OK, (await there.SendAsync(HttpMethod.Get, "/v1/datasets")).Status);

        await _server.Keys().DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = created.ApiKey.Name });
        Assert.Equal("SESSION_ENDED", (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets")).Reason);

        var limit = DateTime.UtcNow.AddMinutes(1);
        SessionClient.Answer answer;
        do
        {
            answer = await there.SendAsync(HttpMethod.Get, "/v1/datasets");
        }
        while (answer.Status == HttpStatusCode.OK && DateTime.UtcNow < limit);
        Assert.Equal("SESSION_ENDED", answer.Reason);
    }

    [Fact]
    public async Task A_stream_that_a_session_opened_ends_with_it()
    {
        await _server.CreateDatasetAsync("watched");
        var created = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Reader } });
        await _browser.SignedInAsync(created.Key);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server.HttpAddress + "/v1/datasets/watched:watchActivity"));
        request.Headers.Add("Cookie", $"labeler-session={_browser.Cookie}");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));
        Assert.Contains("\"time\"", await lines.ReadLineAsync(limit.Token), StringComparison.Ordinal);

        await _server.Keys().DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = created.ApiKey.Name });
        var last = "";
        while (await lines.ReadLineAsync(limit.Token) is { } line)
        {
            last = line.Length > 0 ? line : last;
        }

        Assert.Contains("CREDENTIAL_ENDED", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_key_under_the_id_of_a_deleted_one_does_not_bring_its_sessions_back()
    {
        var store = _server.Get<ApiKeyStore>();
        var (_, text, hash) = ApiKeyText.Create();
        var secret = text[^43..];
        await store.CreateAsync(new ApiKeyWrite("chosen", hash, Role.Reader), default);
        await _browser.SignedInAsync($"lbl_chosen_{secret}");
        await store.DeleteAsync("chosen", default);
        await store.CreateAsync(new ApiKeyWrite("chosen", ApiKeyText.Create().Hash, Role.Admin), default);
        await _server.Get<KeyRing>().RefreshNowAsync(default);
        Assert.Equal("SESSION_ENDED", (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets")).Reason);
    }

    [Fact]
    public async Task A_session_never_lasts_longer_than_its_key()
    {
        var ends = DateTimeOffset.UtcNow.AddMinutes(30);
        var key = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest
        {
            ApiKey = new ApiKey { Role = ApiKey.Types.Role.Reader, ExpireTime = Timestamp.FromDateTimeOffset(ends) },
        });
        var session = (await _browser.SignedInAsync(key.Key)).Json;
        Assert.InRange(session.GetProperty("expireTime").GetDateTimeOffset(), ends.AddSeconds(-1), ends);
    }

    [Fact]
    public async Task A_session_that_somebody_planted_is_replaced_by_signing_in()
    {
        await _browser.SignedInAsync(await _server.CreateKeyAsync(ApiKey.Types.Role.Reader));
        var planted = _browser.Cookie;
        await _browser.SignedInAsync(_server.AdminKey);
        Assert.NotEqual(planted, _browser.Cookie);
        Assert.Equal(HttpStatusCode.OK, (await _browser.SendAsync(HttpMethod.Get, "/v1/apiKeys")).Status);
        _browser.Cookie = planted;
        Assert.Equal("ROLE_FORBIDDEN", (await _browser.SendAsync(HttpMethod.Get, "/v1/apiKeys")).Reason);
    }

    [Fact]
    public async Task A_copy_of_a_cookie_outlives_signing_out_but_not_its_key()
    {
        var created = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Reader } });
        await _browser.SignedInAsync(created.Key);
        var copy = _browser.Cookie;
        await _browser.SendAsync(HttpMethod.Delete, "/session");
        _browser.Cookie = copy;

        // As docs/security.md says: nothing is kept of sessions. Revoking the key is what ends all of its sessions.
        Assert.Equal(HttpStatusCode.OK, (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets")).Status);
        await _server.Keys().DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = created.ApiKey.Name });
        Assert.Equal("SESSION_ENDED", (await _browser.SendAsync(HttpMethod.Get, "/v1/datasets")).Reason);
    }

    [Fact]
    public async Task Every_answer_of_the_HTTP_port_tells_browsers_not_to_guess_frame_or_keep_it()
    {
        using var http = new HttpClient();
        foreach (var path in new[] { "/healthz", "/readyz", "/session", "/dashboard/", "/dashboard/app.js", "/dashboard/none", "/v1/datasets", "/v2", "/nowhere" })
        {
            using var response = await http.GetAsync(new Uri(_server.HttpAddress + path));
            Assert.True(response.Headers.TryGetValues("X-Content-Type-Options", out var sniff) && sniff.Single() == "nosniff", path);
            Assert.True(response.Headers.TryGetValues("Content-Security-Policy", out var policy) && policy.Single().Contains("frame-ancestors 'none'", StringComparison.Ordinal), path);
            Assert.True(response.Headers.CacheControl is { NoStore: true } or { NoCache: true }, path);
        }
    }

    private string Forge(DateTimeOffset ends)
    {
        var tokens = _server.Get<SessionTokens>();
        Assert.True(ApiKeyText.TryParse(_server.AdminKey, out var id, out var hash));
        return tokens.Create(new Session
        {
            Nonce = SessionTokens.NewNonce(),
            IssueTime = ends.AddHours(-12).ToUnixTimeSeconds(),
            ExpireTime = ends.ToUnixTimeSeconds(),
            KeyId = id,
            KeyFingerprint = tokens.Fingerprint(hash),
        });
    }

    /// <summary>A service of somebody else.</summary>
    private sealed class OtherDatabase : IAsyncDisposable
    {
        private readonly PostgresFixture _database = new();

        public async Task<string> CookieAsync()
        {
            await _database.InitializeAsync();
            await using var server = await SecuredServer.StartAsync(_database.ConnectionString);
            using var browser = new SessionClient(server.HttpAddress);
            await browser.SignedInAsync(server.AdminKey);
            return browser.Cookie!;
        }

        public async ValueTask DisposeAsync() => await _database.DisposeAsync();
    }
}
