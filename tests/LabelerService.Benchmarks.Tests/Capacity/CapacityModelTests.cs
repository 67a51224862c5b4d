using LabelerService.Benchmarks.Capacity;

namespace LabelerService.Benchmarks.Tests.Capacity;

public sealed class CapacityModelTests
{
    private static readonly UnitCosts Costs = new(
        AnnotationBytes: 200, RevisionBytes: 100, ItemBytes: 300, FeatureByteRatio: 1.1, LogBytes: 300, IngestSeconds: 20e-6, PredictionSeconds: new(400e-6, 2e-6),
        ModelBytes: new(1e6, 10_000), InsightBytes: new(1e7, 100), EpochSeconds: new(0.1, 20e-6), TrainingBytes: 2);

    [Fact]
    public void A_line_goes_through_points_though_one_of_them_is_bad()
    {
        var line = AffineCost.Through([(100, 1_300), (200, 2_300), (300, 99_999), (400, 4_300), (1_000, 10_300)]);
        Assert.Equal((300.0, 10.0), (line.Base, line.Each));
        Assert.Equal(20_300, line.Of(2_000));
        Assert.Equal(new AffineCost(5, 0), AffineCost.Through([(1, 6), (2, 5), (3, 4)]));
        Assert.Throws<ArgumentException>(() => AffineCost.Through([(1, 1), (1, 2)]));
    }

    [Fact]
    public void What_is_needed_is_the_sum_of_its_parts()
    {
        var load = new Workload(1_000, 100, 50, 8, 10, 1, 100, 10, 24, 5);
        var demands = CapacityModel.Of(load, Costs, Machine.Reference).ToDictionary(demand => demand.Resource, demand => demand.Needed);
        Assert.Equal((1_000 * 200) + (100 * 100) + (50 * (300 + (32 * 1.1))), demands["disk of PostgreSQL, bytes"], 6);
        Assert.Equal(100 * 20e-6, demands["cores for ingestion"], 12);
        Assert.Equal(10 * (400e-6 + (10 * 2e-6)), demands["cores for predictions"], 12);
        Assert.Equal(1e6 + (10 * 10_000) + 1e7 + (1_000 * 100), demands["memory of a server, bytes"], 6);
        Assert.Equal(24 * 5 * (0.1 + (1_000 * 20e-6)) / 86_400, demands["cores for training"], 12);
        Assert.Equal(50 * 32 * 2, demands["memory of a trainer, bytes"], 6);
    }

    [Fact]
    public void Features_beyond_a_gibibyte_are_mapped_and_take_a_file_in_the_place_of_memory()
    {
        var load = Workload.Reference with { Items = 10_000_000, LargestShare = 1 };
        var demands = CapacityModel.Of(load, Costs, Machine.Reference).ToDictionary(demand => demand.Resource, demand => demand.Needed);
        Assert.Equal(2.0 * (1 << 30), demands["memory of a trainer, bytes"]);
        Assert.Equal(10_000_000 * 2_048.0, demands["file of mapped features, bytes"]);
    }

    [Fact]
    public void More_load_needs_no_less_of_anything_and_the_scarcest_comes_first()
    {
        var before = CapacityModel.Of(Workload.Reference, Costs, Machine.Reference).ToDictionary(demand => demand.Resource);
        foreach (var factor in (double[])[10, 100, 1_000])
        {
            var demands = CapacityModel.Of(Workload.Reference.Times(factor), Costs, Machine.Reference);
            Assert.Equal(demands.OrderByDescending(demand => demand.Use), demands);
            Assert.All(demands, demand => Assert.True(demand.Needed >= before[demand.Resource].Needed, demand.Resource));
            Assert.All(demands, demand => Assert.NotEmpty(demand.Remedy));
            before = demands.ToDictionary(demand => demand.Resource);
        }
    }

    [Fact]
    public void Half_the_cores_and_seven_tenths_of_the_disk_count()
    {
        var demands = CapacityModel.Of(Workload.Reference, Costs, new Machine(4, 2, 1e9, 1e9, 1e12)).ToDictionary(demand => demand.Resource, demand => demand.Available);
        Assert.Equal((2.0, 2.0, 1.0, 0.7e12), (demands["cores for ingestion"], demands["cores for predictions"], demands["cores for training"], demands["disk of PostgreSQL, bytes"]));
    }
}
