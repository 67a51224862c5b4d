using CsCheck;
using LabelerService.Core.Datasets;
using LabelerService.Formats.Csv;
using LabelerService.Formats.JsonLines;
using LabelerService.Formats.LabelStudio;
using LabelerService.Formats.Parquet;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Tests.Rows;

/// <summary>What is written reads back as it was, in every format, for every kind of row.</summary>
public class RoundTripTests
{
    private static readonly ITableFormat Jsonl = new JsonLinesFormat();
    private static readonly ITableFormat Pq = new ParquetFormat();

    public static TheoryData<string> Full => new("csv", "tsv", "jsonl", "parquet");

    [Theory]
    [MemberData(nameof(Full))]
    public Task Labels(string format) =>
        Check(FormatCatalogue.Find(format)!, Generators.Label, TestFile.Labels, RowComparison.Same);

    [Theory]
    [MemberData(nameof(Full))]
    public Task Gold_classes(string format) =>
        Check(FormatCatalogue.Find(format)!, Generators.Gold, new GoldSchema(), RowComparison.Same);

    [Theory]
    [MemberData(nameof(Full))]
    public Task Labelers(string format) =>
        Check(FormatCatalogue.Find(format)!, Generators.Labeler, new LabelerSchema(), RowComparison.Same);

    [Theory]
    [MemberData(nameof(Full))]
    public Task Items_of_text(string format) => CheckItems(FormatCatalogue.Find(format)!, ItemKind.Text, files: false);

    [Fact]
    public async Task Items_with_numbers()
    {
        await CheckItems(Jsonl, ItemKind.Vector, files: false);
        await CheckItems(Pq, ItemKind.Vector, files: false);
    }

    [Fact]
    public async Task Items_with_image_files()
    {
        await CheckItems(Jsonl, ItemKind.Image, files: true);
        await CheckItems(Pq, ItemKind.Image, files: true);
    }

    [Fact]
    public Task Sequences_keep_their_steps_in_JSON_Lines() =>
        Check(
            Jsonl,
            Gen.Select(Generators.Key, Gen.Int[1, 4], Gen.Int[1, 3]).SelectMany((key, steps, length) => Generators.Feature.Array[steps * length]
                .Select(values => new ItemRow(key, Split.Train, Features: new NumberBlock(values, steps)))),
            ItemSchema.For(ItemKind.Sequence), RowComparison.Same);

    [Fact]
    public Task Crowd_kit_keeps_item_labeler_and_label() =>
        Check(
            DelimitedFormat.CrowdKit, Generators.Label.Where(row => !row.Retracted), TestFile.Labels,
            (left, right) => new LabelRow(left.Item, left.Labeler, left.Label) == right);

    [Fact]
    public Task Label_Studio_keeps_all_but_the_confidence() =>
        Check(
            new LabelStudioFormat(), Generators.Label.Where(row => !row.Retracted), TestFile.Labels,
            (left, right) => left with { Confidence = null } == right);

    [Theory]
    [InlineData("csv")]
    [InlineData("jsonl")]
    [InlineData("parquet")]
    [InlineData("label-studio")]
    public async Task No_rows_are_no_rows(string format)
    {
        var found = FormatCatalogue.Find(format)!;

        var read = await TestFile.ReadAsync(found, await TestFile.WriteAsync(found, [], TestFile.Labels), TestFile.Labels);

        Assert.Null(read.Failure);
        Assert.Empty(read.Rows);
    }

    [Fact]
    public async Task More_rows_than_a_row_group_holds_come_back_in_order()
    {
        var rows = Enumerable.Range(0, 150_000).Select(i => new LabelRow($"i{i}", $"l{i % 7}", $"c{i % 3}", Confidence: i / 150_000f)).ToArray();

        var read = await TestFile.ReadAsync(Pq, await TestFile.WriteAsync(Pq, rows, TestFile.Labels), TestFile.Labels);

        Assert.Equal(rows, read.Good);
        Assert.Equal("row 149999 (row group 2)", read.Rows[^1].Place.ToString());
    }

    private static Task CheckItems(ITableFormat format, ItemKind kind, bool files) =>
        Check(format, Generators.Item(kind, files), ItemSchema.For(kind), RowComparison.Same);

    private static Task Check<T>(ITableFormat format, Gen<T> row, RowSchema<T> schema, Func<T, T, bool> same)
        where T : class =>
        row.Array[0, 12].SampleAsync(
            async rows =>
            {
                var read = await TestFile.ReadAsync(format, await TestFile.WriteAsync(format, rows, schema), schema);
                Assert.Null(read.Failure);
                Assert.Empty(read.Problems);
                return read.Rows.Count == rows.Length && rows.Zip(read.Good).All(pair => same(pair.First, pair.Second));
            },
            iter: Effort.RoundTrips);
}
