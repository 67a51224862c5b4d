using LabelerService.Contracts.V1;
using LabelerService.Server.Mapping;

namespace LabelerService.Server.Tests.Mapping;

public sealed class RequestIdsTests
{
    private static readonly Guid Id = Guid.NewGuid();

    [Fact]
    public void The_same_content_is_the_same_request_whatever_order_its_maps_came_in()
    {
        var keys = Enumerable.Range(0, 20).Select(i => $"key{i}").ToArray();
        var forwards = RequestIds.Identify(Id, "method", Run(keys))!;
        var backwards = RequestIds.Identify(Id, "method", Run([.. keys.Reverse()]))!;
        Assert.True(forwards.BodyHash.Span.SequenceEqual(backwards.BodyHash.Span));
    }

    [Fact]
    public void Another_content_is_another_request() => Assert.False(
        RequestIds.Identify(Id, "method", Run("a"))!.BodyHash.Span.SequenceEqual(RequestIds.Identify(Id, "method", Run("b"))!.BodyHash.Span));

    [Fact]
    public void Without_an_id_there_is_no_identity() => Assert.Null(RequestIds.Identify(null, "method", Run("a")));

    private static TrainingRun Run(params string[] keys)
    {
        var run = new TrainingRun();
        foreach (var key in keys)
        {
            run.Settings.Add(key, "value");
        }

        return run;
    }
}
