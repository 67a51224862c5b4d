using LabelerService.Benchmarks.Pretrain;
using LabelerService.Core.Metrics;

namespace LabelerService.Benchmarks.Tests.Pretrain;

public sealed class KMeansTests
{
    [Fact]
    public void Points_about_three_centres_fall_into_three_clusters()
    {
        var random = new Random(1);
        int[] truth = [.. Enumerable.Range(0, 90).Select(i => i % 3)];
        float[] points = [.. truth.SelectMany(kind => (float[])[(kind * 10) + random.NextSingle(), (kind * -7) + random.NextSingle()])];

        var groups = KMeans.Cluster(points, truth.Length, 3, 1);

        Assert.Equal(1, PartitionAgreement.AdjustedRand(groups, truth), 1e-12);
        Assert.Equal(groups, KMeans.Cluster(points, truth.Length, 3, 1));
    }

    [Fact]
    public void Equal_points_are_one_cluster_however_many_are_asked_for() =>
        Assert.Single(KMeans.Cluster(new float[20], 10, 3, 1).Distinct());
}
