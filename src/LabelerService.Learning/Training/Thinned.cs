namespace LabelerService.Learning.Training;

/// <summary>Part of what there is, evenly spread: where the whole would take longer than it tells.</summary>
internal static class Thinned
{
    /// <summary>Ascending indexes into count things, at most so many.</summary>
    public static int[] Indexes(int count, int most)
    {
        var chosen = Math.Min(count, most);
        return [.. Enumerable.Range(0, chosen).Select(i => (int)((long)i * count / chosen))];
    }
}
