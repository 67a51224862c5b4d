using LabelerService.Core.Annotations;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Core.Tests.Labelers;

/// <summary>Changes to a simulated crowd whose truth stays known: labelers who tire, and labelers who copy.</summary>
internal static class LabelerStudyChanges
{
    public const long Start = 1_790_000_000_000;
    public const long Hour = 3_600_000;

    /// <summary>
    /// Dates a labeler's annotations by the hour, in an order drawn at random; the first labelers of the crowd guess from half of them on.
    /// </summary>
    public static (AnnotationTable Table, long[] Times) Drift(CrowdSimulation crowd, int drifters, int seed)
    {
        var random = new Random(seed);
        var table = crowd.Annotations;
        var (times, classes) = (new long[table.Count], table.Classes.ToArray());
        for (var r = 0; r < table.LabelerCount; r++)
        {
            var order = table.PositionsOfLabeler(r).ToArray();
            random.Shuffle(order);
            for (var i = 0; i < order.Length; i++)
            {
                times[order[i]] = Start + (i * Hour);
                if (r < drifters && i >= order.Length / 2)
                {
                    classes[order[i]] = random.Next(table.ClassCount);
                }
            }
        }

        return (new AnnotationTable(table.ItemCount, table.LabelerCount, table.ClassCount, table.Items, table.Labelers, classes), times);
    }

    /// <summary>Adds copiers: labelers R, R + 1, … who are asked what the labelers 0, 1, … are asked, and mostly say the same.</summary>
    public static AnnotationTable Copy(CrowdSimulation crowd, int copiers, double copied, int seed)
    {
        var random = new Random(seed);
        var table = crowd.Annotations;
        List<int> items = [.. table.Items], labelers = [.. table.Labelers], classes = [.. table.Classes];
        for (var copier = 0; copier < copiers; copier++)
        {
            foreach (var position in table.PositionsOfLabeler(copier))
            {
                items.Add(table.Items[position]);
                labelers.Add(table.LabelerCount + copier);
                classes.Add(random.NextDouble() < copied ? table.Classes[position] : random.Next(table.ClassCount));
            }
        }

        return new AnnotationTable(
            table.ItemCount, table.LabelerCount + copiers, table.ClassCount, items.ToArray(), labelers.ToArray(), classes.ToArray());
    }
}
