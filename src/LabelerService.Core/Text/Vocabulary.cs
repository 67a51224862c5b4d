namespace LabelerService.Core.Text;

/// <summary>A group of n-grams: which there are, and how much each weighs. Immutable.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<ulong, int> _indexes;

    /// <summary>Takes n-grams.</summary>
    /// <param name="offset">Index of the first.</param>
    /// <param name="terms">Their hashes, ascending.</param>
    /// <param name="weights">Their weights.</param>
    public Vocabulary(int offset, ulong[] terms, float[] weights)
    {
        (Offset, Terms, Weights) = (offset, terms, weights);
        _indexes = new Dictionary<ulong, int>(terms.Length);
        for (var i = 0; i < terms.Length; i++)
        {
            _indexes.Add(terms[i], offset + i);
        }
    }

    /// <summary>Index of the first n-gram.</summary>
    public int Offset { get; }

    /// <summary>Hashes of the n-grams, ascending.</summary>
    public ulong[] Terms { get; }

    /// <summary>Weights, in the same order.</summary>
    public float[] Weights { get; }

    /// <summary>Looks an n-gram up.</summary>
    public bool Contains(ulong term, out int index) => _indexes.TryGetValue(term, out index);
}

/// <summary>
/// Counts in how many texts n-grams occur, in bounded memory: when there are too many different ones, those that occurred least are
/// forgotten (lossy counting, Manku and Motwani 2002; what is kept is too low by no more than what was forgotten).
/// </summary>
/// <param name="maximum">Most n-grams of the vocabulary.</param>
internal sealed class TermFrequencies(int maximum)
{
    // How many times the vocabulary's size is counted at once.
    private const int Slack = 4;
    private readonly Dictionary<ulong, int> _texts = [];
    private int _forgotten;

    /// <summary>Counts a text.</summary>
    public void Add(HashSet<ulong> terms)
    {
        foreach (var term in terms)
        {
            _texts[term] = _texts.GetValueOrDefault(term) + 1;
        }

        while (_texts.Count > (long)Slack * maximum)
        {
            _forgotten++;
            foreach (var term in _texts.Where(pair => pair.Value <= _forgotten).Select(pair => pair.Key).ToArray())
            {
                _texts.Remove(term);
            }
        }
    }

    /// <summary>The commonest n-grams, each weighted by ln((1 + N) / (1 + df)) + 1.</summary>
    public Vocabulary ToVocabulary(int offset, int textCount)
    {
        IEnumerable<KeyValuePair<ulong, int>> kept = _texts;
        if (_texts.Count > maximum)
        {
            kept = _texts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(maximum);
        }

        KeyValuePair<ulong, int>[] sorted = [.. kept.OrderBy(pair => pair.Key)];
        return new Vocabulary(
            offset, Array.ConvertAll(sorted, pair => pair.Key),
            Array.ConvertAll(sorted, pair => (float)(Math.Log((1.0 + textCount) / (1.0 + pair.Value)) + 1)));
    }
}
