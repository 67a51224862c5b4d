using System.Runtime.InteropServices;
using CsCheck;
using Google.Protobuf;
using LabelerService.Contracts.V1;
using LabelerService.Server.Validation;

namespace LabelerService.Server.Tests.Validation;

[Trait("Suite", "security")]
public sealed class TensorReaderTests
{
    [Fact]
    public void The_first_value_that_is_not_finite_is_found_wherever_it_is() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[0, 199], Gen.OneOf(Gen.Const(float.NaN), Gen.Const(float.PositiveInfinity), Gen.Const(float.NegativeInfinity)))
            .Sample((length, at, bad) =>
            {
                var values = new float[length];
                Array.Fill(values, float.MaxValue);
                Assert.Equal(-1, TensorReader.FirstNonFinite(values));
                if (at < length)
                {
                    values[at] = bad;
                    values[^1] = at == length - 1 ? bad : float.NaN;
                    Assert.Equal(at, TensorReader.FirstNonFinite(values));
                }
            });

    [Fact]
    public void A_float16_tensor_reads_as_its_exact_values()
    {
        var halves = Enumerable.Range(0, 1 << 16).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)).ToArray();
        var wide = new float[halves.Length];
        var tensor = new Tensor { DataType = Tensor.Types.DataType.Float16, Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(halves.AsSpan())) };
        TensorReader.Read(tensor, wide);
        for (var i = 0; i < halves.Length; i++)
        {
            Assert.Equal((float)halves[i], wide[i]);
        }
    }

    [Fact]
    public void Whatever_shape_is_claimed_only_a_matching_tensor_passes() =>
        Gen.Select(Gen.Long.Array[0, 3], Gen.Int[0, 64], Gen.Enum<Tensor.Types.DataType>()).Sample((shape, bytes, type) =>
        {
            var tensor = new Tensor { DataType = type, Shape = { shape }, Data = ByteString.CopyFrom(new byte[bytes]) };
            var validator = new RequestValidator();
            if (TensorReader.Check(tensor, null, 4, "features", validator))
            {
                var size = type == Tensor.Types.DataType.Float32 ? 4 : 2;
                Assert.Equal(bytes, shape[0] * shape[1] * size);
                validator.ThrowIfInvalid();
            }
            else
            {
                Assert.Throws<Core.Errors.ServiceException>(validator.ThrowIfInvalid);
            }
        });
}
