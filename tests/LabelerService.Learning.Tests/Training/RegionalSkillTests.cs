using LabelerService.Core.Annotations;
using LabelerService.Learning.Tests.Data;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Learning.Tests.Training;

/// <summary>Labelers who know one half of the space only: what weights that depend on the item are for.</summary>
public sealed class RegionalSkillTests
{
    /// <summary>
    /// Eight labelers, of whom four are right where the last feature is positive and four where it is negative; elsewhere each always says
    /// a wrong class of their own. No fixed weights tell who is right where; half of what they mix is wrong.
    /// </summary>
    [Fact]
    public void Weights_by_item_beat_fixed_ones_where_skill_depends_on_the_region()
    {
        const int Items = 1500, Dimensions = 8, Classes = 4, Labelers = 8, LabelsPerItem = 4;
        var world = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Items = Items,
            Dimensions = Dimensions,
            Classes = Classes,
            Accuracies = [.. Enumerable.Repeat(0.9, Labelers)],
            LabelsPerItem = LabelsPerItem,
            Separation = 4,
        });
        var random = new Random(9);
        var (items, labelers, classes) = (new List<int>(), new List<int>(), new List<int>());
        for (var n = 0; n < Items; n++)
        {
            var positive = random.Next(2) == 0;
            // The array is the snapshot's own, and this test's alone.
            world.Snapshot.Features.Load()[(n * Dimensions) + Dimensions - 1] = positive ? 2 : -2;
            var order = Enumerable.Range(0, Labelers).ToArray();
            random.Shuffle(order);
            foreach (var r in order.Take(LabelsPerItem).Order())
            {
                var knows = positive == r < Labelers / 2;
                items.Add(n);
                labelers.Add(r);
                classes.Add(knows ? world.Truth[n] : (world.Truth[n] + 1 + (r % (Classes - 1))) % Classes);
            }
        }

        var snapshot = world.Snapshot.With(annotations: new AnnotationTable(
            Items, Labelers, Classes, [.. items], [.. labelers], [.. classes]));
        string[] settings =
        [
            "epochs=30", "hidden=32", "averaging_target=posterior", "averaging_epochs=40", "weight_resamples=0", "calibration=none",
        ];
        var wdn = snapshot.Train("wdn", 1, settings);
        var iwdn = snapshot.Train("iwdn", 1, settings);

        var (fixedLoss, byItemLoss) = (wdn.Metric("test", "log_loss"), iwdn.Metric("test", "log_loss"));
        Assert.True(byItemLoss < fixedLoss - 0.1, $"IWDN {byItemLoss}, WDN {fixedLoss}");
    }
}
