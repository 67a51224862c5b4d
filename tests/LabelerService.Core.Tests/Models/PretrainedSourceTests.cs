using LabelerService.Core.Models;

namespace LabelerService.Core.Tests.Models;

public sealed class PretrainedSourceTests
{
    [Theory]
    [InlineData("b", "datasets/mine/backbones/b")]
    [InlineData("datasets/d/backbones/b", "datasets/d/backbones/b")]
    [InlineData("datasets/d/models/m/versions/10", "datasets/d/models/m/versions/10")]
    [InlineData("datasets/d/models/m/versions/0", null)]
    [InlineData("datasets/d/models/m/versions/9999999999", null)]
    [InlineData("backbones/b", null)]

    // Whoever looks for the runs that name a version finds them by its one name.
    [InlineData("datasets/d/models/m/versions/01", null)]
    public void A_source_has_one_name(string text, string? name) => Assert.Equal(name, PretrainedSource.Parse(text, "mine")?.Name);
}
