using LabelerService.Core.Encodings;
using LabelerService.Learning.Features;
using LabelerService.Learning.Tests.Data;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Features;

public sealed class StandardizeTests
{
    [Fact]
    public void Each_feature_gets_mean_zero_and_deviation_one_over_the_training_items_whatever_its_scale()
    {
        using var scope = NewDisposeScope();
        var features = tensor(new[] { 1f, 1000, -5, 3, 3000, -5, 900, 900, 900 }, 3, 3);
        using var scaling = FeatureScaling.Fit(Snapshots.Settings("bn", "feature_transform=standardize"), ItemEncoding.OfValues(3), features, [0, 1]);
        var scaled = scaling.Apply(features).data<float>().ToArray();

        // The third hardly varies: it is shifted and left at its scale. The third item is not a training item.
        Assert.Equal([-1f, -1, 0, 1, 1, 0], scaled[..6]);
        Assert.Equal([898f, -1.1f, 905], scaled[6..], (one, other) => Math.Abs(one - other) < 1e-3);
    }
}
