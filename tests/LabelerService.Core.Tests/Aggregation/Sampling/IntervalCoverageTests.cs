using LabelerService.Core.Aggregation.Sampling;
using Xunit.Abstractions;

namespace LabelerService.Core.Tests.Aggregation.Sampling;

/// <summary>
/// How often 95 % intervals hold what is known of simulated crowds. <c>LABELER_COVERAGE_CROWDS=60</c> is the long form, with more kinds of crowds
/// and 1,000 draws.
/// </summary>
public sealed class IntervalCoverageTests(ITestOutputHelper output)
{
    // The mix of kinds that flags are tried on.
    private const string Mixed = "expert:6,average:18,specialist:8,spammer:6,constant:4,adversary:4";

    private static readonly int Crowds = int.Parse(
        Environment.GetEnvironmentVariable("LABELER_COVERAGE_CROWDS") ?? "8", System.Globalization.CultureInfo.InvariantCulture);

    private static readonly bool Long = Crowds > 8;

    private static readonly ConfusionSamplerOptions Options = new() { Threads = 1, Draws = Long ? 1000 : 300 };

    public static TheoryData<string, int, int, int, double> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int, int, double> { { "various:20", 200, 3, 4, 0 } };
            if (Long)
            {
                cases.Add("various:20", 200, 2, 4, 0);
                cases.Add("various:20", 200, 3, 4, 0.2);
                cases.Add("various:60", 200, 4, 3, 0);
                cases.Add("various:8", 1000, 3, 3, 0);
                cases.Add("various:5", 40, 3, 3, 0);
                cases.Add(Mixed, 500, 4, 5, 0);
                cases.Add(Mixed, 300, 8, 5, 0);
                cases.Add("expert:2,average:4,spammer:10,adversary:4", 300, 3, 5, 0);
            }

            return cases;
        }
    }

    // 93 to 97 % are aimed at; 3.5 standard deviations of a binomial are added, half as many again because the labelers of a crowd hang together.
    private static double Band(int count) => 0.02 + (1.5 * 3.5 * Math.Sqrt(0.95 * 0.05 / count));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Intervals_of_accuracies_hold_the_accuracy_as_often_as_they_say(string kinds, int items, int classes, int labels, double known)
    {
        var crowd = kinds.Split(',').Select(group => group.Split(':'))
            .SelectMany(group => Enumerable.Repeat(group[0], int.Parse(group[1], System.Globalization.CultureInfo.InvariantCulture))).ToArray();
        var study = new CoverageStudy();
        for (var seed = 0; seed < Crowds; seed++)
        {
            study.Add(seed, crowd, items, classes, labels, Options, known: known);
        }

        output.WriteLine($"{kinds} N={items} K={classes} m={labels} known={known}\n{study}");
        Assert.Equal(0.95, study.Held, Band(study.All.Count));
    }

    // The prior itself draws the crowd, so this checks all of the sampler, hyperparameters included: coverage must be 95 %, and an item's
    // probability of being right must be the rate of right ones.
    [Theory]
    [InlineData(10, 60, 3, 4, 0.3)]
    [InlineData(10, 60, 2, 4, 0.3)]
    public void Crowds_of_the_prior_are_held_exactly_as_often_as_intervals_say(int labelers, int items, int classes, int labels, double known)
    {
        var study = new CoverageStudy();
        for (var seed = 0; seed < Crowds; seed++)
        {
            study.AddFromPrior(seed, labelers, items, classes, labels, Options, known);
        }

        output.WriteLine($"prior N={items} K={classes}\n{study}");
        Assert.Equal(0.95, study.Held, Band(study.All.Count));
        Assert.Equal(0.95, study.CellsHeld, Band(study.All.Count));
        Assert.Equal(study.ItemsRight, study.ItemsSaid, 0.01 + (3.5 * Math.Sqrt(0.07 / study.Items.Count)));
    }

    [Fact]
    public void One_accuracy_a_labeler_is_held_as_often_as_intervals_say_too()
    {
        var study = new CoverageStudy();
        for (var seed = 0; seed < Crowds; seed++)
        {
            study.Add(seed, [.. Enumerable.Repeat("one-coin", 20)], 200, 4, 3, Options with { MaxCells = 0 });
        }

        output.WriteLine($"{study}");
        Assert.Equal(0.95, study.Held, Band(study.All.Count));
        Assert.Equal(study.ItemsRight, study.ItemsSaid, 0.02 + (3.5 * Math.Sqrt(0.15 / study.Items.Count)));
    }

    // What the model does not know of: a fifth of the items is a guess to everybody. Annotations of an item then hang together, and probabilities
    // are too sure, by about five points.
    [Fact]
    public void Items_that_are_hard_for_everybody_make_probabilities_too_sure()
    {
        var study = new CoverageStudy();
        for (var seed = 0; seed < Crowds; seed++)
        {
            study.Add(seed, [.. Enumerable.Repeat("various", 20)], 200, 3, 4, Options, difficult: 0.2);
        }

        output.WriteLine($"{study}");
        Assert.InRange(study.ItemsSaid - study.ItemsRight, 0.02, 0.09);
        Assert.InRange(study.Held, 0.85, 0.97);
    }
}
