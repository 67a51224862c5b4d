using CsCheck;
using LabelerService.Core.Text;

namespace LabelerService.Core.Tests.Text;

public sealed class TextFeaturizerTests
{
    private static readonly string[] Words = ["good", "bad", "film", "not", "plot", "the", "a", "won't", "ending", "dull", "bright", ".", "!"];

    private static readonly Gen<string[]> Texts =
        Gen.Int[0, Words.Length - 1].Array[0, 8].Select(indexes => string.Join(' ', indexes.Select(i => Words[i]))).Array[1, 30];

    [Fact]
    public void Products_of_training_texts_are_those_of_their_terms() => Texts.Sample(
        texts =>
        {
            var options = new TextFeaturizerOptions();
            var terms = TermVectorizer.Fit(texts, options);
            var featurizer = TextFeaturizer.Fit(texts, options);
            var vectors = featurizer.Transform(texts);
            SparseVector[] sparse = [.. texts.Select(terms.Transform)];
            for (var i = 0; i < texts.Length; i++)
            {
                for (var j = 0; j < texts.Length; j++)
                {
                    var exact = Product(sparse[i], sparse[j]);
                    var dense = 0.0;
                    for (var d = 0; d < featurizer.Dimensions; d++)
                    {
                        dense += vectors[(i * featurizer.Dimensions) + d] * vectors[(j * featurizer.Dimensions) + d];
                    }

                    // What a skipped anchor leaves out is at most as long as the smallest residual's root.
                    Assert.InRange(dense, exact - 0.011, exact + 0.011);
                }
            }
        },
        iter: 40);

    [Fact]
    public void Vectors_are_finite_and_never_longer_than_one() => Gen.Select(Texts, Gen.String).Sample(
        (texts, anything) =>
        {
            var featurizer = TextFeaturizer.Fit(texts, new TextFeaturizerOptions { MaximumAnchors = 10 });
            Assert.InRange(featurizer.Dimensions, 1, 16);
            var length = 0.0;
            foreach (var value in featurizer.Transform([anything]))
            {
                Assert.True(float.IsFinite(value));
                length += value * value;
            }

            Assert.InRange(length, 0, 1.0001);
        },
        iter: 100);

    [Fact]
    public void The_same_texts_give_the_same_vectors_one_by_one_or_together()
    {
        string[] texts = [.. Enumerable.Range(0, 50).Select(n => $"sentence {n} of the film is {(n % 3 == 0 ? "good" : "not good")}")];
        var one = TextFeaturizer.Fit(texts, new TextFeaturizerOptions()).Transform(texts);
        var other = TextFeaturizer.Fit(texts, new TextFeaturizerOptions());
        Assert.Equal(one, texts.SelectMany(text => other.Transform([text])));
    }

    [Fact]
    public void Duplicates_add_no_dimensions_and_vectors_of_equal_texts_are_equal()
    {
        string[] texts = [.. Enumerable.Range(0, 64).Select(n => n % 2 == 0 ? "a good film" : "a dull plot")];
        var featurizer = TextFeaturizer.Fit(texts, new TextFeaturizerOptions());
        Assert.Equal(2, featurizer.Dimensions);
        var vectors = featurizer.Transform(texts);
        Assert.Equal(vectors[..2], vectors[4..6]);
    }

    [Fact]
    public void A_text_without_any_known_term_is_zero()
    {
        var featurizer = TextFeaturizer.Fit(["a good film", "a dull plot"], new TextFeaturizerOptions());
        Assert.All(featurizer.Transform(["zzz", "", " \t\n"]), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Fitting_no_text_gives_zeros() =>
        Assert.Equal([0f], TextFeaturizer.Fit([], new TextFeaturizerOptions()).Transform(["anything"]));

    [Fact]
    public void Fitting_can_be_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => TextFeaturizer.Fit(["a"], new TextFeaturizerOptions(), cancelled.Token));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TextFeaturizer.Fit(["a"], new TextFeaturizerOptions { LongestWordNgram = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => TextFeaturizer.Fit(["a"], new TextFeaturizerOptions { MaximumAnchors = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => TextFeaturizer.Fit(["a"], new TextFeaturizerOptions { NegationReach = -1 }));
    }

    private static double Product(SparseVector one, SparseVector other)
    {
        var values = one.Indexes.Zip(one.Values).ToDictionary(pair => pair.First, pair => pair.Second);
        return other.Indexes.Zip(other.Values).Sum(pair => values.GetValueOrDefault(pair.First) * (double)pair.Second);
    }
}
