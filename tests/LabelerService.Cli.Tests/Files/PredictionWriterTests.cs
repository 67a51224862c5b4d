using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Predictions;
using LabelerService.Contracts.V1;
using LabelerService.Core.Tensors;
using Parquet;

namespace LabelerService.Cli.Tests.Files;

public sealed class PredictionWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Csv_has_a_row_an_item_with_every_number_exact()
    {
        await WriteAsync("p.csv", labelers: false);

        Assert.Equal(
            """
            item,predicted,p_cat,p_=dog,entropy,disagreement
            i0,'=dog,0.1,0.9,0.32508,0.01
            i1,cat,0.75,0.25,0.56233513,0.02
            i2,'=dog,0.33333334,0.6666667,0.6365141,0.03

            """,
            await File.ReadAllTextAsync(_folder["p.csv"]));
    }

    [Fact]
    public async Task Csv_is_raw_only_where_that_is_asked_for()
    {
        await WriteAsync("p.csv", labelers: false, raw: true);

        Assert.Contains("i0,=dog,", await File.ReadAllTextAsync(_folder["p.csv"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_with_labelers_has_class_and_weight_of_each()
    {
        await WriteAsync("p.csv", labelers: true);

        var lines = await File.ReadAllLinesAsync(_folder["p.csv"]);
        Assert.EndsWith(",class_by_ann,weight_of_ann,class_by_bob,weight_of_bob", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(",cat,0.25,'=dog,0.75", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_head_that_is_nobodys_has_columns_that_no_labelers_key_can_have()
    {
        await WriteAsync("p.csv", labelers: true, heads: ["shared", ""]);

        var lines = await File.ReadAllLinesAsync(_folder["p.csv"]);
        Assert.EndsWith(",class_by_shared,weight_of_shared,shared_class,shared_weight", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(",cat,0.25,'=dog,0.75", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("p.csv")]
    [InlineData("p.parquet")]
    public async Task Without_known_disagreements_there_is_no_such_column(string name)
    {
        await WriteAsync(name, labelers: false, disagreements: false);

        IEnumerable<string> columns;
        if (name == "p.csv")
        {
            var lines = await File.ReadAllLinesAsync(_folder[name]);
            Assert.Equal("i1,cat,0.75,0.25,0.56233513", lines[2]);
            columns = lines[0].Split(',');
        }
        else
        {
            await using var reader = await ParquetReader.CreateAsync(_folder[name]);
            columns = reader.Schema.DataFields.Select(field => field.Name);
        }

        Assert.Equal(["item", "predicted", "p_cat", "p_=dog", "entropy"], columns);
    }

    [Fact]
    public async Task Npy_holds_the_probabilities_of_all_batches()
    {
        await WriteAsync("p.npy", labelers: false);

        using var stream = File.OpenRead(_folder["p.npy"]);
        var reader = NpyReader.Open(stream);
        Assert.Equal(NpyType.Float32, reader.Header.Type);
        Assert.Equal([3, 2], reader.Header.Shape);
        Assert.Equal([0.1f, 0.9f, 0.75f, 0.25f, 1 / 3f, 2 / 3f], reader.ReadToEnd());
    }

    [Fact]
    public async Task Parquet_holds_the_same_columns_as_csv()
    {
        await WriteAsync("p.parquet", labelers: true);

        await using var reader = await ParquetReader.CreateAsync(_folder["p.parquet"]);
        var fields = reader.Schema.DataFields;
        Assert.Equal(
            ["item", "predicted", "p_cat", "p_=dog", "entropy", "disagreement", "class_by_ann", "weight_of_ann", "class_by_bob", "weight_of_bob"],
            fields.Select(field => field.Name));
        using var group = reader.OpenRowGroupReader(0);
        var items = new string?[3];
        await group.ReadAsync(fields[0], items.AsMemory());
        Assert.True(items.SequenceEqual(["i0", "i1", "i2"]));
        var cats = new float[3];
        await group.ReadAsync<float>(fields[2], cats.AsMemory());
        Assert.Equal([0.1f, 0.75f, 1 / 3f], cats);
        var predicted = new string?[3];
        await group.ReadAsync(fields[1], predicted.AsMemory());
        Assert.True(predicted.SequenceEqual(["=dog", "cat", "=dog"]));
    }

    [Fact]
    public async Task A_file_that_is_not_completed_leaves_what_was_there_and_no_trace()
    {
        _folder.Write("p.csv", "before");
        await using (var file = AtomicFile.Create(_folder["p.csv"]))
        {
            await file.Stream.WriteAsync("half"u8.ToArray());
        }

        Assert.Equal(["p.csv"], _folder.Files);
        Assert.Equal("before", await File.ReadAllTextAsync(_folder["p.csv"]));
    }

    public void Dispose() => _folder.Dispose();

    private async Task WriteAsync(string name, bool labelers, bool raw = false, string[]? heads = null, bool disagreements = true)
    {
        await using var file = AtomicFile.Create(_folder[name]);
        await using (var writer = PredictionWriters.Create(name, file.Stream, rows: 3, raw))
        {
            var first = Batch([0.1f, 0.9f, 0.75f, 0.25f], [0.32508f, 0.56233513f], disagreements ? [0.01f, 0.02f] : [], labelers ? heads ?? ["ann", "bob"] : []);
            var second = Batch([1 / 3f, 2 / 3f], [0.6365141f], disagreements ? [0.03f] : [], labelers ? heads ?? ["ann", "bob"] : []);
            await writer.WriteAsync(new PredictionRows(["i0", "i1"], first), default);
            await writer.WriteAsync(new PredictionRows(["i2"], second), default);
            await writer.CompleteAsync(default);
        }

        await file.CompleteAsync(default);
    }

    private static PredictionBatch Batch(float[] probabilities, float[] entropies, float[] disagreements, string[] heads)
    {
        var batch = new PredictionBatch { Classes = { "cat", "=dog" }, Probabilities = Pack(probabilities) };
        batch.Entropies.Add(entropies);
        batch.Disagreements.Add(disagreements);
        batch.PredictedClassIndexes.Add(probabilities.Chunk(2).Select(row => row[0] >= row[1] ? 0 : 1));
        if (heads.Length > 0)
        {
            batch.LabelerIds.Add(heads);
            batch.LabelerProbabilities = Pack([.. entropies.SelectMany(_ => new[] { 0.8f, 0.2f, 0.3f, 0.7f })]);
            batch.LabelerWeights = Pack([.. entropies.SelectMany(_ => new[] { 0.25f, 0.75f })]);
        }

        return batch;
    }

    private static Tensor Pack(float[] values) => new()
    {
        DataType = Tensor.Types.DataType.Float32,
        Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
    };
}
