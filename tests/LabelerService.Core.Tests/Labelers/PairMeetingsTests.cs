using LabelerService.Core.Labelers;
using LabelerService.Core.Tests.Aggregation;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Core.Tests.Labelers;

public sealed class PairMeetingsTests
{
    [Fact]
    public void Meetings_are_those_of_comparing_everybody_with_everybody()
    {
        var (crowd, _, _) = new LabelerStudy { PerLabeler = 20, PerItem = 4, Groups = [new(LabelerKind.Average, 9)] }.Simulate();
        var table = crowd.Annotations;
        var meetings = new PairMeetings(table, int.MaxValue);
        for (var a = 0; a < table.LabelerCount; a++)
        {
            meetings.Load(a);
            for (var b = a + 1; b < table.LabelerCount; b++)
            {
                var shared = new List<(int, int)>();
                foreach (var mine in table.PositionsOfLabeler(a))
                {
                    foreach (var theirs in table.PositionsOfLabeler(b))
                    {
                        if (table.Items[mine] == table.Items[theirs])
                        {
                            shared.Add((mine, theirs));
                        }
                    }
                }

                var at = meetings.Partners.ToList().IndexOf(b);
                Assert.Equal(shared, at < 0 ? [] : meetings.With(at).ToArray().ToList());
            }
        }
    }

    [Fact]
    public void Items_with_too_many_annotations_are_left_out_and_a_warning_says_so()
    {
        var rows = Enumerable.Range(0, 30).SelectMany(labeler => Enumerable.Range(0, 12).Select(item => (item, labeler, (labeler + item) % 3)))
            .Concat(Enumerable.Range(12, 12).SelectMany(item => new[] { (item, 0, item % 3), (item, 1, item % 3) }));
        var table = Tables.Of(24, 30, 3, [.. rows]);
        var consensus = Core.Aggregation.AggregatorCatalogue.Find("mv")!.Create().Aggregate(new(table), new());

        var all = LabelerAnalysis.Run(new LabelerAnalysisInput(table, consensus));
        var few = LabelerAnalysis.Run(new LabelerAnalysisInput(table, consensus), new LabelerAnalysisOptions { MaxMeetings = 100 });

        Assert.Equal(30 * 29 / 2, all.PairsCompared);
        Assert.Empty(all.Warnings);
        Assert.Equal(1, few.PairsCompared);
        Assert.Equal("LOOK_ALIKES_PARTIAL", Assert.Single(few.Warnings).Code);
    }
}
