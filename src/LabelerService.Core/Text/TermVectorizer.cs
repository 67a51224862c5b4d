namespace LabelerService.Core.Text;

/// <summary>
/// Texts as sparse vectors over the n-grams of the training texts. Whether an n-gram occurs counts, not how often (short texts), times its
/// rarity ln((1 + N) / (1 + df)) + 1 (inverse document frequency, Spärck Jones 1972, smoothed). Words and characters are scaled to length
/// √½ each, so that a text has length one and both groups weigh the same.
/// </summary>
internal sealed class TermVectorizer
{
    private static readonly float GroupLength = MathF.Sqrt(0.5f);
    private readonly TextFeaturizerOptions _options;
    private readonly Vocabulary _words;
    private readonly Vocabulary _characters;

    private TermVectorizer(TextFeaturizerOptions options, Vocabulary words, Vocabulary characters)
    {
        _options = options;
        _words = words;
        _characters = characters;
    }

    /// <summary>Number of n-grams known.</summary>
    public int TermCount => _words.Indexes.Count + _characters.Indexes.Count;

    /// <summary>Learns which n-grams there are and how rare each is.</summary>
    public static TermVectorizer Fit(IReadOnlyList<string> texts, TextFeaturizerOptions options)
    {
        var words = new FrequencyCount();
        var characters = new FrequencyCount();
        foreach (var text in texts)
        {
            var tokens = WordSplitter.Split(text);
            words.Add(TermReader.Words(tokens, options));
            characters.Add(TermReader.Characters(tokens, options));
        }

        var first = words.ToVocabulary(0, texts.Count);
        return new TermVectorizer(options, first, characters.ToVocabulary(first.Indexes.Count, texts.Count));
    }

    /// <summary>Vector of one text over the <see cref="TermCount"/> n-grams.</summary>
    public SparseVector Transform(string text)
    {
        var tokens = WordSplitter.Split(text);
        var entries = new List<(int Index, float Value)>();
        Append(entries, _words, TermReader.Words(tokens, _options));
        Append(entries, _characters, TermReader.Characters(tokens, _options));
        entries.Sort((one, other) => one.Index.CompareTo(other.Index));
        return new SparseVector([.. entries.Select(entry => entry.Index)], [.. entries.Select(entry => entry.Value)]);
    }

    private static void Append(List<(int Index, float Value)> entries, Vocabulary vocabulary, HashSet<ulong> terms)
    {
        var start = entries.Count;
        foreach (var term in terms)
        {
            if (vocabulary.Indexes.TryGetValue(term, out var index))
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

    private sealed record Vocabulary(int Offset, Dictionary<ulong, int> Indexes, float[] Weights);

    private sealed class FrequencyCount
    {
        private readonly Dictionary<ulong, int> _texts = [];

        public void Add(HashSet<ulong> terms)
        {
            foreach (var term in terms)
            {
                _texts[term] = _texts.GetValueOrDefault(term) + 1;
            }
        }

        public Vocabulary ToVocabulary(int offset, int textCount)
        {
            var indexes = new Dictionary<ulong, int>(_texts.Count);
            var weights = new float[_texts.Count];
            foreach (var (term, count) in _texts.OrderBy(pair => pair.Key))
            {
                weights[indexes.Count] = (float)(Math.Log((1.0 + textCount) / (1.0 + count)) + 1);
                indexes.Add(term, offset + indexes.Count);
            }

            return new Vocabulary(offset, indexes, weights);
        }
    }
}
