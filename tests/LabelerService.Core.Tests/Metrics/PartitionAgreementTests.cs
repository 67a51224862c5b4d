using CsCheck;
using LabelerService.Core.Metrics;

namespace LabelerService.Core.Tests.Metrics;

public sealed class PartitionAgreementTests
{
    private const double Exactly = 1e-12;

    // Two partitions of six items: 720 orders, few enough to go through all of them.
    private static readonly Gen<(int[] First, int[] Second)> Partitions = Gen.Select(Gen.Int[0, 2].Array[6], Gen.Int[0, 3].Array[6]);

    [Fact]
    public void A_published_example_comes_out_as_published()
    {
        // The example that the tests of scikit-learn take from the authors' own MATLAB code.
        int[] first = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3], second = [1, 1, 1, 1, 2, 1, 2, 2, 2, 2, 3, 1, 3, 3, 3, 2, 2];

        Assert.Equal(0.41022, PartitionAgreement.MutualInformation(first, second), 5e-6);
        Assert.Equal(0.15042, PartitionAgreement.ExpectedMutualInformation([6, 6, 5], [6, 7, 4]), 5e-6);
        Assert.Equal(0.27821, PartitionAgreement.AdjustedMutualInformation(first, second), 5e-6);
    }

    [Theory]
    [InlineData(new[] { 0, 0, 1, 2 }, new[] { 0, 0, 1, 1 }, 4.0 / 7)]
    [InlineData(new[] { 0, 0, 1, 1 }, new[] { 0, 1, 0, 1 }, -0.5)]
    [InlineData(new[] { 0, 0, 0, 0 }, new[] { 0, 1, 2, 3 }, 0)]
    [InlineData(new[] { 0, 0, 0, 0 }, new[] { 0, 0, 0, 0 }, 1)]
    [InlineData(new[] { 0, 1, 2, 3 }, new[] { 3, 1, 0, 2 }, 1)]
    public void The_adjusted_Rand_index_of_small_partitions_is_worked_out_by_hand(int[] first, int[] second, double expected) =>
        Assert.Equal(expected, PartitionAgreement.AdjustedRand(first, second), Exactly);

    [Theory]
    [InlineData(new[] { 0, 0, 0, 0 }, new[] { 0, 1, 2, 3 }, 0)]
    [InlineData(new[] { 0, 0, 0, 0 }, new[] { 0, 0, 1, 1 }, 0)]
    [InlineData(new[] { 5, 5, 5, 5 }, new[] { 0, 0, 0, 0 }, 1)]
    [InlineData(new[] { 0, 1, 2, 3 }, new[] { 3, 1, 0, 2 }, 1)]
    [InlineData(new[] { 0, 0, 1, 1 }, new[] { 7, 7, -1, -1 }, 1)]
    public void Trivial_partitions_agree_wholly_or_not_at_all(int[] first, int[] second, double expected) =>
        Assert.Equal(expected, PartitionAgreement.AdjustedMutualInformation(first, second), Exactly);

    [Fact]
    public void Expected_mutual_information_is_the_mean_over_every_order_of_the_items() => Partitions.Sample(
        pair =>
        {
            var information = Orders(pair.Second).Average(order => PartitionAgreement.MutualInformation(pair.First, order));
            Assert.Equal(information, PartitionAgreement.ExpectedMutualInformation(Sizes(pair.First), Sizes(pair.Second)), 1e-10);
        },
        iter: 20);

    [Fact]
    public void The_adjusted_Rand_index_is_zero_on_average_over_every_order_of_the_items() => Partitions.Sample(
        pair =>
        {
            // Where nothing can differ the index is 1 by convention.
            if (Sizes(pair.First).Length > 1 && Sizes(pair.Second).Length > 1)
            {
                Assert.Equal(0, Orders(pair.Second).Average(order => PartitionAgreement.AdjustedRand(pair.First, order)), 1e-10);
            }
        },
        iter: 20);

    [Fact]
    public void Neither_the_names_of_groups_nor_which_partition_comes_first_matters() => Gen.Select(Gen.Int[0, 4].Array[40], Gen.Int[0, 3].Array[40])
        .Sample((first, second) =>
        {
            int[] renamed = [.. first.Select(group => 100 - (7 * group))];
            Assert.Equal(PartitionAgreement.AdjustedRand(first, second), PartitionAgreement.AdjustedRand(second, renamed), Exactly);
            Assert.Equal(
                PartitionAgreement.AdjustedMutualInformation(first, second), PartitionAgreement.AdjustedMutualInformation(second, renamed), Exactly);
            Assert.Equal(1, PartitionAgreement.AdjustedMutualInformation(first, renamed), 1e-10);
        });

    [Fact]
    public void Partitions_of_very_many_items_are_compared_exactly()
    {
        // Independent halves of a million items: chance explains all of what they share but for rounding.
        int[] first = [.. Enumerable.Range(0, 1_000_000).Select(i => i & 1)], second = [.. Enumerable.Range(0, 1_000_000).Select(i => (i >> 1) & 1)];

        Assert.Equal(0, PartitionAgreement.AdjustedMutualInformation(first, second), 1e-5);
        Assert.Equal(0, PartitionAgreement.AdjustedRand(first, second), 1e-5);
        Assert.Equal(1, PartitionAgreement.AdjustedMutualInformation(first, first), 1e-9);
    }

    [Fact]
    public void Partitions_of_different_items_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PartitionAgreement.AdjustedRand([0, 1], [0]));
        Assert.Throws<ArgumentException>(() => PartitionAgreement.AdjustedMutualInformation([], []));
    }

    private static int[] Sizes(int[] groups) => [.. groups.CountBy(group => group).Select(group => group.Value)];

    private static IEnumerable<int[]> Orders(int[] items)
    {
        if (items.Length <= 1)
        {
            yield return items;
            yield break;
        }

        for (var i = 0; i < items.Length; i++)
        {
            foreach (var rest in Orders([.. items[..i], .. items[(i + 1)..]]))
            {
                yield return [items[i], .. rest];
            }
        }
    }
}
