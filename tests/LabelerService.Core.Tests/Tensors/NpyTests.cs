using System.Text;
using CsCheck;
using LabelerService.Core.Tensors;

namespace LabelerService.Core.Tests.Tensors;

public sealed class NpyTests
{
    [Fact]
    public void Every_type_and_version_comes_back_as_written() =>
        Gen.Select(Gen.Enum<NpyType>(), Gen.Int[1, 3], Gen.Int[0, 5].Array[0, 4], Gen.Int[0, 1000]).Sample((type, version, shape, seed) =>
        {
            var header = new NpyHeader(type, shape);
            var random = new Random(seed);
            var values = new float[header.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = type == NpyType.UInt8 ? random.Next(256) : random.Next(-2000, 2000);
            }

            using var stream = new MemoryStream();
            NpyWriter.Write(stream, header, values, version);
            Assert.Equal(0, (stream.Length - (header.Count * header.ElementSize)) % 64);
            stream.Position = 0;
            var reader = NpyReader.Open(stream);
            Assert.Equal(type, reader.Header.Type);
            Assert.Equal(shape, reader.Header.Shape);
            Assert.Equal(values, reader.ReadToEnd());
            reader.ExpectEnd();
        });

    [Theory]
    [InlineData(NpyType.UInt8)]
    [InlineData(NpyType.Int32)]
    [InlineData(NpyType.Int64)]
    public void Whole_numbers_stay_exact(NpyType type)
    {
        long[] values = type switch
        {
            NpyType.UInt8 => [0, 255],
            NpyType.Int32 => [int.MinValue, int.MaxValue],
            _ => [long.MinValue, long.MaxValue],
        };
        using var stream = new MemoryStream();
        NpyWriter.Open(stream, new NpyHeader(type, [2])).Write(values);
        stream.Position = 0;

        Assert.Equal(values, NpyReader.Open(stream).ReadIntegersToEnd());
    }

    [Fact]
    public void A_file_as_NumPy_writes_it_is_read_in_parts()
    {
        var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }".PadRight(117) + "\n";
        byte[] file =
        [
            0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header),
            .. new[] { 1.5, -2, 0.25, 1e10 }.SelectMany(BitConverter.GetBytes),
        ];
        var reader = NpyReader.Open(new DripStream(file));
        var row = new float[2];
        reader.Read(row);
        Assert.Equal([1.5f, -2f], row);
        reader.Read(row);
        Assert.Equal([0.25f, 1e10f], row);
        Assert.Equal(0, reader.Left);
        Assert.Throws<InvalidOperationException>(() => reader.Read(row));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)")]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (3,)}")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (3,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3000000000,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 2000000000, 2000000000)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} import os")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'extra': 'x'}")]
    [InlineData("{'descr': '<f4, 'fortran_order': False, 'shape': (3,)}")]
    public void A_bad_header_is_refused(string header) =>
        Assert.Throws<FormatException>(() => NpyReader.Open(File(header)));

    [Fact]
    public void A_huge_claim_without_data_costs_no_memory()
    {
        var stream = File("{'descr': '<f4', 'fortran_order': False, 'shape': (500000000, 4)}");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<FormatException>(() => NpyReader.Open(stream).ReadToEnd());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public void Bytes_cut_off_anywhere_or_changed_never_do_worse_than_a_format_error() =>
        Gen.Select(Gen.Int[0, 200], Gen.Int[0, 200], Gen.Byte).Sample((length, at, value) =>
        {
            using var whole = new MemoryStream();
            NpyWriter.Write(whole, new NpyHeader(NpyType.Float16, [4, 3]), new float[12]);
            var bytes = whole.ToArray()[..Math.Min(length, (int)whole.Length)];
            if (at < bytes.Length)
            {
                bytes[at] = value;
            }

            try
            {
                _ = NpyReader.Open(new MemoryStream(bytes)).ReadToEnd();
            }
            catch (FormatException)
            {
                // The one failure a reader may show.
            }
        });

    [Fact]
    public void What_follows_the_array_is_noticed()
    {
        using var stream = new MemoryStream();
        NpyWriter.Write(stream, new NpyHeader(NpyType.UInt8, [1]), [1f]);
        stream.WriteByte(0);
        stream.Position = 0;
        var reader = NpyReader.Open(stream);
        _ = reader.ReadToEnd();
        Assert.Throws<FormatException>(reader.ExpectEnd);
    }

    [Fact]
    public void Values_that_do_not_fill_the_shape_are_refused() =>
        Assert.Throws<ArgumentException>(() => NpyWriter.Write(Stream.Null, new NpyHeader(NpyType.Float32, [2]), [1f]));

    private static MemoryStream File(string header) =>
        new([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header)]);

    // Gives one byte at a time, as a network may.
    private sealed class DripStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer.IsEmpty ? buffer : buffer[..1]);
    }
}
