using System.Runtime.InteropServices;
using System.Text;
using CsCheck;
using LabelerService.Core.Errors;
using LabelerService.Server.OpenInference;

namespace LabelerService.Server.Tests.OpenInference;

[Trait("Suite", "security")]
public sealed class TensorCodecTests
{
    [Fact]
    public void Foreign_bytes_under_any_shape_are_read_or_refused_and_nothing_else_happens() =>
        Gen.Select(Gen.Byte.Array[0, 80], Gen.OneOf(Gen.Long, Gen.Long[-2, 20]).Array[0, 10], Gen.Int[0, 2]).Sample((bytes, shape, kind) =>
        {
            try
            {
                var count = TensorCodec.ElementCount(shape, "inputs[0]");
                Assert.Equal(shape.Aggregate(1L, (product, side) => checked(product * side)), count);
                var read = kind == 0
                    ? TensorCodec.ReadTexts(bytes, count, "data").Length
                    : TensorCodec.ReadFloats(bytes, kind == 1 ? "FP32" : "FP16", count, "data").Length;
                Assert.Equal(count, read);
            }
            catch (ServiceException refused)
            {
                Assert.Equal(ErrorKind.InvalidArgument, refused.Kind);
                Assert.Single(refused.Violations);
            }
        });

    [Fact]
    public void Numbers_and_texts_come_back_as_they_went() =>
        Gen.Select(Gen.Float.Array[1, 50], Gen.String.Array[1, 20], Gen.Int.Array[1, 20]).Sample((floats, texts, integers) =>
        {
            var tensor = new InferenceOutput("x", [floats.Length]) { Floats = floats };
            Assert.Equal(floats, TensorCodec.ReadFloats(TensorCodec.Write(tensor), "FP32", floats.Length, "x"));

            // Half a surrogate pair is no text that UTF-8 has.
            texts = [.. texts.Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)))];
            var strings = new InferenceOutput("x", [texts.Length]) { Texts = texts };
            Assert.Equal(texts, TensorCodec.ReadTexts(TensorCodec.Write(strings), texts.Length, "x"));
            Assert.Equal(TensorCodec.Write(strings).Length, TensorCodec.ByteLength(strings));

            var whole = new InferenceOutput("x", [integers.Length]) { Integers = integers };
            Assert.Equal(integers, MemoryMarshal.Cast<byte, int>(TensorCodec.Write(whole)).ToArray());
        });

    [Fact]
    public void Half_precision_is_widened_exactly()
    {
        Half[] halves = [(Half)1.5f, Half.MaxValue, Half.Epsilon, (Half)(-0.1f)];
        var read = TensorCodec.ReadFloats(MemoryMarshal.AsBytes(halves.AsSpan()), "FP16", halves.Length, "x");
        Assert.Equal(halves.Select(half => (float)half), read);
    }

    [Theory]
    [InlineData("inputs[0].shape", new long[] { })]
    [InlineData("inputs[0].shape", new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    [InlineData("inputs[0].shape[0]", new long[] { 0, 4 })]
    [InlineData("inputs[0].shape[1]", new long[] { 2, -1 })]
    [InlineData("inputs[0].shape", new long[] { long.MaxValue, 2 })]
    [InlineData("inputs[0].shape", new long[] { 4_294_967_296, 4_294_967_296 })]
    [InlineData("inputs[0].shape", new long[] { 4_097, 4_096 })]
    public void Shapes_that_no_message_can_fill_are_refused(string field, long[] shape) =>
        Assert.Equal(field, Refused(() => TensorCodec.ElementCount(shape, "inputs[0]")));

    [Theory]
    [InlineData(new byte[] { 1, 0, 0 }, "data")]
    [InlineData(new byte[] { 2, 0, 0, 0, 65 }, "data")]
    [InlineData(new byte[] { 255, 255, 255, 255, 65 }, "data")]
    [InlineData(new byte[] { 1, 0, 0, 0, 65, 66 }, "data")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0xC3 }, "data[0]")]
    public void Texts_that_do_not_end_where_they_say_are_refused(byte[] bytes, string field) =>
        Assert.Equal(field, Refused(() => TensorCodec.ReadTexts(bytes, 1, "data")));

    internal static string Refused(Action call)
    {
        var error = Assert.Throws<ServiceException>(call);
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        return Assert.Single(error.Violations).Field;
    }
}
