using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using LabelerService.Contracts.V1;
using LabelerService.Server.Security.Sessions;
using LabelerService.TestKit.Postgres;

namespace LabelerService.EndToEnd.Security;

/// <summary>Signing in where it is tried too often, and where nobody needs to; each on a server of its own.</summary>
[Trait("Suite", "security")]
public sealed class SignInTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task After_too_many_failures_nobody_signs_in_from_that_address_and_is_told_how_long()
    {
        await using var server = await SecuredServer.StartAsync(database.ConnectionString);
        using var browser = new SessionClient(server.HttpAddress);
        await browser.SignedInAsync(server.AdminKey);
        var failed = 0;
        while (true)
        {
            var answer = await browser.SignInAsync("lbl_guess_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
            Assert.InRange(++failed, 1, 999);
            if (answer.Status == HttpStatusCode.Unauthorized)
            {
                continue;
            }

            var refused = Stopwatch.StartNew();
            Assert.InRange(failed, SignInLimiter.Burst + 1, 999);
            Assert.Equal((HttpStatusCode.TooManyRequests, "SIGN_IN_LIMIT"), (answer.Status, answer.Reason));
            var wait = Regex.Match(answer.Json.GetProperty("message").GetString()!, "Wait ([1-6]) s, then try again");
            Assert.True(wait.Success, answer.Json.GetRawText());
            if ((await browser.SignInAsync(server.AdminKey)).Status == HttpStatusCode.TooManyRequests)
            {
                break;
            }

            // Only where that time was over before the answer came; the seconds told are rounded up.
            Assert.InRange(refused.Elapsed.TotalSeconds, int.Parse(wait.Groups[1].Value, CultureInfo.InvariantCulture) - 1, double.MaxValue);
        }

        // Whoever is in stays in.
        Assert.Equal(HttpStatusCode.OK, (await browser.SendAsync(HttpMethod.Get, "/v1/datasets")).Status);
    }

    [Fact]
    public async Task Where_nobody_needs_a_key_signing_in_with_one_makes_that_keys_caller()
    {
        await using var server = await SecuredServer.StartAsync(database.ConnectionString, options => options with { RequireKeys = false, AdminKeyFile = null });
        using var browser = new SessionClient(server.HttpAddress);
        var before = (await browser.WhoAsync()).Json;
        Assert.Equal((true, "ADMIN"), (before.GetProperty("anonymous").GetBoolean(), before.GetProperty("role").GetString()));
        Assert.Equal(HttpStatusCode.OK, (await browser.SendAsync(HttpMethod.Get, "/v1/apiKeys")).Status);

        var created = await new ApiKeyService.ApiKeyServiceClient(server.Call(null)).CreateApiKeyAsync(
            new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Reader } });
        await browser.SignedInAsync(created.Key);
        Assert.Equal("READER", (await browser.WhoAsync()).Json.GetProperty("role").GetString());
        Assert.Equal("ROLE_FORBIDDEN", (await browser.SendAsync(HttpMethod.Get, "/v1/apiKeys")).Reason);

        // A session that ends does not make an admin of its user under the page.
        await new ApiKeyService.ApiKeyServiceClient(server.Call(null)).DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = created.ApiKey.Name });
        Assert.Equal("SESSION_ENDED", (await browser.SendAsync(HttpMethod.Get, "/v1/apiKeys")).Reason);
        await browser.SendAsync(HttpMethod.Delete, "/session");
        Assert.True((await browser.WhoAsync()).Json.GetProperty("anonymous").GetBoolean());

        // A page from elsewhere is nobody.
        using var elsewhere = new SessionClient(server.HttpAddress);
        Assert.Equal(HttpStatusCode.Unauthorized, (await elsewhere.SendAsync(HttpMethod.Get, "/v1/datasets", null, ("Origin", "http://evil.example"))).Status);
    }
}
