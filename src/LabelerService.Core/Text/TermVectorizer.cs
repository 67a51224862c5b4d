namespace LabelerService.Core.Text;

/// <summary>
/// Texts as sparse vectors over the n-grams of the training texts. Whether an n-gram occurs counts, not how often (short texts), times its
/// rarity ln((1 + N) / (1 + df)) + 1 (inverse document frequency, Spärck Jones 1972, smoothed). Words and characters are scaled to length
/// √½ each, so that a text has length one and both groups weigh the same.
/// </summary>
internal sealed class TermVectorizer
{
    private static readonly float GroupLength = MathF.Sqrt(0.5f);

    /// <summary>Takes what was learnt.</summary>
    /// <param name="options">How texts become vectors.</param>
    /// <param name="words">Words and sequences of words.</param>
    /// <param name="characters">Sequences of characters; their indexes follow those of the words.</param>
    public TermVectorizer(TextFeaturizerOptions options, Vocabulary words, Vocabulary characters) =>
        (Options, Words, Characters) = (options, words, characters);

    /// <summary>How texts become vectors.</summary>
    public TextFeaturizerOptions Options { get; }

    /// <summary>Words and sequences of words.</summary>
    public Vocabulary Words { get; }

    /// <summary>Sequences of characters.</summary>
    public Vocabulary Characters { get; }

    /// <summary>Number of n-grams known.</summary>
    public int TermCount => Words.Terms.Length + Characters.Terms.Length;

    /// <summary>Learns which n-grams there are and how rare each is.</summary>
    public static TermVectorizer Fit(
        IReadOnlyList<string> texts, TextFeaturizerOptions options, CancellationToken cancellationToken = default)
    {
        var words = new TermFrequencies(options.MaximumTerms);
        var characters = new TermFrequencies(options.MaximumTerms);
        foreach (var text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tokens = WordSplitter.Split(text);
            words.Add(TermReader.Words(tokens, options));
            characters.Add(TermReader.Characters(tokens, options));
        }

        var first = words.ToVocabulary(0, texts.Count);
        return new TermVectorizer(options, first, characters.ToVocabulary(first.Terms.Length, texts.Count));
    }

    /// <summary>Vector of one text over the <see cref="TermCount"/> n-grams.</summary>
    public SparseVector Transform(string text)
    {
        var tokens = WordSplitter.Split(text);
        var entries = new List<(int Index, float Value)>();
        Append(entries, Words, TermReader.Words(tokens, Options));
        Append(entries, Characters, TermReader.Characters(tokens, Options));
        entries.Sort((one, other) => one.Index.CompareTo(other.Index));
        return new SparseVector([.. entries.Select(entry => entry.Index)], [.. entries.Select(entry => entry.Value)]);
    }

    private static void Append(List<(int Index, float Value)> entries, Vocabulary vocabulary, HashSet<ulong> terms)
    {
        var start = entries.Count;
        foreach (var term in terms)
        {
            if (vocabulary.Contains(term, out var index))
            {
                entries.Add((index, vocabulary.Weights[index - vocabulary.Offset]));
            }
        }

        // Summed in the order of the index, so that rounding does not depend on the order of the set.
        entries.Sort(start, entries.Count - start, Comparer<(int Index, float Value)>.Create((one, other) => one.Index.CompareTo(other.Index)));
        var squares = 0.0;
        for (var e = start; e < entries.Count; e++)
        {
            squares += (double)entries[e].Value * entries[e].Value;
        }

        var scale = squares > 0 ? (float)(GroupLength / Math.Sqrt(squares)) : 0;
        for (var e = start; e < entries.Count; e++)
        {
            entries[e] = (entries[e].Index, entries[e].Value * scale);
        }
    }
}
