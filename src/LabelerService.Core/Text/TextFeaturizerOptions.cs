namespace LabelerService.Core.Text;

/// <summary>How texts become vectors.</summary>
public sealed record TextFeaturizerOptions
{
    /// <summary>Longest sequence of words that is a feature of its own, from 1.</summary>
    public int LongestWordNgram { get; init; } = 2;

    /// <summary>
    /// How many words after a negation (English) count as negated, which makes them words of their own; punctuation ends it. 0 = none.
    /// </summary>
    public int NegationReach { get; init; } = 3;

    /// <summary>Shortest sequence of characters within a word that is a feature, from 1.</summary>
    public int ShortestCharacterNgram { get; init; } = 3;

    /// <summary>Longest sequence of characters within a word that is a feature; below the shortest = no characters.</summary>
    public int LongestCharacterNgram { get; init; } = 5;

    /// <summary>
    /// Most texts that vectors are described by, which bounds their length. Up to as many texts as this are kept apart exactly; of more, an
    /// even choice is taken. Memory is 2 · anchors² bytes.
    /// </summary>
    public int MaximumAnchors { get; init; } = 4096;

    /// <summary>Most n-grams of words, and of characters, that are known: of more, those that occur in most texts.</summary>
    public int MaximumTerms { get; init; } = 1 << 20;

    /// <summary>Most n-grams of all anchors together, which bounds memory (8 bytes each) for long texts: of these fewer are anchors.</summary>
    public int MaximumPostings { get; init; } = 1 << 24;
}
