namespace LabelerService.Core.Text;

/// <summary>The n-grams of a text, as 64-bit hashes: with that many bits collisions do not occur in practice.</summary>
internal static class TermReader
{
    private const char WordBorder = ' ';
    private const string NegatedMark = "\u0001";

    // What turns the words after it around (Das and Chen 2001; Pang, Lee, Vaithyanathan 2002).
    private static readonly HashSet<string> Negations = new(StringComparer.Ordinal)
    {
        "not", "no", "never", "cannot", "without", "nor", "neither", "hardly", "barely", "nothing",
    };

    /// <summary>Words and sequences of words, those after a negation marked.</summary>
    public static HashSet<ulong> Words(List<string> tokens, TextFeaturizerOptions options)
    {
        var words = new List<ulong>();
        var terms = new HashSet<ulong>();
        var negated = 0;
        foreach (var token in tokens)
        {
            if (WordSplitter.IsMark(token))
            {
                negated = 0;
                continue;
            }

            words.Add(TermHash.Append(negated > 0 ? TermHash.Append(TermHash.Start, NegatedMark) : TermHash.Start, token));
            negated = Negations.Contains(token) || token.EndsWith("n't", StringComparison.Ordinal) ? options.NegationReach : Math.Max(negated - 1, 0);
        }

        for (var start = 0; start < words.Count; start++)
        {
            var hash = TermHash.Start;
            for (var length = 1; length <= options.LongestWordNgram && start + length <= words.Count; length++)
            {
                hash = TermHash.Append(hash, words[start + length - 1]);
                terms.Add(TermHash.Finish(hash));
            }
        }

        return terms;
    }

    /// <summary>Sequences of characters within words, whose borders count as characters; a word that is shorter is a term as a whole.</summary>
    public static HashSet<ulong> Characters(List<string> tokens, TextFeaturizerOptions options)
    {
        var terms = new HashSet<ulong>();
        foreach (var token in tokens)
        {
            if (token is "." or ",")
            {
                continue;
            }

            var word = $"{WordBorder}{token}{WordBorder}".AsSpan();
            for (var length = options.ShortestCharacterNgram; length <= options.LongestCharacterNgram; length++)
            {
                for (var start = 0; start + length <= word.Length; start++)
                {
                    terms.Add(TermHash.Finish(TermHash.Append(TermHash.Start, word.Slice(start, length))));
                }

                if (word.Length <= length)
                {
                    terms.Add(TermHash.Finish(TermHash.Append(TermHash.Start, word)));
                    break;
                }
            }
        }

        return terms;
    }
}
