using LabelerService.Core.Tensors;

namespace LabelerService.Core.Tests.Tensors;

public sealed class Float16Tests
{
    [Fact]
    public void Every_half_precision_number_widens_exactly()
    {
        var all = Enumerable.Range(0, 65536).Select(bits => (ushort)bits).ToArray();
        var widened = new float[all.Length];
        Float16.ToSingle(all, widened);

        for (var i = 0; i < all.Length; i++)
        {
            var expected = (float)BitConverter.UInt16BitsToHalf(all[i]);
            Assert.True(
                float.IsNaN(expected) ? float.IsNaN(widened[i]) : expected.Equals(widened[i]) && float.IsNegative(expected) == float.IsNegative(widened[i]),
                $"0x{all[i]:X4}: {widened[i]}, not {expected}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(33)]
    public void Any_length_converts_there_and_back(int length)
    {
        var source = Enumerable.Range(0, length).Select(i => (float)(Half)(i * 0.37f)).ToArray();
        var halves = new ushort[length];
        var back = new float[length + 1];
        Float16.FromSingle(source, halves);
        Float16.ToSingle(halves, back);

        Assert.Equal(source, back[..length]);
        Assert.Equal(0, back[length]);
    }

    [Fact]
    public void A_short_destination_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Float16.ToSingle(new ushort[2], new float[1]));
        Assert.Throws<ArgumentException>(() => Float16.FromSingle(new float[2], new ushort[1]));
    }
}
