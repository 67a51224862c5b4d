using LabelerService.Formats.Parquet;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;
using Parquet;
using Parquet.Schema;

namespace LabelerService.Formats.Tests.Parquet;

/// <summary>Parquet as others write it, and Parquet that claims what it does not hold.</summary>
public class ParquetReaderTests
{
    private static readonly ITableFormat Pq = new ParquetFormat();

    [Fact]
    public async Task Ids_may_be_whole_numbers_and_columns_come_in_any_order_and_of_any_name()
    {
        var (worker, label, task, extra) = (Field<int>("worker"), Field<long>("label"), Field<short>("task"), Field<double>("weight"));
        var file = await WriteAsync(new ParquetSchema(worker, extra, label, task), async group =>
        {
            await group.WriteAsync<int>(worker, new[] { 3, 4 });
            await group.WriteAsync<double>(extra, new[] { 0.5, 0.25 });
            await group.WriteAsync<long>(label, new[] { 1L, 0L });
            await group.WriteAsync<short>(task, new short[] { 7, -8 });
        });

        var read = await TestFile.ReadAsync(Pq, file, TestFile.Labels);

        Assert.Equal([new LabelRow("7", "3", "1"), new LabelRow("-8", "4", "0")], read.Good);
        Assert.Equal(["weight"], read.Unknown);
    }

    [Fact]
    public async Task Missing_values_are_bad_where_they_are_needed()
    {
        var (item, labeler, label) = (Text("item"), Text("labeler"), Text("label"));
        var file = await WriteAsync(new ParquetSchema(item, labeler, label), async group =>
        {
            await group.WriteAsync(item, new[] { "a", null, "c" }!);
            await group.WriteAsync(labeler, new[] { "l", "l", "l" });
            await group.WriteAsync(label, new[] { "x", "x", null }!);
        });

        Assert.Equal(
            ["row 1 (row group 0): item is empty", "row 2 (row group 0): label is empty"],
            (await TestFile.ReadAsync(Pq, file, TestFile.Labels)).Problems);
    }

    [Fact]
    public async Task Text_that_is_not_utf8_is_a_bad_row()
    {
        var rows = new[] { new LabelRow("caf\u00E9-one", "l", "x"), new LabelRow("b", "l", "x") };
        var file = await TestFile.WriteAsync(Pq, rows, TestFile.Labels);
        var broken = 0;
        for (var i = 0; i + 4 < file.Length; i++)
        {
            if (file.AsSpan(i).StartsWith("f\u00E9-"u8))
            {
                file[i + 2] = (byte)'!';
                broken++;
            }
        }

        var read = await TestFile.ReadAsync(Pq, file, TestFile.Labels);

        Assert.True(broken > 0);
        Assert.Equal(["row 0 (row group 0): item is not UTF-8"], read.Problems);
        Assert.Equal("b", read.Good.Single().Item);
    }

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Snappy)]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Zstd)]
    public async Task Every_compression_is_read(CompressionMethod compression)
    {
        var (item, label) = (Text("item"), Text("label"));
        var keys = Enumerable.Range(0, 5000).Select(i => $"item {i / 10}").ToArray();
        var file = await WriteAsync(
            new ParquetSchema(item, label),
            async group =>
            {
                await group.WriteAsync(item, keys);
                await group.WriteAsync(label, keys);
            },
            compression);

        Assert.Equal(keys, (await TestFile.ReadAsync(Pq, file, new GoldSchema())).Good.Select(row => row.Item));
    }

    [Fact]
    public async Task Lists_of_doubles_whole_numbers_and_lists_are_features()
    {
        var (item, element) = (Text("item"), new DataField("element", typeof(double), isNullable: true));
        var file = await WriteAsync(new ParquetSchema(item, new ListField("features", element)), async group =>
        {
            await group.WriteAsync(item, new[] { "a", "none", "hole", "d" });
            await group.WriteAllPartsAsync<double>(
                element, new[] { 0.5, 1.5, 2.5, 3.5 }, new[] { 3, 3, 0, 3, 2, 3 }, new[] { 0, 1, 0, 0, 1, 0 }, default);
        });

        var read = await TestFile.ReadAsync(Pq, file, ItemSchema.Any);

        Assert.Equal(["row 2 (row group 0): features has no value at 1"], read.Problems);
        Assert.Equal([0.5f, 1.5f], read.Rows[0].Row!.Features!.Values);
        Assert.Null(read.Rows[1].Row!.Features);
        Assert.Equal([3.5f], read.Rows[3].Row!.Features!.Values);
    }

    [Fact]
    public async Task A_column_of_another_kind_is_refused_by_name()
    {
        var (item, element) = (Text("item"), new DataField("element", typeof(string), isNullable: false));
        var file = await WriteAsync(new ParquetSchema(item, new ListField("label", element)), async group =>
        {
            await group.WriteAsync(item, new[] { "a" });
            await group.WriteAllPartsAsync<ReadOnlyMemory<char>>(element, new[] { "x".AsMemory() }, new[] { 2 }, new[] { 0 }, default);
        });

        Assert.Contains("column label", (await TestFile.ReadAsync(Pq, file, new GoldSchema())).Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_unpacks_to_more_than_it_says_is_refused_before_it_is_unpacked()
    {
        var (item, label) = (Text("item"), Text("label"));
        var keys = Enumerable.Repeat(new string('x', 200), 10_000).ToArray();
        var file = await WriteAsync(
            new ParquetSchema(item, label),
            async group =>
            {
                await group.WriteAsync(item, keys);
                await group.WriteAsync(label, keys);
            },
            CompressionMethod.Gzip,
            new ParquetOptions { DictionaryEncodingThreshold = 0, CompressionMethod = CompressionMethod.Gzip });
        // The first page header is at byte 4: type, then the size it claims to unpack to.
        var header = PageHeader.Read(file.AsSpan(4))!.Value;
        Assert.InRange(header.UncompressedBytes, 1 << 20, 1 << 24);
        file[4 + 3] ^= 0x02;

        var read = await TestFile.ReadAsync(Pq, file, new GoldSchema());

        Assert.Contains("does not unpack to", Assert.Single(read.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Absurd_sizes_are_refused_without_being_allocated()
    {
        var file = await TestFile.WriteAsync(Pq, [new LabelRow("a", "l", "x")], TestFile.Labels);
        foreach (var size in new[] { 0x7FFF_FFFF, 1 << 30, 100_000 })
        {
            var claimed = (byte[])file.Clone();
            BitConverter.TryWriteBytes(claimed.AsSpan(file.Length - 8), size);
            var (read, bytes) = Allocations.Of(() => TestFile.ReadAsync(Pq, claimed, TestFile.Labels));
            Assert.Contains("footer claims", read.Failure!.Message, StringComparison.Ordinal);
            Assert.InRange(bytes, 0, 64 << 20);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x15, 0x00, 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0x15, 0x02, 0x2C, 0x15, 0x02, 0x00, 0x00 }, 0x7FFF_FFFF)]
    [InlineData(new byte[] { 0x15, 0x00, 0x15, 0x02, 0x15, 0x02, 0x2C, 0x15, 0x02, 0x00, 0x00 }, 1)]
    public void Page_headers_are_read_as_they_are(byte[] bytes, int unpacked)
    {
        var header = PageHeader.Read(bytes)!.Value;

        Assert.Equal((unpacked, 1L, 1L, bytes.Length), (header.UncompressedBytes, header.CompressedBytes, header.Values, header.Length));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Null(PageHeader.Read(bytes.AsSpan(0, length)));
        }
    }

    private static DataField Text(string name) => new(name, typeof(string), isNullable: true);

    private static DataField Field<T>(string name) => new(name, typeof(T), isNullable: false);

    private static async Task<byte[]> WriteAsync(
        ParquetSchema schema, Func<ParquetRowGroupWriter, Task> write, CompressionMethod compression = CompressionMethod.Snappy,
        ParquetOptions? options = null)
    {
        using var stream = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(schema, stream, options ?? new ParquetOptions { CompressionMethod = compression }))
        {
            using var group = writer.CreateRowGroup();
            await write(group);
        }

        return stream.ToArray();
    }
}
