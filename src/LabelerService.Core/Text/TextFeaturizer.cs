using System.Numerics;

namespace LabelerService.Core.Text;

/// <summary>
/// Texts as dense vectors whose products are those of their n-grams: words and pairs of words, negated ones apart, and sequences of
/// characters, each group weighted by rarity and of equal weight in all. Such vectors have as many dimensions as there are n-grams, and
/// few can be left out without loss (rare ones matter); but only the space that the training texts span can be learnt from, so the
/// vectors are written in an orthonormal basis of it (see <see cref="AnchorMap"/>) and turned (see <see cref="HadamardRotation"/>) so that no
/// coordinate belongs to a single text. Same texts and options, same vectors, on machines of one vector width. Immutable.
/// </summary>
public sealed class TextFeaturizer
{
    private readonly TermVectorizer _terms;
    private readonly AnchorMap _anchors;
    private readonly HadamardRotation _rotation;

    private TextFeaturizer(TermVectorizer terms, AnchorMap anchors)
    {
        _terms = terms;
        _anchors = anchors;
        _rotation = new HadamardRotation((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(anchors.Count, 1)));
    }

    /// <summary>Length D of the vectors: a power of two, at least the number of anchors.</summary>
    public int Dimensions => _rotation.Dimensions;

    /// <summary>Learns from texts which n-grams there are, how rare each is, and which space they span.</summary>
    /// <param name="texts">The texts that models are trained on; never those they are tested on.</param>
    /// <param name="options">How texts become vectors.</param>
    /// <param name="cancellationToken">Observed between blocks of texts.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static TextFeaturizer Fit(
        IReadOnlyList<string> texts, TextFeaturizerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LongestWordNgram, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.NegationReach);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ShortestCharacterNgram, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumAnchors, 1);
        var terms = TermVectorizer.Fit(texts, options);
        var count = Math.Min(texts.Count, options.MaximumAnchors);
        var anchors = AnchorMap.Fit(
            [.. Enumerable.Range(0, count).Select(i => terms.Transform(texts[(int)((long)i * texts.Count / count)]))], terms.TermCount,
            cancellationToken);
        return new TextFeaturizer(terms, anchors);
    }

    /// <summary>
    /// Vectors of texts, row-major [N, D]. A text that is an anchor has length one; any other at most that, less the more of it is unlike
    /// all anchors; one without any known n-gram is zero.
    /// </summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Observed between blocks of texts.</param>
    public float[] Transform(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        var vectors = new float[checked(texts.Count * Dimensions)];
        _anchors.Transform([.. texts.Select(_terms.Transform)], vectors, Dimensions, cancellationToken);
        for (var n = 0; n < texts.Count; n++)
        {
            _rotation.Apply(vectors.AsSpan(n * Dimensions, Dimensions));
        }

        return vectors;
    }
}
