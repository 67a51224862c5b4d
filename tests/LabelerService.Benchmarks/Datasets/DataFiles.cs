using System.Globalization;
using LabelerService.Core.Annotations;
using LabelerService.Core.Tensors;

namespace LabelerService.Benchmarks.Datasets;

/// <summary>Reads the file formats of the public data sets.</summary>
internal static class DataFiles
{
    /// <summary>All values of an .npy file as float32, and its shape.</summary>
    /// <exception cref="FormatException">The file is not what it says.</exception>
    public static (float[] Values, IReadOnlyList<long> Shape) Npy(string path)
    {
        using var file = File.OpenRead(path);
        var reader = NpyReader.Open(file);
        var values = reader.ReadToEnd();
        reader.ExpectEnd();
        return (values, [.. reader.Header.Shape.Select(side => (long)side)]);
    }

    /// <summary>One class a line.</summary>
    public static int[] Classes(string path) =>
        [.. File.ReadLines(path).Where(line => line.Length > 0).Select((line, at) => Number(line.AsSpan().Trim(), path, at))];

    /// <summary>A matrix of text, items × labelers, −1 where there is no label: the format of fmenat/PyLearningCrowds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="keep">Which rows; the others are skipped.</param>
    /// <returns>The annotations over the rows kept, numbered anew.</returns>
    public static AnnotationTable Answers(string path, int classes, Func<int, bool> keep)
    {
        var (items, labelers, given) = (new List<int>(), new List<int>(), new List<int>());
        var (row, kept, width) = (0, 0, -1);
        foreach (var line in File.ReadLines(path))
        {
            if (!keep(row++))
            {
                continue;
            }

            var labeler = 0;
            foreach (var range in line.AsSpan().Split(' '))
            {
                var cell = line.AsSpan(range).Trim();
                if (cell.IsEmpty)
                {
                    continue;
                }

                if (Number(cell, path, row) is var answer && answer >= 0)
                {
                    items.Add(kept);
                    labelers.Add(labeler);
                    given.Add(answer);
                }

                labeler++;
            }

            width = width < 0 || width == labeler ? labeler : throw new FormatException($"{path}: row {row} has {labeler} columns, not {width}.");
            kept++;
        }

        return new AnnotationTable(kept, Math.Max(width, 0), classes, [.. items], [.. labelers], [.. given]);
    }

    private static int Number(ReadOnlySpan<char> text, string path, int row) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value : throw new FormatException($"{path}: \"{text}\" in row {row} is not a whole number.");
}
