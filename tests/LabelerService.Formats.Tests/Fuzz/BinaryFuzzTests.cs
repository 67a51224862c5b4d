using CsCheck;
using LabelerService.Core.Datasets;
using LabelerService.Core.Tensors;
using LabelerService.Formats.Parquet;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;
using LabelerService.Formats.Tests.Rows;
using LabelerService.TestKit.Suites;

namespace LabelerService.Formats.Tests.Fuzz;

/// <summary>Broken Parquet and NPY files: an answer, never a crash, whatever they claim.</summary>
[Trait("Suite", "security")]
public class BinaryFuzzTests
{
    private static readonly ITableFormat Pq = new ParquetFormat();

    [Fact]
    public Task Mutated_Parquet_files_of_labels_are_read_or_refused() => CheckParquet(Generators.Label, TestFile.Labels, Effort.Slow);

    [Fact]
    public Task Mutated_Parquet_files_of_vectors_are_read_or_refused() =>
        CheckParquet(Generators.Item(ItemKind.Vector, files: false), ItemSchema.For(ItemKind.Vector), Effort.Slow);

    [Fact]
    public Task Parquet_files_that_are_cut_off_are_refused_with_nothing_read() =>
        Generators.Label.Array[1, 6].SelectMany(rows =>
        {
            var file = TestFile.WriteAsync(Pq, rows, TestFile.Labels).GetAwaiter().GetResult();
            return Gen.Int[0, file.Length - 1].Select(length => file[..length]);
        }).SampleAsync(
            async file =>
            {
                var read = await TestFile.ReadAsync(Pq, file, TestFile.Labels);
                Assert.NotNull(read.Failure);
                Assert.Empty(read.Rows);
            },
            iter: Effort.Slow);

    [Fact]
    public void Mutated_NPY_files_are_read_or_refused() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Enum<NpyType>()).SelectMany((rows, columns, type) =>
        {
            using var stream = new MemoryStream();
            NpyWriter.Write(stream, new NpyHeader(type, [rows, columns]), new float[rows * columns]);
            return Mutations.Of(stream.ToArray());
        }).Sample(
            file =>
            {
                try
                {
                    using var stream = new MemoryStream(file);
                    var reader = NpyReader.Open(stream);
                    var values = reader.ReadToEnd();
                    reader.ExpectEnd();
                    Assert.Equal(reader.Header.Count, values.Length);
                }
                catch (FormatException)
                {
                    // Refused.
                }
            },
            iter: Effort.Fast);

    // What a length of any width looks like at its largest.
    private static readonly byte[][] Lengths =
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFE, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0x7F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x40],
    ];

    [Fact]
    public async Task Lengths_that_promise_more_than_the_file_has_take_no_memory()
    {
        var rows = Enumerable.Range(0, 20).Select(i => new LabelRow($"item-{i}", $"labeler-{i % 3}", "a")).ToArray();
        var parquet = await TestFile.WriteAsync(Pq, rows, TestFile.Labels);
        using var stream = new MemoryStream();
        NpyWriter.Write(stream, new NpyHeader(NpyType.Float32, [20, 4]), new float[80]);
        var (files, most) = (0, 0L);
        foreach (var (file, read) in (IEnumerable<(byte[], Func<byte[], Task<bool>>)>)[(parquet, ReadParquetAsync), (stream.ToArray(), ReadNpyAsync)])
        {
            for (var at = 0; at < file.Length; at += LongForm.Of(3, 1))
            {
                foreach (var length in Lengths.Where(length => at + length.Length <= file.Length))
                {
                    var lying = file.ToArray();
                    length.CopyTo(lying, at);
                    most = Math.Max(most, Allocations.Of(() => read(lying)).Bytes);
                    files++;
                }
            }
        }

        Assert.True(most < 64 << 20, $"{most} bytes for one of {files} files of a few thousand bytes");
        SuiteReport.Add("security", "Parquet and NPY files that lie about lengths", ("files", files), ("bytes allocated for one at most", most));

        // Whether it could be read does not matter.
        static async Task<bool> ReadParquetAsync(byte[] file) => (await TestFile.ReadAsync(Pq, file, TestFile.Labels)).Failure is null;

        static Task<bool> ReadNpyAsync(byte[] file)
        {
            try
            {
                using var from = new MemoryStream(file);
                NpyReader.Open(from).ReadToEnd();
                return Task.FromResult(true);
            }
            catch (FormatException)
            {
                return Task.FromResult(false);
            }
        }
    }

    private static Task CheckParquet<T>(Gen<T> row, RowSchema<T> schema, int count)
        where T : class =>
        row.Array[1, 6]
            .SelectMany(rows => Mutations.Of(TestFile.WriteAsync(Pq, rows, schema).GetAwaiter().GetResult()))
            .SampleAsync(
                async file =>
                {
                    var read = await TestFile.ReadAsync(Pq, file, schema);
                    Assert.All(read.Rows, found => Assert.True((found.Row is null) != (found.Problem is null)));
                },
                iter: count);
}
