using LabelerService.Core.Aggregation;
using LabelerService.Core.Items;
using LabelerService.Core.Tests.Aggregation;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Items;

public sealed class SuspectRankingTests
{
    [SharedDataTheory("aggregation")]
    [InlineData("duck", 0.93, 0.87)]
    [InlineData("dog", 0.83, 0.84)]
    [InlineData("product", 0.90, 0.80)]
    public void On_real_crowds_most_of_the_suspected_annotations_are_wrong_and_more_than_of_those_against_the_majority(
        string name, double least, double majority)
    {
        var crowd = CrowdLabels.Read(Path.Combine(SharedData.Folder("aggregation")!, name));
        var input = new AggregationInput(crowd.Table);
        var positions = Enumerable.Range(0, crowd.Table.Count).Where(i => crowd.Gold[crowd.Table.Items[i]] >= 0).ToArray();
        var wrong = positions.Count(i => crowd.Table.Classes[i] != crowd.Gold[crowd.Table.Items[i]]);
        var suspects = SuspectRanking.Top(input, new AggregatorOf("hierarchical").Aggregate(input), crowd.Table.Count);
        var judged = suspects.Where(suspect => crowd.Gold[suspect.Item] >= 0).Take(wrong / 2).ToArray();
        var right = judged.Average(suspect => suspect.GivenClass != crowd.Gold[suspect.Item] ? 1.0 : 0);

        Assert.Equal(wrong / 2, judged.Length);
        Assert.True(right >= least, $"{right} of the first {judged.Length} are wrong");
        var votes = MajorityVote.Posteriors(crowd.Table);
        var byMajority = positions.OrderByDescending(i => Against(crowd, votes, i)).Take(wrong / 2)
            .Average(i => crowd.Table.Classes[i] != crowd.Gold[crowd.Table.Items[i]] ? 1.0 : 0);
        Assert.True(right >= byMajority - 0.02, $"{right} against {byMajority}");
        Assert.Equal(majority, byMajority, 0.06);
    }

    [Fact]
    public void Flipped_annotations_are_found_by_what_their_labelers_are_worth()
    {
        var crowd = CrowdLabels.Simulate(1000, 4, 3, CalibratedPosteriorsTests.Labelers(4, 0.4, 0.7, 0.95), seed: 8);
        var input = new AggregationInput(crowd.Table);
        var wrong = Enumerable.Range(0, crowd.Table.Count).Count(i => crowd.Table.Classes[i] != crowd.Gold[crowd.Table.Items[i]]);
        var votes = MajorityVote.Posteriors(crowd.Table);
        var found = SuspectRanking.Top(input, new AggregatorOf("hierarchical").Aggregate(input), wrong / 2)
            .Average(suspect => suspect.GivenClass != crowd.Gold[suspect.Item] ? 1.0 : 0);
        var byMajority = Enumerable.Range(0, crowd.Table.Count).OrderByDescending(i => Against(crowd, votes, i)).Take(wrong / 2)
            .Average(i => crowd.Table.Classes[i] != crowd.Gold[crowd.Table.Items[i]] ? 1.0 : 0);

        Assert.True(found >= 0.9, $"{found}");
        Assert.True(found >= byMajority + 0.05, $"{found} against {byMajority}");
    }

    [Fact]
    public void The_first_of_many_are_the_first_of_all_whatever_the_threads()
    {
        var crowd = CrowdLabels.Simulate(5000, 3, 3, CalibratedPosteriorsTests.Labelers(3, 0.5, 0.8), seed: 9);
        var input = new AggregationInput(crowd.Table);
        var consensus = new AggregatorOf("hierarchical").Aggregate(input);
        var all = SuspectRanking.Top(input, consensus, crowd.Table.Count, new SuspectOptions { Threads = 1 });
        var few = SuspectRanking.Top(input, consensus, 50, new SuspectOptions { Threads = 4 });

        Assert.Equal(all.Take(50).Select(suspect => suspect.Position), few.Select(suspect => suspect.Position));
        Assert.Equal(all.OrderByDescending(suspect => suspect.ProbabilityWrong).ThenBy(suspect => suspect.Position), all);
        var calibrated = CalibratedPosteriors.Of(input, consensus);
        var expected = Enumerable.Range(0, crowd.Table.Count).Count(i =>
        {
            var row = calibrated.Posteriors.AsSpan(crowd.Table.Items[i] * 3, 3);
            return ClassDistributions.Top(row) != crowd.Table.Classes[i] && 1 - row[crowd.Table.Classes[i]] >= 0.5;
        });
        Assert.Equal(expected, all.Count);
    }

    [Fact]
    public void One_labelers_suspected_annotations_are_those_among_all()
    {
        var crowd = CrowdLabels.Simulate(500, 3, 3, CalibratedPosteriorsTests.Labelers(3, 0.5, 0.8), seed: 10);
        var input = new AggregationInput(crowd.Table);
        var consensus = new AggregatorOf("hierarchical").Aggregate(input);
        var all = SuspectRanking.Top(input, consensus, 10_000);

        Assert.Equal(
            all.Where(suspect => suspect.Labeler == 2).Select(suspect => suspect.Position),
            SuspectRanking.Top(input, consensus, 10_000, new SuspectOptions { Labeler = 2 }).Select(suspect => suspect.Position));
        Assert.Empty(SuspectRanking.Top(input, consensus, 10, new SuspectOptions { Labeler = 99 }));
        Assert.Empty(SuspectRanking.Top(input, consensus, 0));
    }

    [Fact]
    public void Reasons_are_given_in_words_with_numbers()
    {
        // Labeler 3 calls birds planes; of item 0 it says plane, three others and the model say bird.
        var rows = new List<(int, int, int)>();
        for (var n = 0; n < 40; n++)
        {
            rows.AddRange([(n, 0, n % 2), (n, 1, n % 2), (n, 2, n % 2), (n, 3, n % 2 == 0 && n % 4 == 0 ? 1 : n % 2)]);
        }

        var model = Enumerable.Range(0, 40).SelectMany(n => n % 2 == 0 ? new[] { 0.93f, 0.07f } : [0.1f, 0.9f]).ToArray();
        var input = new AggregationInput(Tables.Of(40, 4, 2, [.. rows])) { ModelProbabilities = model };
        var suspects = SuspectRanking.Top(
            input, new AggregatorOf("model").Aggregate(input), 100, new SuspectOptions { ClassNames = ["bird", "plane"] });

        Assert.Equal(10, suspects.Count);
        Assert.All(suspects, suspect =>
        {
            Assert.Equal((3, 1, 0), (suspect.Labeler, suspect.GivenClass, suspect.LikelyClass));
            Assert.True(suspect.ProbabilityWrong > 0.9 && suspect.LikelyProbability > 0.9);
        });
        var reasons = suspects.Single(suspect => suspect.Item == 0).Reasons;
        Assert.Equal("all 3 others say bird", reasons[0]);
        Assert.Contains("the model says bird with 0.93", reasons);
        Assert.Contains(reasons, reason => reason.StartsWith("this labeler says plane for bird in ", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_known_of_an_item_convicts_and_clears()
    {
        var input = new AggregationInput(Tables.Of(1, 3, 2, (0, 0, 0), (0, 1, 0), (0, 2, 1))) { Gold = new[] { 1 } };
        var suspects = SuspectRanking.Top(input, new AggregatorOf("hierarchical").Aggregate(input), 10);

        Assert.Equal([0, 1], suspects.Select(suspect => suspect.Position));
        Assert.All(suspects, suspect =>
        {
            Assert.Equal(1, suspect.ProbabilityWrong);
            Assert.Equal("the item is known to be class 1", suspect.Reasons[0]);
        });
    }

    // By how much the majority beats the class an annotation names, in shares of the votes.
    private static double Against(CrowdLabels crowd, double[] votes, int position)
    {
        var row = votes.AsSpan(crowd.Table.Items[position] * crowd.Table.ClassCount, crowd.Table.ClassCount);
        return row[ClassDistributions.Top(row)] - row[crowd.Table.Classes[position]];
    }
}
