using System.Numerics;

namespace LabelerService.Core.Text;

/// <summary>
/// Texts as vectors of fixed length: n-grams of tokens, hashed into buckets with a sign (Weinberger et al., Feature Hashing for Large Scale
/// Multitask Learning, ICML 2009), weighted by (1 + ln tf) · idf (Salton and Buckley 1988), scaled to length one. The same texts and
/// options give the same vectors on any machine. Immutable.
/// </summary>
public sealed class TextFeaturizer
{
    private const int LargestDimensions = 1 << 20;
    private readonly TextFeaturizerOptions _options;
    private readonly Dictionary<ulong, float> _weights;

    private TextFeaturizer(TextFeaturizerOptions options, Dictionary<ulong, float> weights)
    {
        _options = options;
        _weights = weights;
    }

    /// <summary>Length D of the vectors.</summary>
    public int Dimensions => _options.Dimensions;

    /// <summary>Learns from texts which n-grams there are and how rare each is.</summary>
    /// <param name="texts">The texts that models are trained on; never those they are tested on.</param>
    /// <param name="options">How texts become vectors.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static TextFeaturizer Fit(IReadOnlyCollection<string> texts, TextFeaturizerOptions options)
    {
        if (options.Dimensions is < 2 or > LargestDimensions || !BitOperations.IsPow2(options.Dimensions))
        {
            throw new ArgumentException($"{options.Dimensions} dimensions are not a power of two from 2 to {LargestDimensions}.", nameof(options));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(options.LongestNgram, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FewestTexts, 1);
        var frequencies = new Dictionary<ulong, int>();
        foreach (var text in texts)
        {
            foreach (var gram in Count(text, options).Keys)
            {
                frequencies[gram] = frequencies.GetValueOrDefault(gram) + 1;
            }
        }

        // Smoothed as if one more text had every n-gram: ln((1 + N) / (1 + df)) + 1.
        var weights = frequencies.Where(pair => pair.Value >= options.FewestTexts)
            .ToDictionary(pair => pair.Key, pair => (float)(Math.Log((1.0 + texts.Count) / (1.0 + pair.Value)) + 1));
        return new TextFeaturizer(options, weights);
    }

    /// <summary>Vectors of texts, row-major [N, D]; a text without any known n-gram is all zero, any other has length one.</summary>
    public float[] Transform(IReadOnlyList<string> texts)
    {
        var vectors = new float[checked(texts.Count * Dimensions)];
        for (var n = 0; n < texts.Count; n++)
        {
            Transform(texts[n], vectors.AsSpan(n * Dimensions, Dimensions));
        }

        return vectors;
    }

    /// <summary>Vector of one text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="vector">Overwritten [D].</param>
    public void Transform(string text, Span<float> vector)
    {
        vector.Clear();
        foreach (var (gram, count) in Count(text, _options))
        {
            if (_weights.TryGetValue(gram, out var weight))
            {
                var value = (float)(1 + Math.Log(count)) * weight;
                // The lowest bits choose the bucket, the highest one the sign, so that collisions cancel on average.
                vector[(int)(gram & (ulong)(_options.Dimensions - 1))] += (gram >> 63) == 0 ? value : -value;
            }
        }

        var squares = 0.0;
        foreach (var value in vector)
        {
            squares += (double)value * value;
        }

        if (squares > 0)
        {
            var scale = (float)(1 / Math.Sqrt(squares));
            foreach (ref var value in vector)
            {
                value *= scale;
            }
        }
    }

    private static Dictionary<ulong, int> Count(string text, TextFeaturizerOptions options)
    {
        var tokens = Tokenizer.Split(text);
        var counts = new Dictionary<ulong, int>();
        for (var start = 0; start < tokens.Count; start++)
        {
            var hash = NgramHash.Start;
            for (var length = 1; length <= options.LongestNgram && start + length <= tokens.Count; length++)
            {
                hash = NgramHash.Append(hash, tokens[start + length - 1]);
                var gram = NgramHash.Finish(hash);
                counts[gram] = counts.GetValueOrDefault(gram) + 1;
            }
        }

        return counts;
    }
}
