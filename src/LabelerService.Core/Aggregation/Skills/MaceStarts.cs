using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.Skills;

/// <summary>
/// Random numbers for each labeler that follow from what the labeler said of which items, not from the labeler's index: so the order of items
/// and labelers changes nothing, and labelers whom nothing tells apart start alike.
/// </summary>
internal static class MaceStarts
{
    /// <summary>A number for each labeler [R]: of the classes the labeler named, and of the votes on the items they were given to.</summary>
    internal static ulong[] Fingerprints(AnnotationTable table)
    {
        var prints = new ulong[table.LabelerCount];
        var labelers = table.Labelers;
        var labels = table.Classes;
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            var votes = 0UL;
            // Sums do not depend on the order.
            for (var i = start; i < end; i++)
            {
                votes += Mix((ulong)labels[i] + 1);
            }

            for (var i = start; i < end; i++)
            {
                prints[labelers[i]] += Mix(Mix(votes) + (ulong)labels[i]);
            }
        }

        return prints;
    }

    /// <summary>The next number in [0, 1) of a stream.</summary>
    internal static double Next(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        return (Mix(state) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>SplitMix64's finalizer (Steele, Lea and Flood 2014).</summary>
    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
