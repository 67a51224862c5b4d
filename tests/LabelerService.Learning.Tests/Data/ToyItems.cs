using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Training;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Learning.Tests.Data;

/// <summary>Small sequences and images whose class is plain to see for a backbone that reads them as what they are.</summary>
internal static class ToyItems
{
    public const int StepLength = 2;

    /// <summary>Labelers who are right mostly, and one of whom nobody knows what they do.</summary>
    private static readonly LabelerGroup[] Labelers = [new(LabelerKind.Expert, 3), new(LabelerKind.Average, 2), new(LabelerKind.Spammer, 1)];

    /// <summary>
    /// Temporal order: noise in both channels, a pulse in each; the class is which channel's comes first. 4 to 10 steps; a quarter are test
    /// items.
    /// </summary>
    /// <param name="items">How many.</param>
    /// <param name="maxSteps">What sequences are padded to, at least 10.</param>
    public static TrainingSnapshot Sequences(int items, int maxSteps = 10)
    {
        var random = new Random(3);
        var length = 1 + (maxSteps * StepLength);
        var (rows, classes) = (new float[items * length], new int[items]);
        for (var n = 0; n < items; n++)
        {
            var steps = random.Next(4, 11);
            var row = rows.AsSpan(n * length, length);
            row[0] = steps;
            for (var i = 1; i <= steps * StepLength; i++)
            {
                row[i] = (float)((random.NextDouble() - 0.5) * 0.4);
            }

            var early = random.Next(steps / 2);
            var late = random.Next(steps / 2, steps);
            classes[n] = random.Next(2);
            row[1 + (early * StepLength) + classes[n]] += 2;
            row[1 + (late * StepLength) + 1 - classes[n]] += 2;
        }

        return Labelled("sequences", rows, classes, ItemKind.Sequence, [StepLength], ItemEncoding.OfSequences(StepLength, maxSteps));
    }

    /// <summary>Noise with a bar somewhere, upright (class 0) or level (class 1): 12 × 13 pixels, one channel; a quarter are test items.</summary>
    public static TrainingSnapshot Images(int items)
    {
        const int Height = 12, Width = 13, Bar = 5;
        var random = new Random(4);
        var (pixels, classes) = (new float[items * Height * Width], new int[items]);
        for (var n = 0; n < items; n++)
        {
            var image = pixels.AsSpan(n * Height * Width, Height * Width);
            foreach (ref var pixel in image)
            {
                pixel = (float)random.NextDouble() * 0.3f;
            }

            classes[n] = random.Next(2);
            var (y, x) = (random.Next(Height - Bar), random.Next(Width - Bar));
            for (var i = 0; i < Bar; i++)
            {
                image[((y + (classes[n] == 0 ? i : 0)) * Width) + x + (classes[n] == 1 ? i : 0)] += 1;
            }
        }

        return Labelled(
            "images", pixels, classes, ItemKind.Image, [Height, Width, 1], ItemEncoding.OfValues(Height * Width, [Height, Width, 1]));
    }

    private static TrainingSnapshot Labelled(string name, float[] rows, int[] classes, ItemKind kind, int[] shape, ItemEncoding encoding)
    {
        int[] training = [.. Enumerable.Range(0, classes.Length).Where(n => n % 4 != 3)];
        var crowd = CrowdSimulation.Run(classes, rows, 2, new CrowdSimulationOptions { Labelers = Labelers, LabelsPerItem = 3 }, training);
        return new TrainingSnapshot
        {
            Dataset = name,
            SnapshotId = name,
            Schema = new DatasetSchema(["no", "yes"], LabelKind.Binary, kind, shape),
            Encoding = encoding,
            ItemIds = [.. Enumerable.Range(0, classes.Length).Select(n => $"item-{n}")],
            Features = rows,
            Splits = [.. Enumerable.Range(0, classes.Length).Select(n => n % 4 == 3 ? Split.Test : Split.Train)],
            Gold = [.. classes.Select((k, n) => n % 4 == 3 ? k : -1)],
            LabelerIds = [.. crowd.Labelers.Select(labeler => labeler.Id)],
            Annotations = crowd.Annotations,
        };
    }
}
