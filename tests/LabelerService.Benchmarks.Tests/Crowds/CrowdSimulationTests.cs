using CsCheck;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Tests.Crowds;

public sealed class CrowdSimulationTests
{
    private const int Items = 20_000;
    private const int Classes = 8;
    private const int Dimensions = 4;
    private static readonly SimulatedCrowd World = SimulatedCrowd.Create(
        new SimulatedCrowdOptions { Items = Items, Classes = Classes, Dimensions = Dimensions, LabelsPerItem = 0, ValidationShare = 0, TestShare = 0 });

    public static TheoryData<LabelerKind> Kinds => [.. Enum.GetValues<LabelerKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Labelers_of_each_kind_answer_as_their_confusions_say(LabelerKind kind)
    {
        var crowd = Run(new CrowdSimulationOptions { Labelers = [new(kind, 2)], LabelsPerItem = 2 });
        for (var r = 0; r < crowd.Labelers.Count; r++)
        {
            var counts = new double[2, Classes, Classes];
            var totals = new double[2, Classes];
            foreach (var at in crowd.Annotations.PositionsOfLabeler(r))
            {
                var item = crowd.Annotations.Items[at];
                var home = crowd.Labelers[r].IsAtHome(Features(item)) ? 1 : 0;
                counts[home, World.Truth[item], crowd.Annotations.Classes[at]]++;
                totals[home, World.Truth[item]]++;
            }

            for (var n = 0; n < 200; n++)
            {
                var home = crowd.Labelers[r].IsAtHome(Features(n)) ? 1 : 0;
                var (truth, chances) = (World.Truth[n], crowd.Labelers[r].ConfusionAt(Features(n))[World.Truth[n]]);
                Assert.Equal(1, chances.Sum(), 9);
                for (var answer = 0; answer < Classes; answer++)
                {
                    // Five standard deviations of a proportion.
                    var tolerance = 5 * Math.Sqrt(0.25 / totals[home, truth]);
                    Assert.InRange(counts[home, truth, answer] / totals[home, truth], chances[answer] - tolerance, chances[answer] + tolerance);
                }
            }
        }
    }

    [Theory]
    [InlineData(LabelerKind.Expert, 0.95, 0.95)]
    [InlineData(LabelerKind.Average, 0.75, 0.75)]
    [InlineData(LabelerKind.ClassSpecialist, 0.55, 0.65)]
    [InlineData(LabelerKind.Confuser, 0.45, 0.60)]
    [InlineData(LabelerKind.RegionDependent, 0.65, 0.65)]
    [InlineData(LabelerKind.Spammer, 0.125, 0.125)]
    [InlineData(LabelerKind.Constant, 0.10, 0.15)]
    [InlineData(LabelerKind.Adversary, 0.10, 0.10)]
    public void Each_kind_is_as_often_right_as_it_is_described(LabelerKind kind, double low, double high)
    {
        var crowd = Run(new CrowdSimulationOptions { Labelers = [new(kind, 1)], LabelsPerItem = 1 });
        var right = 0.0;
        for (var a = 0; a < crowd.Annotations.Count; a++)
        {
            right += crowd.Annotations.Classes[a] == World.Truth[crowd.Annotations.Items[a]] ? 1 : 0;
        }

        Assert.InRange(right / Items, low - 0.02, high + 0.02);
    }

    [Fact]
    public void A_confuser_swaps_its_pairs_both_ways()
    {
        var confusion = Run(new CrowdSimulationOptions { Labelers = [new(LabelerKind.Confuser, 1)] }).Labelers[0].Confusion;
        var swapped = Enumerable.Range(0, Classes).Where(k => confusion[k][k] < 0.5).ToArray();
        Assert.Equal(4, swapped.Length);
        foreach (var k in swapped)
        {
            var other = Array.IndexOf(confusion[k], confusion[k].Max());
            Assert.Equal(0.8, confusion[k][other]);
            Assert.Equal(0.8, confusion[other][k]);
        }
    }

    [Fact]
    public void Region_dependent_labelers_are_at_home_with_half_of_the_items_each_with_its_own()
    {
        var crowd = Run(new CrowdSimulationOptions { Labelers = [new(LabelerKind.RegionDependent, 2)] });
        var homes = crowd.Labelers.Select(labeler => Enumerable.Range(0, Items).Select(n => labeler.IsAtHome(Features(n))).ToArray()).ToArray();
        Assert.All(homes, home => Assert.Equal(Items / 2, home.Count(at => at)));
        Assert.NotEqual(homes[0], homes[1]);
    }

    [Fact]
    public void Skew_makes_a_few_do_most_of_the_work_and_counts_follow_the_activity()
    {
        var even = Run(new CrowdSimulationOptions { LabelsPerItem = 1 });
        var skewed = Run(new CrowdSimulationOptions { LabelsPerItem = 1, ActivitySkew = 1.2 });
        Assert.InRange(Busiest(even), 1.0 / 60, 1.4 / 60);
        Assert.True(Busiest(skewed) > 0.2);
        for (var r = 0; r < skewed.Labelers.Count; r++)
        {
            Assert.InRange((double)skewed.Annotations.CountOfLabeler(r) / Items, skewed.Labelers[r].Activity - 0.02, skewed.Labelers[r].Activity + 0.02);
        }

        static double Busiest(CrowdSimulation crowd) =>
            Enumerable.Range(0, crowd.Labelers.Count).Max(crowd.Annotations.CountOfLabeler) / (double)crowd.Annotations.Count;
    }

    [Fact]
    public void Every_chosen_item_gets_its_labels_from_different_labelers_and_no_other_item_any() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 6], Gen.Double[0, 4], Gen.Int[0, 1000]).Sample(
            (labelers, perItem, skew, seed) =>
            {
                int[] chosen = [.. Enumerable.Range(0, 100).Where(n => n % 3 == 0)];
                var options = new CrowdSimulationOptions
                {
                    Seed = seed,
                    Labelers = [new(LabelerKind.Average, labelers)],
                    LabelsPerItem = perItem,
                    ActivitySkew = skew,
                };
                var crowd = CrowdSimulation.Run(World.Truth, World.Snapshot.Features.Load(), Classes, options, chosen);
                for (var n = 0; n < 100; n++)
                {
                    var (start, end) = crowd.Annotations.RangeOfItem(n);
                    Assert.Equal(n % 3 == 0 ? Math.Min(perItem, labelers) : 0, end - start);
                    Assert.Equal(end - start, crowd.Annotations.Labelers[start..end].ToArray().Distinct().Count());
                }
            },
            iter: 100);

    [Fact]
    public void The_same_seed_gives_the_same_crowd_and_another_seed_another()
    {
        var options = new CrowdSimulationOptions { ActivitySkew = 0.5 };
        var (one, two, other) = (Run(options), Run(options), Run(options with { Seed = 2 }));
        Assert.Equal(one.Annotations.Classes.ToArray(), two.Annotations.Classes.ToArray());
        Assert.Equal(one.Annotations.Labelers.ToArray(), two.Annotations.Labelers.ToArray());
        Assert.NotEqual(one.Annotations.Labelers.ToArray(), other.Annotations.Labelers.ToArray());
    }

    [Fact]
    public void A_crowd_of_nobody_or_a_world_of_one_class_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Run(new CrowdSimulationOptions { Labelers = [] }));
        Assert.Throws<ArgumentException>(() => Run(new CrowdSimulationOptions { ActivitySkew = -1 }));
        Assert.Throws<ArgumentException>(() => CrowdSimulation.Run([0], [1f], 1));
    }

    private static CrowdSimulation Run(CrowdSimulationOptions options) =>
        CrowdSimulation.Run(World.Truth, World.Snapshot.Features.Load(), Classes, options);

    private static ReadOnlySpan<float> Features(int item) => World.Snapshot.Features.Load().AsSpan(item * Dimensions, Dimensions);
}
