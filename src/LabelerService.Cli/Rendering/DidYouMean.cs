namespace LabelerService.Cli.Rendering;

/// <summary>Finds what was likely meant by a word that is none of those there are.</summary>
internal static class DidYouMean
{
    /// <summary>The word nearest to what was given, by how few letters differ; null where none is near.</summary>
    public static string? Nearest(string given, IEnumerable<string> words)
    {
        var best = words.Select(word => (Word: word, Distance: Distance(given, word))).DefaultIfEmpty((Word: "", Distance: int.MaxValue)).MinBy(entry => entry.Distance);
        return best.Distance <= Math.Max(1, Math.Min(given.Length, best.Word.Length) / 3) ? best.Word
            // The beginning of a word is as good: "sc" for "scenes".
            : given.Length >= 3 && words.Where(word => word.StartsWith(given, StringComparison.OrdinalIgnoreCase)).ToArray() is [var only] ? only
            : null;
    }

    /// <summary>
    /// How many letters have to be changed, left out, put in or swapped with their neighbour: the restricted edit distance of Damerau
    /// (CACM 7(3), 1964), upper and lower case alike.
    /// </summary>
    internal static int Distance(string one, string other)
    {
        var (before, last, row) = (new int[other.Length + 1], Enumerable.Range(0, other.Length + 1).ToArray(), new int[other.Length + 1]);
        for (var i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var same = Same(one[i - 1], other[j - 1]);
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && Same(one[i - 1], other[j - 2]) && Same(one[i - 2], other[j - 1]))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            (before, last, row) = (last, row, before);
        }

        return last[other.Length];
    }

    private static bool Same(char one, char other) => char.ToLowerInvariant(one) == char.ToLowerInvariant(other);
}
