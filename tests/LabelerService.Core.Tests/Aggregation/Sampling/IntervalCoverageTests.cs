using LabelerService.Core.Aggregation.Sampling;
using Xunit.Abstractions;

namespace LabelerService.Core.Tests.Aggregation.Sampling;

public sealed class IntervalCoverageTests(ITestOutputHelper output)
{
    private static readonly int Crowds = int.Parse(
        Environment.GetEnvironmentVariable("LABELER_COVERAGE_CROWDS") ?? "10", System.Globalization.CultureInfo.InvariantCulture);

    private static readonly int Draws = int.Parse(
        Environment.GetEnvironmentVariable("LABELER_COVERAGE_DRAWS") ?? "400", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("various:20", 200, 3, 4, 0, 0)]
    [InlineData("various:20", 200, 2, 4, 0, 0)]
    [InlineData("various:60", 200, 4, 3, 0, 0)]
    [InlineData("average:40", 400, 4, 3, 0, 0)]
    [InlineData("expert:6,average:18,specialist:8,spammer:6,constant:4,adversary:4", 500, 4, 5, 0, 0)]
    [InlineData("expert:6,average:18,specialist:8,spammer:6,constant:4,adversary:4", 300, 8, 5, 0, 0)]
    [InlineData("expert:2,average:4,spammer:10,adversary:4", 300, 3, 5, 0, 0)]
    [InlineData("various:20", 200, 3, 4, 0.2, 0)]
    [InlineData("various:20", 200, 3, 4, 0, 0.2)]
    [InlineData("various:5", 40, 3, 3, 0, 0)]
    [InlineData("various:8", 1000, 3, 3, 0, 0)]
    public void Coverage(string kinds, int items, int classes, int labels, double difficult, double known)
    {
        var crowd = kinds.Split(',').Select(group => group.Split(':'))
            .SelectMany(group => Enumerable.Repeat(group[0], int.Parse(group[1], System.Globalization.CultureInfo.InvariantCulture))).ToArray();
        var name = $"{kinds} N={items} K={classes} m={labels} difficult={difficult} known={known}";
        if (Environment.GetEnvironmentVariable("LABELER_COVERAGE_ONLY") is { } only && !System.Text.RegularExpressions.Regex.IsMatch(name, only, System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)))
        {
            return;
        }

        var study = new CoverageStudy();
        for (var seed = 0; seed < Crowds; seed++)
        {
            study.Add(seed, crowd, items, classes, labels, new ConfusionSamplerOptions { Threads = 1, Draws = Draws, BurnIn = Draws / 4 }, difficult, known);
        }

        output.WriteLine($"{kinds} N={items} K={classes} m={labels} difficult={difficult} known={known}\n{study}");
        Assert.True(study.All.Count > 0);
    }
}
