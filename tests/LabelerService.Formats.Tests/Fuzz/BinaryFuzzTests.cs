using CsCheck;
using LabelerService.Core.Datasets;
using LabelerService.Core.Tensors;
using LabelerService.Formats.Parquet;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;
using LabelerService.Formats.Tests.Rows;

namespace LabelerService.Formats.Tests.Fuzz;

/// <summary>Broken Parquet and NPY files: an answer, never a crash, whatever they claim.</summary>
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
