using LabelerService.Core.Datasets;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Datasets;

/// <summary>
/// Handwritten digits (LeCun et al. 1998), 8,000 training and 2,000 test, pixels as numbers from 0 to 1, labelled by a simulated crowd:
/// 60 labelers of eight kinds, each digit by three of them; half of the training digits, so that a run is short. All fixed by one seed.
/// </summary>
internal static class MnistData
{
    public const int ClassCount = 10;
    private const float White = 255;
    private const int LabelledDigits = 4000;
    private static readonly CrowdSimulationOptions Crowd = new() { Seed = 20_260, ActivitySkew = 0.5 };

    public static BenchDataset Read(DataFolder folder)
    {
        var (pixels, digits) = Digits(folder, "train");
        var count = Math.Min(LabelledDigits, digits.Length);
        var length = pixels.Length / digits.Length;
        Array.Resize(ref pixels, count * length);
        Array.Resize(ref digits, count);
        var crowd = CrowdSimulation.Run(digits, pixels, ClassCount, Crowd);
        var (testPixels, testDigits) = Digits(folder, "test");
        return new BenchDataset(
            SnapshotBuilder.Vectors(
                "mnist", ClassCount, pixels, [.. digits.Select(_ => Split.Train)], digits,
                [.. crowd.Labelers.Select(labeler => $"{labeler.Id}-{labeler.Kind.ToString().ToLowerInvariant()}")], crowd.Annotations),
            testPixels, testDigits);
    }

    /// <summary>Pixels [N, 784] in [0, 1] and digits of a part, train or test.</summary>
    public static (float[] Pixels, int[] Digits) Digits(DataFolder folder, string part)
    {
        var path = folder.Required("mnist");
        var (pixels, _) = DataFiles.Npy(Path.Combine(path, $"{part}_images.npy"));
        foreach (ref var pixel in pixels.AsSpan())
        {
            pixel /= White;
        }

        var (labels, _) = DataFiles.Npy(Path.Combine(path, $"{part}_labels.npy"));
        return (pixels, [.. labels.Select(label => (int)label)]);
    }
}
