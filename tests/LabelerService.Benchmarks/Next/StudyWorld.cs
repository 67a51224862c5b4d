using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Next;

/// <summary>
/// Items whose truth is known, and labelers who can be asked about them. What a labeler answers about an item is drawn once and for all, so
/// every policy meets the same crowd.
/// </summary>
/// <param name="classes">Number of classes K.</param>
/// <param name="truth">True class of each item [N].</param>
/// <param name="features">Features, row-major [N, D].</param>
/// <param name="labelers">Who can be asked.</param>
/// <param name="testTruth">True class of items that nobody is asked about [M].</param>
/// <param name="testFeatures">Their features [M, D].</param>
/// <param name="seed">Decides the answers.</param>
internal sealed class StudyWorld(
    int classes, int[] truth, float[] features, IReadOnlyList<SimulatedLabeler> labelers, int[] testTruth, float[] testFeatures, int seed)
{
    public int Classes => classes;

    public int[] Truth => truth;

    public float[] Features => features;

    public int Dimensions => features.Length / truth.Length;

    public int LabelerCount => labelers.Count;

    public int[] TestTruth => testTruth;

    public float[] TestFeatures => testFeatures;

    public int Seed => seed;

    /// <summary>The answer of a labeler about an item.</summary>
    public int Answer(int item, int labeler)
    {
        var chances = labelers[labeler].ConfusionAt(features.AsSpan(item * Dimensions, Dimensions))[truth[item]];
        var left = new Random(unchecked((((seed * 1_000_003) + item) * 1_009) + labeler)).NextDouble();
        for (var k = 0; k < classes - 1; k++)
        {
            left -= chances[k];
            if (left < 0)
            {
                return k;
            }
        }

        return classes - 1;
    }
}
