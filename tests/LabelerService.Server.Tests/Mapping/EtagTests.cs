using LabelerService.Core.Errors;
using LabelerService.Server.Mapping;

namespace LabelerService.Server.Tests.Mapping;

public sealed class EtagTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public void An_etag_gives_its_version_back(long version) => Assert.Equal(version, Etag.Read(Etag.Of(version), "etag"));

    [Fact]
    public void No_etag_guards_nothing() => Assert.Null(Etag.Read("", "etag"));

    [Theory]
    [InlineData("1")]
    [InlineData("\"\"")]
    [InlineData("\"x\"")]
    [InlineData("\"-1\"")]
    [InlineData("\"1")]
    [InlineData("\"99999999999999999999\"")]
    public void Text_that_is_no_etag_is_refused(string etag) =>
        Assert.Equal("the.etag", Assert.Single(Assert.Throws<ServiceException>(() => Etag.Read(etag, "the.etag")).Violations).Field);
}
