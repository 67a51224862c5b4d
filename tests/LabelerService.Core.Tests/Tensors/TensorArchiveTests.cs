using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Core.Tensors;

namespace LabelerService.Core.Tests.Tensors;

[Trait("Suite", "security")]
public sealed class TensorArchiveTests
{
    [Fact]
    public void Arrays_shapes_and_text_come_back_as_they_were_put_in()
    {
        var archive = new TensorArchive(
            new Dictionary<string, string> { ["kind"] = "test", ["name"] = "Zoë \"x\"" },
            new Dictionary<string, Array>
            {
                ["floats"] = (float[])[1.5f, float.NaN, float.NegativeInfinity, -0f, float.Epsilon, 3],
                ["doubles"] = (double[])[Math.PI],
                ["longs"] = (long[])[long.MinValue, 5],
                ["ints"] = (int[])[7],
                ["shorts"] = (short[])[-3],
                ["bytes"] = (byte[])[0, 255],
                ["empty"] = Array.Empty<float>(),
            },
            new Dictionary<string, long[]> { ["floats"] = [2, 3] });

        var read = TensorArchive.Read(archive.ToBytes());

        Assert.Equal(archive.Metadata, read.Metadata);
        Assert.Equal(archive.Arrays.Keys.Order(), read.Arrays.Keys.Order());
        foreach (var (name, array) in archive.Arrays)
        {
            Assert.Equal(array, read.Arrays[name]);
        }

        Assert.Equal([2, 3], read.Shapes["floats"]);
        Assert.Equal(BitConverter.SingleToInt32Bits(-0f), BitConverter.SingleToInt32Bits(((float[])read.Arrays["floats"])[3]));
    }

    [Theory]
    [InlineData("""{"Metadata":{},"Tensors":[{"Name":"a","Type":"F32","Shape":[2]}]}""", 4)]
    [InlineData("""{"Metadata":{},"Tensors":[{"Name":"a","Type":"F32","Shape":[1]}]}""", 8)]
    [InlineData("""{"Metadata":{},"Tensors":[{"Name":"a","Type":"F32","Shape":[-1]}]}""", 4)]
    [InlineData("""{"Metadata":{},"Tensors":[{"Name":"a","Type":"F32","Shape":[4611686018427387904,4611686018427387904]}]}""", 4)]
    [InlineData("""{"Metadata":{},"Tensors":[{"Name":"a","Type":"pickle","Shape":[1]}]}""", 4)]
    [InlineData("""{"Metadata":{},"Tensors":[{"Name":"a","Type":"U8","Shape":[1]},{"Name":"a","Type":"U8","Shape":[1]}]}""", 2)]
    [InlineData("""{"Metadata":{},"Tensors":[null]}""", 0)]
    [InlineData("""{"Metadata":{"a":null},"Tensors":[]}""", 0)]
    [InlineData("""{"Tensors":[]}""", 0)]
    [InlineData("""[]""", 0)]
    [InlineData("""nonsense""", 0)]
    public void A_header_that_does_not_fit_its_data_is_refused_though_the_hash_is_right(string header, int dataLength) =>
        Assert.Throws<InvalidDataException>(() => TensorArchive.Read(Forge(Encoding.UTF8.GetBytes(header), dataLength)));

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    [InlineData(1000)]
    public void A_header_longer_than_the_archive_is_refused(long length)
    {
        var bytes = Forge("{}"u8.ToArray(), 8);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), length);
        Seal(bytes);
        Assert.Throws<InvalidDataException>(() => TensorArchive.Read(bytes));
    }

    private static byte[] Forge(byte[] header, int dataLength)
    {
        var bytes = new byte[16 + header.Length + dataLength + 32];
        "LBLTENS1"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), header.Length);
        header.CopyTo(bytes, 16);
        Seal(bytes);
        return bytes;
    }

    private static void Seal(byte[] bytes) => SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32), bytes.AsSpan(bytes.Length - 32));
}
