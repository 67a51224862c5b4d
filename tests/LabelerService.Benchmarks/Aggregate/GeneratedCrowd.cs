using LabelerService.Core.Annotations;

namespace LabelerService.Benchmarks.Aggregate;

/// <summary>
/// A crowd of any size drawn from one seed: 100 annotations an item and 1,000 a labeler, 5 classes of unequal frequency. Labelers are right
/// 15 to 40 times of 100 only, and each has a wrong class that it prefers.
/// </summary>
internal static class GeneratedCrowd
{
    public const int LabelsPerItem = 100;
    public const int LabelsPerLabeler = 1000;
    public const int ClassCount = 5;

    /// <summary>Draws a crowd.</summary>
    /// <param name="name">Name in figures.</param>
    /// <param name="annotations">Number of annotations, a multiple of <see cref="LabelsPerLabeler"/> · <see cref="LabelsPerItem"/>.</param>
    /// <param name="seed">The seed.</param>
    public static LabelledCrowd Draw(string name, int annotations, int seed)
    {
        var random = new Random(seed);
        var (itemCount, labelerCount) = (annotations / LabelsPerItem, annotations / LabelsPerLabeler);
        var confusions = new double[labelerCount * ClassCount * ClassCount];
        for (var r = 0; r < labelerCount; r++)
        {
            var right = 0.15 + (0.25 * random.NextDouble());
            for (var k = 0; k < ClassCount; k++)
            {
                var preferred = (k + 1 + random.Next(ClassCount - 1)) % ClassCount;
                for (var y = 0; y < ClassCount; y++)
                {
                    // Half of the errors are of the preferred class.
                    var even = (1 - right) / 2 / (ClassCount - 1);
                    confusions[(((r * ClassCount) + k) * ClassCount) + y] = y == k ? right : y == preferred ? even + ((1 - right) / 2) : even;
                }
            }
        }

        var truth = new int[itemCount];
        var (items, labelers, classes) = (new int[annotations], new int[annotations], new int[annotations]);
        for (int n = 0, i = 0; n < itemCount; n++)
        {
            // Low classes are more frequent.
            truth[n] = Math.Min(ClassCount - 1, (int)(ClassCount * random.NextDouble() * (0.4 + (0.6 * random.NextDouble()))));
            var first = random.Next(labelerCount);
            for (var j = 0; j < LabelsPerItem; j++, i++)
            {
                items[i] = n;
                // A stride of at most a hundredth of the labelers meets none twice.
                labelers[i] = (int)((first + ((long)j * Stride(labelerCount, n))) % labelerCount);
                classes[i] = Answer(confusions, (labelers[i] * ClassCount) + truth[n], random.NextDouble());
            }
        }

        return new LabelledCrowd(name, new AnnotationTable(itemCount, labelerCount, ClassCount, items, labelers, classes), truth);
    }

    private static int Stride(int labelers, int item) => 1 + (item % (labelers / LabelsPerItem));

    private static int Answer(double[] confusions, int row, double at)
    {
        for (var y = 0; y < ClassCount - 1; y++)
        {
            at -= confusions[(row * ClassCount) + y];
            if (at < 0)
            {
                return y;
            }
        }

        return ClassCount - 1;
    }
}
