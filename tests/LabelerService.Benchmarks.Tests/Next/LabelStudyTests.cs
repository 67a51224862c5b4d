using LabelerService.Benchmarks.Next;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Tests.Next;

public sealed class LabelStudyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Asking_what_is_worth_asking_reaches_the_accuracy_of_random_with_far_fewer_labels(bool withModel)
    {
        const int seeds = 2;
        var ratios = new List<double>();
        for (var seed = 1; seed <= seeds; seed++)
        {
            var world = World(items: 400, seed);
            var options = new StudyOptions(SeedLabels: 150, Labels: 1200, Batch: 75, withModel);
            var random = LabelStudy.Run(world, options, StudyPolicy.Random, default);
            var policy = LabelStudy.Run(world, options, StudyPolicy.Gain, default);

            Assert.Equal(random[0], policy[0]);
            Assert.Equal((1200, 1200), (random[^1].Labels, policy[^1].Labels));
            ratios.Add(StudyCurves.LabelsTo(policy, random[^1].Accuracy, point => point.Accuracy) / random[^1].Labels);
        }

        Assert.True(ratios.Average() <= 0.6, string.Join(", ", ratios));
    }

    [Fact]
    public void A_labeler_answers_the_same_whoever_asks()
    {
        var (one, other) = (World(items: 50, seed: 3), World(items: 50, seed: 3));
        int[] answers = [.. Enumerable.Range(0, 50).SelectMany(n => Enumerable.Range(0, one.LabelerCount).Select(r => one.Answer(n, r)))];

        Assert.Equal(answers, Enumerable.Range(0, 50).SelectMany(n => Enumerable.Range(0, one.LabelerCount).Select(r => other.Answer(n, r))));
        Assert.Equal(4, answers.Distinct().Count());
    }

    [Fact]
    public void The_classifier_predicts_items_that_nobody_annotated()
    {
        var world = World(items: 400, seed: 4, separation: 8);
        var table = new Core.Annotations.AnnotationTable(
            400, 1, 4, [.. Enumerable.Range(0, 200)], new int[200], [.. world.Truth.Take(200)]);
        var posteriors = new double[1600];
        for (var n = 0; n < 400; n++)
        {
            posteriors[(n * 4) + (n < 200 ? world.Truth[n] : 0)] = 1;
        }

        var classifier = new CrossFittedDiscriminant(world.Features, 400, 4, seed: 1);
        var (outOfFold, others) = classifier.Fit(table, posteriors, world.TestFeatures);
        var (again, _) = classifier.Fit(table, posteriors, world.TestFeatures);

        Assert.Equal(outOfFold, again);
        Assert.True(Right(outOfFold, world.Truth, 200, 400) > 0.9);
        Assert.True(Right(others, world.TestTruth, 0, world.TestTruth.Length) > 0.9);

        static double Right(float[] distributions, int[] truth, int start, int end) => Enumerable.Range(start, end - start)
            .Average(n => distributions.AsSpan(n * 4, 4).ToArray().Index().MaxBy(entry => entry.Item).Index == truth[n] ? 1.0 : 0);
    }

    [Fact]
    public void Labels_to_a_level_lie_between_the_points_around_it()
    {
        StudyPoint[] curve = [new(100, 0.5, double.NaN), new(200, 0.7, double.NaN), new(300, 0.8, double.NaN)];

        Assert.Equal(100, StudyCurves.LabelsTo(curve, 0.4, point => point.Accuracy));
        Assert.Equal(150, StudyCurves.LabelsTo(curve, 0.6, point => point.Accuracy), 1e-9);
        Assert.Equal(double.PositiveInfinity, StudyCurves.LabelsTo(curve, 0.9, point => point.Accuracy));
        Assert.Equal(4.303 * 1 / Math.Sqrt(3), StudyCurves.HalfWidth([1, 2, 3]), 1e-9);
    }

    // Four clusters, and twenty labelers of all kinds.
    private static StudyWorld World(int items, int seed, double separation = 3)
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = items + 200, Classes = 4, Dimensions = 6, Seed = seed, ValidationShare = 0, TestShare = 1, Separation = separation });
        var features = crowd.Snapshot.Features.Load();
        int[] truth = [.. crowd.Truth];
        float[] own = [.. features.Take(items * 6)];
        var labelers = CrowdSimulation.Run(
            truth[..items], own, 4,
            new CrowdSimulationOptions
            {
                Seed = seed,
                Labelers = [new(LabelerKind.Expert, 3), new(LabelerKind.Average, 8), new(LabelerKind.ClassSpecialist, 4), new(LabelerKind.Spammer, 5)],
            },
            items: []).Labelers;
        return new StudyWorld(4, truth[..items], own, labelers, truth[items..], [.. features.Skip(items * 6)], seed);
    }
}
