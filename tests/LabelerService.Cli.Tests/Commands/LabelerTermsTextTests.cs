using LabelerService.Cli.Commands.Insight;

namespace LabelerService.Cli.Tests.Commands;

public class LabelerTermsTextTests
{
    [Theory]
    [InlineData("anna", "anna", 0, 0)]
    [InlineData("anna:cost=2.5", "anna", 2.5, 0)]
    [InlineData("anna:max=3,cost=1", "anna", 1, 3)]
    [InlineData("site:a:max=3", "site:a", 0, 3)]
    [InlineData("site:a", "site:a", 0, 0)]
    public void A_labeler_comes_with_cost_and_limit(string text, string id, double cost, int most)
    {
        var terms = LabelerTermsText.Parse(text);

        Assert.NotNull(terms);
        Assert.Equal((id, cost, most), (terms.LabelerId, terms.Cost, terms.MaxAnnotations));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":cost=1")]
    [InlineData("anna:cost=0")]
    [InlineData("anna:cost=NaN")]
    [InlineData("anna:cost=1e999")]
    [InlineData("anna:max=0")]
    [InlineData("anna:max=-1")]
    [InlineData("anna:rate=1")]
    [InlineData("anna:cost=1,")]
    public void Anything_else_is_refused(string text) => Assert.Null(LabelerTermsText.Parse(text));
}
