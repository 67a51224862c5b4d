using LabelerService.Core.Tensors;

namespace LabelerService.Core.Text;

/// <summary>
/// A text featurizer as bytes: the options that matter after fitting, both vocabularies, and the anchors. The archive's checksum finds what was
/// damaged by chance; everything that reading relies on is checked beside, so that bytes of whatever origin give a featurizer or an error.
/// </summary>
internal static class TextFeaturizerArchive
{
    private const string Kind = "text_featurizer";
    private const string Version = "1";

    // What bounds the work on a text, and the memory.
    private const int LongestNgram = 16;
    private const int MostAnchors = 1 << 14;

    /// <summary>Writes a featurizer.</summary>
    public static byte[] Write(TermVectorizer terms, AnchorMap anchors)
    {
        var options = terms.Options;
        var rows = new float[Triangle(anchors.Count)];
        for (var (row, at) = (0, 0); row < anchors.Count; at += ++row)
        {
            anchors.Rows[row].CopyTo(rows, at);
        }

        var counts = anchors.Postings.Select(postings => postings?.Count ?? 0).ToArray();
        var all = anchors.Postings.Where(postings => postings is not null).SelectMany(postings => postings!);
        return new TensorArchive(
            new Dictionary<string, string> { ["kind"] = Kind, ["version"] = Version },
            new Dictionary<string, Array>
            {
                ["options"] = new[]
                {
                    options.LongestWordNgram, options.NegationReach, options.ShortestCharacterNgram, options.LongestCharacterNgram,
                },
                ["word_terms"] = Signed(terms.Words.Terms),
                ["word_weights"] = terms.Words.Weights,
                ["character_terms"] = Signed(terms.Characters.Terms),
                ["character_weights"] = terms.Characters.Weights,
                ["anchor_rows"] = rows,
                ["posting_counts"] = counts,
                ["posting_anchors"] = all.Select(posting => posting.Anchor).ToArray(),
                ["posting_values"] = all.Select(posting => posting.Value).ToArray(),
            }).ToBytes();
    }

    /// <summary>Reads a featurizer.</summary>
    /// <exception cref="InvalidDataException">The bytes are not one.</exception>
    public static TextFeaturizer Read(ReadOnlySpan<byte> bytes)
    {
        var archive = TensorArchive.Read(bytes);
        if (archive.Metadata.GetValueOrDefault("kind") != Kind || archive.Metadata.GetValueOrDefault("version") != Version)
        {
            throw new InvalidDataException("Not a text featurizer of this version.");
        }

        var words = ReadVocabulary(archive, "word", 0);
        var characters = ReadVocabulary(archive, "character", words.Terms.Length);
        var terms = new TermVectorizer(ReadOptions(archive), words, characters);
        return new TextFeaturizer(terms, ReadAnchors(archive, terms.TermCount));
    }

    private static TextFeaturizerOptions ReadOptions(TensorArchive archive) =>
        Of<int>(archive, "options") is [> 0 and <= LongestNgram and var words, >= 0 and var reach, > 0 and <= LongestNgram and var shortest,
            <= LongestNgram and var longest]
            ? new TextFeaturizerOptions
            {
                LongestWordNgram = words,
                NegationReach = reach,
                ShortestCharacterNgram = shortest,
                LongestCharacterNgram = longest,
            }
            : throw new InvalidDataException("The options of the text featurizer are out of range.");

    private static Vocabulary ReadVocabulary(TensorArchive archive, string group, int offset)
    {
        var terms = Array.ConvertAll(Of<long>(archive, $"{group}_terms"), term => unchecked((ulong)term));
        var weights = Of<float>(archive, $"{group}_weights");
        for (var i = 1; i < terms.Length; i++)
        {
            Require(terms[i] > terms[i - 1], $"The {group} terms do not ascend.");
        }

        Require(weights.Length == terms.Length && weights.All(weight => float.IsFinite(weight) && weight > 0), $"The {group} weights are none.");
        return new Vocabulary(offset, terms, weights);
    }

    private static AnchorMap ReadAnchors(TensorArchive archive, int termCount)
    {
        var triangle = Of<float>(archive, "anchor_rows");
        Require(triangle.All(float.IsFinite), "The anchors are not finite.");
        var rows = new List<float[]>();
        for (var at = 0; at < triangle.Length; at += rows.Count)
        {
            Require(rows.Count < MostAnchors && triangle.Length - at > rows.Count, "The anchors are not as many as they should be.");
            rows.Add(triangle[at..(at + rows.Count + 1)]);
            Require(rows[^1][^1] > 0, "An anchor adds nothing to those before it.");
        }

        var (counts, anchors, values) = (Of<int>(archive, "posting_counts"), Of<int>(archive, "posting_anchors"), Of<float>(archive, "posting_values"));
        Require(
            counts.Length == termCount && counts.All(count => count >= 0) && counts.Sum(count => (long)count) == anchors.Length
                && values.Length == anchors.Length && values.All(float.IsFinite),
            "The terms of the anchors are not as many as they should be.");
        var postings = new List<(int Anchor, float Value)>[termCount];
        for (var (term, at) = (0, 0); term < termCount; at += counts[term++])
        {
            for (var p = at; p < at + counts[term]; p++)
            {
                Require(anchors[p] < rows.Count && anchors[p] > (p == at ? -1 : anchors[p - 1]), "A term belongs to an anchor that is not there.");
                (postings[term] ??= new(counts[term])).Add((anchors[p], values[p]));
            }
        }

        return AnchorMap.Of(rows, postings);
    }

    private static int Triangle(int rows) => checked((int)((long)rows * (rows + 1) / 2));

    private static long[] Signed(ulong[] values) => Array.ConvertAll(values, value => unchecked((long)value));

    private static T[] Of<T>(TensorArchive archive, string name) =>
        archive.Arrays.GetValueOrDefault(name) as T[] ?? throw new InvalidDataException($"The text featurizer has no {name}.");

    private static void Require(bool isSo, string problem)
    {
        if (!isSo)
        {
            throw new InvalidDataException(problem);
        }
    }
}
