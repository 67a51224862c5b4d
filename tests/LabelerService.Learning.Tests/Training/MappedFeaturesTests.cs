using LabelerService.Core.Training;
using LabelerService.Learning.Tests.Data;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Learning.Tests.Training;

/// <summary>Features that are mapped from a file give the very model that features in memory give.</summary>
public sealed class MappedFeaturesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("labeler-mapped-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("bn", "none")]
    [InlineData("wdn", "none")]
    [InlineData("wdn", "log1p")]
    [InlineData("wdn", "standardize")]
    [InlineData("iwdn", "auto")]
    [InlineData("crowd_layer", "standardize")]
    [InlineData("consensus", "none")]
    public void The_model_is_the_same_bit_for_bit(string algorithm, string transform)
    {
        var snapshot = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 331 }).Snapshot;
        string[] settings = ["epochs=3", $"feature_transform={transform}"];
        var inMemory = snapshot.Train(algorithm, 5, settings);

        using var mapped = snapshot.WithFeatures(Mapped(snapshot));
        Assert.IsType<FeatureFile>(mapped.Features);
        var fromFile = mapped.Train(algorithm, 5, settings);

        Assert.Equal(inMemory.Onnx, fromFile.Onnx);
        Assert.Equal(inMemory.Manifest.Metrics, fromFile.Manifest.Metrics);
        Assert.Single(_folder.GetFiles());
    }

    [Theory]
    [InlineData("wdn", "feature_transform=standardize")]
    [InlineData("consensus", "feature_transform=standardize")]
    public void Sequences_give_the_same_model_too(string algorithm, string transform)
    {
        var snapshot = ToyItems.Sequences(70);
        string[] settings = ["epochs=2", "capacity=s", transform];
        var inMemory = snapshot.Train(algorithm, 5, settings);

        using var mapped = snapshot.WithFeatures(Mapped(snapshot));
        Assert.Equal(inMemory.Onnx, mapped.Train(algorithm, 5, settings).Onnx);
        Assert.Single(_folder.GetFiles());
    }

    private FeatureFile Mapped(TrainingSnapshot snapshot)
    {
        var path = Path.Combine(_folder.FullName, "crowd.features");
        var length = snapshot.FeatureLength;
        var values = snapshot.Features.Load();
        using var writer = new FeatureFileWriter(path, length);
        for (var n = 0; n < snapshot.ItemIds.Length; n++)
        {
            writer.Append(values.AsSpan(n * length, length));
        }

        writer.Complete();
        return FeatureFile.TryOpen(path, snapshot.ItemIds.Length, length, CancellationToken.None)!;
    }
}
