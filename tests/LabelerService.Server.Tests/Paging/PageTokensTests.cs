using CsCheck;
using LabelerService.Core.Errors;
using LabelerService.Server.Paging;

namespace LabelerService.Server.Tests.Paging;

public sealed class PageTokensTests
{
    private readonly PageTokens _tokens = new([1, 2, 3]);

    [Fact]
    public void A_token_gives_its_cursor_back_for_the_same_call() =>
        Gen.Select(Gen.String.AlphaNumeric, Gen.String.AlphaNumeric).Sample((scope, cursor) =>
            Assert.Equal(cursor, _tokens.Read(scope, _tokens.Create(scope, cursor))));

    [Fact]
    public void A_token_of_another_call_is_refused() =>
        Gen.Select(Gen.String.AlphaNumeric, Gen.String.AlphaNumeric, Gen.String.AlphaNumeric).Where((a, b, _) => a != b)
            .Sample((scope, other, cursor) => AssertRefused(() => _tokens.Read(other, _tokens.Create(scope, cursor))));

    [Fact]
    public void A_token_with_any_bit_changed_is_refused()
    {
        var token = _tokens.Create("scope", "cursor");
        for (var i = 0; i < token.Length; i++)
        {
            var changed = token.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';

            // The last character may carry unused bits; every other change must be noticed.
            if (i < token.Length - 1)
            {
                AssertRefused(() => _tokens.Read("scope", new string(changed)));
            }
        }
    }

    [Fact]
    public void Text_that_is_no_token_is_refused() =>
        Gen.String[1, 100].Sample(text => AssertRefused(() => _tokens.Read("scope", text)));

    [Fact]
    public void A_token_of_another_key_is_refused() => AssertRefused(() => _tokens.Read("scope", new PageTokens([4]).Create("scope", "cursor")));

    [Fact]
    public void No_token_is_the_first_page() => Assert.Null(_tokens.Read("scope", ""));

    [Theory]
    [InlineData(0, 50)]
    [InlineData(1, 1)]
    [InlineData(1_000, 1_000)]
    [InlineData(1_001, 1_000)]
    public void Page_sizes_have_a_default_and_a_maximum(int requested, int size) => Assert.Equal(size, PageTokens.Size(requested));

    [Fact]
    public void A_negative_page_size_is_refused() =>
        Assert.Equal("page_size", Assert.Single(Assert.Throws<ServiceException>(() => PageTokens.Size(-1)).Violations).Field);

    private static void AssertRefused(Func<object?> read)
    {
        var error = Assert.Throws<ServiceException>(() => read());
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Equal("page_token", Assert.Single(error.Violations).Field);
    }
}
