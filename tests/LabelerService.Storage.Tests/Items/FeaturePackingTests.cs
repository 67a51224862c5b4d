using CsCheck;
using LabelerService.Storage.Items;

namespace LabelerService.Storage.Tests.Items;

public sealed class FeaturePackingTests
{
    [Fact]
    public void Packing_and_unpacking_returns_every_finite_value() =>
        Gen.Float.Array[0, 40].Sample(values =>
        {
            var back = new float[values.Length];
            FeaturePacking.Unpack(FeaturePacking.Pack(values), FeatureEncoding.Float32, back);
            return values.AsSpan().SequenceEqual(back) || values.Any(float.IsNaN);
        });

    [Fact]
    public void Bytes_of_an_image_are_two_hundred_fifty_fifths() =>
        Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            var values = new float[bytes.Length];
            FeaturePacking.Unpack(bytes, FeatureEncoding.UInt8, values);
            Assert.Equal(bytes.Select(value => value / 255f), values);
            Assert.Equal(-1, FeaturePacking.IndexOfNonFinite(bytes, FeatureEncoding.UInt8));
        });

    [Fact]
    public void The_first_value_that_is_not_finite_is_found_wherever_it_is() =>
        Gen.Select(Gen.Float.Where(float.IsFinite).Array[1, 70], Gen.Int[0, 1000], Gen.OneOf(Gen.Const(float.NaN), Gen.Const(float.PositiveInfinity), Gen.Const(float.NegativeInfinity)))
            .Sample((values, place, bad) =>
            {
                Assert.Equal(-1, FeaturePacking.IndexOfNonFinite(FeaturePacking.Pack(values), FeatureEncoding.Float32));
                values[place % values.Length] = bad;
                Assert.Equal(place % values.Length, FeaturePacking.IndexOfNonFinite(FeaturePacking.Pack(values), FeatureEncoding.Float32));
            });

    [Fact]
    public void Packed_bytes_of_another_length_are_refused() =>
        Assert.Throws<InvalidDataException>(() => FeaturePacking.Unpack(new byte[8], FeatureEncoding.Float32, new float[3]));
}
