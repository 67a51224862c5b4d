using CsCheck;
using LabelerService.Core.Encodings;

namespace LabelerService.Core.Tests.Encodings;

public sealed class RowEncoderTests
{
    private const int Step = 3;
    private const int MaxSteps = 5;

    private static readonly Gen<float[]> Sequences =
        Gen.Int[1, MaxSteps].SelectMany(steps => Gen.Float[-100, 100].Array[steps * Step]);

    [Fact]
    public void A_sequence_is_its_length_then_its_steps_then_zeros() => Sequences.Array[0, 6].Sample(sequences =>
    {
        using var encoder = new SequenceEncoder(ItemEncoding.OfSequences(Step, MaxSteps));
        RawItem[] items = [.. sequences.Select(values => new RawItem(values))];
        var length = encoder.Encoding.FeatureLength;
        Assert.Equal(1 + (MaxSteps * Step), length);
        var rows = new float[items.Length * length];
        Array.Fill(rows, float.NaN);
        encoder.Encode(items, rows, CancellationToken.None);
        for (var i = 0; i < items.Length; i++)
        {
            Assert.Null(encoder.Problem(items[i]));
            var row = rows[(i * length)..((i + 1) * length)];
            Assert.Equal(sequences[i].Length / Step, row[0]);
            Assert.Equal(sequences[i], row[1..(1 + sequences[i].Length)]);
            Assert.All(row[(1 + sequences[i].Length)..], value => Assert.Equal(0, value));
        }
    });

    [Theory]
    [InlineData(0, "at least one")]
    [InlineData(4, "whole steps of 3 values")]
    [InlineData(18, "at most 5 steps (it has 6)")]
    public void A_sequence_that_does_not_fit_says_why(int values, string problem)
    {
        using var encoder = new SequenceEncoder(ItemEncoding.OfSequences(Step, MaxSteps));
        Assert.Contains(problem, encoder.Problem(new RawItem(new float[values])), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_stay_as_they_are() => Gen.Float[-9, 9].Array[4].Array[0, 5].Sample(vectors =>
    {
        using var encoder = new ValuesEncoder(ItemEncoding.OfValues(4));
        var rows = new float[vectors.Length * 4];
        encoder.Encode([.. vectors.Select(values => new RawItem(values))], rows, CancellationToken.None);
        Assert.Equal(vectors.SelectMany(values => values), rows);
    });

    [Fact]
    public void Texts_and_what_is_not_finite_or_of_another_length_are_refused()
    {
        using var values = new ValuesEncoder(ItemEncoding.OfValues(2));
        using var sequences = new SequenceEncoder(ItemEncoding.OfSequences(2, 2));
        foreach (var encoder in new IItemEncoder[] { values, sequences })
        {
            Assert.Contains("not a text", encoder.Problem(new RawItem(default, "text")), StringComparison.Ordinal);
            Assert.Contains("value 1 is NaN", encoder.Problem(new RawItem(new[] { 0, float.NaN })), StringComparison.Ordinal);
        }

        Assert.Contains("must have 2 values (it has 3)", values.Problem(new RawItem(new float[3])), StringComparison.Ordinal);
    }

    [Fact]
    public void Encodings_of_another_kind_or_without_a_length_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new SequenceEncoder(ItemEncoding.OfSequences(3, 0)));
        Assert.Throws<ArgumentException>(() => new SequenceEncoder(ItemEncoding.OfValues(3)));
        Assert.Throws<ArgumentException>(() => new ValuesEncoder(ItemEncoding.OfSequences(3, 1)));
        Assert.Throws<ArgumentException>(() => new ValuesEncoder(ItemEncoding.OfValues(0)));
    }
}
