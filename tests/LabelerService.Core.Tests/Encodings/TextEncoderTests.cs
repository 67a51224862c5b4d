using System.Security.Cryptography;
using CsCheck;
using LabelerService.Core.Encodings;
using LabelerService.Core.Tensors;
using LabelerService.Core.Text;

namespace LabelerService.Core.Tests.Encodings;

public sealed class TextEncoderTests
{
    private static readonly string[] Words = ["good", "bad", "film", "not", "plot", "the", "a", "won't", "ending", "dull", "bright", ".", "!"];

    private static readonly Gen<string[]> Texts =
        Gen.Int[0, Words.Length - 1].Array[0, 8].Select(indexes => string.Join(' ', indexes.Select(i => Words[i]))).Array[0, 20];

    private static readonly TextFeaturizerOptions Options = new();

    [Fact]
    public void What_was_written_and_read_encodes_every_text_to_the_same_bits() => Gen.Select(Texts, Texts, Gen.String).Sample(
        (training, others, anything) =>
        {
            using var encoder = TextEncoder.Fit(training, Options);
            var bytes = encoder.ToBytes();
            using var read = TextEncoder.Read(bytes);
            Assert.Equal(encoder.Encoding, read.Encoding);
            Assert.Equal(bytes, read.ToBytes());
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), read.Encoding.ArtefactSha256);
            string[] texts = [.. training, .. others, anything];
            Assert.Equal(Encode(encoder, texts), Encode(read, texts));
        },
        iter: 60);

    [Fact]
    public void Fitting_the_same_texts_again_gives_the_same_bytes_whatever_the_options_that_matter_not() => Texts.Sample(
        texts => Assert.Equal(
            TextEncoder.Fit(texts, Options).ToBytes(), TextEncoder.Fit([.. texts], Options with { MaximumAnchors = 100 }).ToBytes()),
        iter: 20);

    [Fact]
    public void Damaged_bytes_are_refused()
    {
        var bytes = TextEncoder.Fit(["a good film", "a dull plot"], Options).ToBytes();
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte[1, 255], Gen.Bool).Sample((at, flip, cut) =>
        {
            var damaged = cut ? bytes[..at] : [.. bytes];
            if (!cut)
            {
                damaged[at] ^= flip;
            }

            Assert.Throws<InvalidDataException>(() => TextEncoder.Read(damaged));
        });
    }

    // The checksum is right; what was written is not.
    [Theory]
    [InlineData("options", new[] { 0, 3, 3, 5 })]
    [InlineData("options", new[] { 2, 3, 3, 1_000_000 })]
    [InlineData("options", new[] { 2, 3, 3 })]
    [InlineData("word_terms", new[] { 2L, 1L })]
    [InlineData("word_weights", new[] { 1f })]
    [InlineData("word_weights", new[] { 1f, float.NaN })]
    [InlineData("word_weights", new[] { 1f, 0f })]
    [InlineData("character_terms", new long[0])]
    [InlineData("anchor_rows", new[] { 1f, 0f })]
    [InlineData("anchor_rows", new[] { 1f, 0f, 0f })]
    [InlineData("anchor_rows", new[] { 1f, float.PositiveInfinity, 1f })]
    [InlineData("anchor_rows", new double[] { 1, 0, 1 })]
    [InlineData("posting_counts", new[] { 1, 2 })]
    [InlineData("posting_counts", new[] { 1, -1, 2, 0 })]
    [InlineData("posting_counts", new[] { int.MaxValue, int.MaxValue, 4, 0 })]
    [InlineData("posting_anchors", new[] { 0, 2 })]
    [InlineData("posting_anchors", new[] { 0, -1 })]
    [InlineData("posting_values", new[] { 1f, float.NaN })]
    public void What_does_not_fit_together_is_refused_though_its_checksum_is_right(string name, Array value)
    {
        var arrays = Valid();
        Assert.Equal(2, TextEncoder.Read(new TensorArchive(Metadata("1"), arrays).ToBytes()).Encoding.FeatureLength);
        arrays[name] = value;
        Assert.Throws<InvalidDataException>(() => TextEncoder.Read(new TensorArchive(Metadata("1"), arrays).ToBytes()));
        arrays.Remove(name);
        Assert.Throws<InvalidDataException>(() => TextEncoder.Read(new TensorArchive(Metadata("1"), arrays).ToBytes()));
    }

    [Fact]
    public void Bytes_of_another_version_or_kind_are_refused()
    {
        Assert.Throws<InvalidDataException>(() => TextEncoder.Read(new TensorArchive(Metadata("2"), Valid()).ToBytes()));
        Assert.Throws<InvalidDataException>(() => TextEncoder.Read(new TensorArchive(new Dictionary<string, string>(), Valid()).ToBytes()));
    }

    [Fact]
    public void Terms_beyond_the_limit_are_those_of_the_fewest_texts_and_anchors_beyond_it_are_left_out()
    {
        string[] texts = [.. Enumerable.Range(0, 200).Select(n => $"common words of the film and rare{n}")];
        var terms = TermVectorizer.Fit(texts, Options with { MaximumTerms = 6, LongestWordNgram = 1, LongestCharacterNgram = 0 });
        Assert.Equal(6, terms.TermCount);
        Assert.Equal(6, terms.Transform("common words of the film and").Indexes.Length);
        Assert.Empty(terms.Transform("rare7 rare199").Indexes);

        var vectors = TextFeaturizer.Fit(texts, Options with { MaximumPostings = 1_000 });
        Assert.InRange(vectors.Dimensions, 2, 32);
    }

    [Theory]
    [InlineData(null, "must be a text")]
    [InlineData("", "must not be empty")]
    public void What_is_no_text_is_refused(string? text, string problem) =>
        Assert.Equal(problem, TextEncoder.Fit(["a"], Options).Problem(new RawItem(new float[1], text)));

    [Fact]
    public void A_text_is_too_long_by_its_bytes_in_utf8()
    {
        using var encoder = TextEncoder.Fit(["a"], Options);
        Assert.Null(encoder.Problem(new RawItem(default, new string('a', TextEncoder.MaximumBytes))));
        Assert.Null(encoder.Problem(new RawItem(default, new string('é', TextEncoder.MaximumBytes / 2))));
        Assert.Contains(
            "it has 65538", encoder.Problem(new RawItem(default, new string('é', (TextEncoder.MaximumBytes / 2) + 1))), StringComparison.Ordinal);
    }

    private static float[] Encode(TextEncoder encoder, string[] texts)
    {
        var rows = new float[texts.Length * encoder.Encoding.FeatureLength];
        encoder.Encode([.. texts.Select(text => new RawItem(default, text))], rows, CancellationToken.None);
        return rows;
    }

    private static Dictionary<string, string> Metadata(string version) => new() { ["kind"] = "text_featurizer", ["version"] = version };

    private static Dictionary<string, Array> Valid() => new()
    {
        ["options"] = new[] { 2, 3, 3, 5 },
        ["word_terms"] = new[] { 1L, 2L },
        ["word_weights"] = new[] { 1f, 1f },
        ["character_terms"] = new[] { 3L, -4L },
        ["character_weights"] = new[] { 1f, 1f },
        ["anchor_rows"] = new[] { 1f, 0f, 1f },
        ["posting_counts"] = new[] { 1, 1, 0, 0 },
        ["posting_anchors"] = new[] { 0, 1 },
        ["posting_values"] = new[] { 1f, 1f },
    };
}
