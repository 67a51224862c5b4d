using LabelerService.Cli.Commands;

namespace LabelerService.Cli.Tests.Commands;

public class DemoSeedsTests
{
    [Theory]
    [InlineData("1-5", new long[] { 1, 2, 3, 4, 5 })]
    [InlineData("7-7", new long[] { 7 })]
    [InlineData("1,4,9", new long[] { 1, 4, 9 })]
    [InlineData("3", new long[] { 3 })]
    public void Ranges_and_lists_are_seeds(string text, long[] seeds) => Assert.Equal(seeds, DemoCommand.ParseSeeds(text));

    [Theory]
    [InlineData("")]
    [InlineData("5-1")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("1,1")]
    [InlineData("a-b")]
    [InlineData("1-1000")]
    public void Anything_else_is_refused(string text) => Assert.Null(DemoCommand.ParseSeeds(text));
}
