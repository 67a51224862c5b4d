using LabelerService.Server.Security;
using Microsoft.AspNetCore.Http;

namespace LabelerService.Server.Tests.Security;

[Trait("Suite", "security")]
public sealed class CredentialTests
{
    private const string Key = "lbl_abc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    [Theory]
    [InlineData(null, null, "None")]
    [InlineData("Bearer " + Key, null, "ApiKey")]
    [InlineData("bearer   " + Key, null, "ApiKey")]
    [InlineData(null, Key, "ApiKey")]
    [InlineData("Bearer eyJhbGciOiJub25lIn0.e30.", null, "Token")]
    [InlineData("Bearer " + Key, Key, "Malformed")]
    [InlineData("Basic dXNlcjpwYXNz", null, "Malformed")]
    [InlineData("Bearer", null, "Malformed")]
    [InlineData("Bearer ", null, "Malformed")]
    [InlineData(null, "", "Malformed")]
    public void A_request_has_one_credential_or_none_that_counts(string? authorization, string? key, string kind)
    {
        var request = new DefaultHttpContext().Request;
        if (authorization is not null)
        {
            request.Headers.Authorization = authorization;
        }

        if (key is not null)
        {
            request.Headers["x-api-key"] = key;
        }

        Assert.Equal(kind, Credential.Of(request).Kind.ToString());
    }

    [Fact]
    public void Two_headers_of_the_same_name_and_endless_texts_are_refused()
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Authorization = new(["Bearer " + Key, "Bearer " + Key]);
        Assert.Equal(CredentialKind.Malformed, Credential.Of(request).Kind);
        request.Headers.Authorization = "Bearer " + new string('a', 10_000);
        Assert.Equal(CredentialKind.Malformed, Credential.Of(request).Kind);
    }

    [Fact]
    public void A_new_key_reads_back_as_its_id_and_hash_and_another_secret_hashes_otherwise()
    {
        var (id, text, hash) = ApiKeyText.Create();
        Assert.True(ApiKeyText.TryParse(text, out var readId, out var readHash));
        Assert.Equal((id, Convert.ToHexString(hash)), (readId, Convert.ToHexString(readHash!)));
        var other = text[..^1] + (text[^1] == 'A' ? 'E' : 'A');
        Assert.True(ApiKeyText.TryParse(other, out _, out var otherHash));
        Assert.NotEqual(Convert.ToHexString(hash), Convert.ToHexString(otherHash!));
        Assert.NotEqual(text, ApiKeyText.Create().Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lbl_")]
    [InlineData("lbl__AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("lbl_abc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("lbl_abc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("lbl_abc_AAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("lbl_ABC_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("key_abc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_not_formed_like_a_key_is_none(string text) => Assert.False(ApiKeyText.TryParse(text, out _, out _));
}
