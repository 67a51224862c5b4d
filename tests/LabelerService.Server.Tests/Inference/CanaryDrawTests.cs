using LabelerService.Server.Inference.Routing;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Tests.Inference;

public sealed class CanaryDrawTests
{
    private const int Draws = 20_000;

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.25)]
    [InlineData(0.9)]
    public void The_canary_gets_its_share_of_the_champions_calls(double share)
    {
        var route = Route(share);
        var draw = new CanaryDraw(20261126);
        var canaries = Enumerable.Range(0, Draws).Count(_ => route.Choose(null, null, null, draw) == 2);

        // Four standard deviations of a binomial: a right share fails once in 16,000 seeds, and the seed is fixed.
        Assert.Equal(share, canaries / (double)Draws, 4 * Math.Sqrt(share * (1 - share) / Draws));
    }

    [Fact]
    public void Items_are_split_by_their_ids_in_the_same_share_and_always_the_same()
    {
        const double Share = 0.2;
        var route = Route(Share);
        var draw = new CanaryDraw(1);
        int[] first = [.. Enumerable.Range(0, Draws).Select(item => route.Choose(null, null, $"item-{item}", draw)!.Value)];
        int[] again = [.. Enumerable.Range(0, Draws).Select(item => Route(Share).Choose(null, null, $"item-{item}", new CanaryDraw(2))!.Value)];
        Assert.Equal(first, again);
        Assert.Equal(Share, first.Count(version => version == 2) / (double)Draws, 4 * Math.Sqrt(Share * (1 - Share) / Draws));

        // A larger share takes more items in; none changes back.
        var larger = Route(0.5);
        Assert.All(Enumerable.Range(0, Draws).Where(item => first[item] == 2), item => Assert.Equal(2, larger.Choose(null, null, $"item-{item}", draw)));
    }

    [Fact]
    public void Whoever_names_a_version_or_an_alias_never_gets_the_canary()
    {
        var route = Route(0.999);
        var draw = new CanaryDraw(3);
        Assert.All(Enumerable.Range(0, 100), _ =>
        {
            Assert.Equal(1, route.Choose(1, null, null, draw));
            Assert.Equal(1, route.Choose(null, "champion", null, draw));
            Assert.Equal(3, route.Choose(null, "candidate", null, draw));
        });
        Assert.Null(route.Choose(4, null, null, draw));
        Assert.Null(route.Choose(null, "unknown", null, draw));
    }

    private static Route Route(double share) => new(
        null!, new ModelRouteState(
            "d", Guid.Empty, "m", new ModelRoute(new Dictionary<string, int> { ["champion"] = 1, ["candidate"] = 3 }, 2, share), new HashSet<int> { 1, 2, 3 }));
}
