using System.Numerics;

namespace LabelerService.Core.Text;

/// <summary>
/// Texts as dense vectors whose products are those of their n-grams: words and pairs of words, negated ones apart, and sequences of
/// characters, each group weighted by rarity and of equal weight in all. Such vectors have as many dimensions as there are n-grams, and
/// few can be left out without loss (rare ones matter); but only the space that the training texts span can be learnt from, so the
/// vectors are written in an orthonormal basis of it (see <see cref="AnchorMap"/>) and turned (see <see cref="HadamardRotation"/>) so that no
/// coordinate belongs to a single text. Same texts and options, same vectors. Immutable.
/// </summary>
public sealed class TextFeaturizer
{
    private readonly TermVectorizer _terms;
    private readonly AnchorMap _anchors;
    private readonly HadamardRotation _rotation;

    internal TextFeaturizer(TermVectorizer terms, AnchorMap anchors)
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
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumTerms, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumPostings, 1);
        var terms = TermVectorizer.Fit(texts, options, cancellationToken);
        var anchors = AnchorMap.Fit(Candidates(texts, terms, options, cancellationToken), terms.TermCount, cancellationToken);
        return new TextFeaturizer(terms, anchors);
    }

    /// <summary>Writes the featurizer for <see cref="Read"/>: the same one always gives the same bytes.</summary>
    public byte[] ToBytes() => TextFeaturizerArchive.Write(_terms, _anchors);

    /// <summary>Reads what <see cref="ToBytes"/> wrote. The bytes carry a checksum, and what they say is checked beyond it.</summary>
    /// <exception cref="InvalidDataException">They are not that, or damaged.</exception>
    public static TextFeaturizer Read(ReadOnlySpan<byte> bytes) => TextFeaturizerArchive.Read(bytes);

    /// <summary>
    /// Vectors of texts, row-major [N, D]. A text that is an anchor has length one; any other at most that, less the more of it is unlike
    /// all anchors; one without any known n-gram is zero.
    /// </summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Observed between blocks of texts.</param>
    public float[] Transform(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        var vectors = new float[checked(texts.Count * Dimensions)];
        var blocks = (texts.Count + AnchorMap.Block - 1) / AnchorMap.Block;
        // Blocks do not touch each other, so the result does not depend on how many threads there are.
        Parallel.For(0, blocks, new ParallelOptions { CancellationToken = cancellationToken }, block =>
        {
            var start = block * AnchorMap.Block;
            string[] some = [.. texts.Skip(start).Take(AnchorMap.Block)];
            Transform(some, vectors.AsSpan(start * Dimensions, some.Length * Dimensions), cancellationToken);
        });
        return vectors;
    }

    /// <summary>Vectors of texts, on the calling thread.</summary>
    /// <param name="texts">The texts, N.</param>
    /// <param name="vectors">Receives the vectors, row-major [N, D].</param>
    /// <param name="cancellationToken">Observed between blocks of texts.</param>
    public void Transform(ReadOnlySpan<string> texts, Span<float> vectors, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(vectors.Length, checked(texts.Length * Dimensions));
        vectors.Clear();
        var sparse = new SparseVector[Math.Min(texts.Length, AnchorMap.Block)];
        for (var start = 0; start < texts.Length; start += AnchorMap.Block)
        {
            var count = Math.Min(AnchorMap.Block, texts.Length - start);
            for (var n = 0; n < count; n++)
            {
                sparse[n] = _terms.Transform(texts[start + n]);
            }

            var rows = vectors.Slice(start * Dimensions, count * Dimensions);
            _anchors.Transform(sparse.AsSpan(0, count), rows, Dimensions, cancellationToken);
            for (var n = 0; n < count; n++)
            {
                _rotation.Apply(rows.Slice(n * Dimensions, Dimensions));
            }
        }
    }

    // An even choice of the texts, fewer where they are long.
    private static List<SparseVector> Candidates(
        IReadOnlyList<string> texts, TermVectorizer terms, TextFeaturizerOptions options, CancellationToken cancellationToken)
    {
        var count = Math.Min(texts.Count, options.MaximumAnchors);
        while (true)
        {
            var (candidates, postings) = (new List<SparseVector>(count), 0L);
            while (candidates.Count < count && postings <= options.MaximumPostings)
            {
                cancellationToken.ThrowIfCancellationRequested();
                candidates.Add(terms.Transform(texts[(int)((long)candidates.Count * texts.Count / count)]));
                postings += candidates[^1].Indexes.Length;
            }

            if (postings <= options.MaximumPostings || count == 1)
            {
                return candidates;
            }

            count = Math.Max(1, count / 2);
        }
    }
}
