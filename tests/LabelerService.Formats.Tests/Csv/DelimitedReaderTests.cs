using System.Text;
using LabelerService.Formats.Csv;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Tests.Csv;

public class DelimitedReaderTests
{
    private static readonly ITableFormat Csv = DelimitedFormat.Csv;

    [Fact]
    public async Task Lines_are_counted_through_blank_lines_and_line_breaks_in_quotes()
    {
        var read = await TestFile.LabelsAsync(Csv, "item,labeler,label,note\r\n\"i\r\n1\",l,cat,\"two\nlines\"\r\n\r\ni2,l,dog,\r\n");

        Assert.Equal(["line 2", "line 6"], read.Rows.Select(row => row.Place.ToString()));
        Assert.Equal("i\r\n1", read.Rows[0].Row!.Item);
        Assert.Equal(["note"], read.Unknown);
    }

    [Theory]
    [InlineData("task,worker,label\nt,w,x\n")]
    [InlineData("task\tworker\tlabel\nt\tw\tx\n")]
    [InlineData("label,performer,task\nx,w,t\n")]
    public async Task Crowd_kit_columns_are_read_with_commas_or_tabs(string text)
    {
        var row = Assert.Single((await TestFile.LabelsAsync(DelimitedFormat.CrowdKit, text)).Good);

        Assert.Equal(("t", "w", "x"), (row.Item, row.Labeler, row.Label));
    }

    [Fact]
    public async Task A_byte_order_mark_is_not_part_of_the_header() =>
        Assert.Single((await TestFile.LabelsAsync(Csv, "\uFEFFitem,labeler,label\ni,l,x\n")).Good);

    [Theory]
    [InlineData("a,l,x", "a quote inside a cell", "b,l\"2,x")]
    [InlineData("a,l,x", "a cell goes on behind its closing quote", "b,\"l\"2,x")]
    [InlineData("a,l,x", "a carriage return without a line feed", "b,l\r2,x")]
    [InlineData("a,l,x", "has 4 columns, the header has 3", "b,l,x,y")]
    [InlineData("a,l,x", "item has a NUL character", "b\0,l,x")]
    public async Task A_row_that_is_broken_costs_no_other(string good, string reason, string bad)
    {
        var read = await TestFile.LabelsAsync(Csv, $"item,labeler,label\n{good}\n{bad}\nc,l,x\n");

        Assert.Equal(["a", "c"], read.Good.Select(row => row.Item));
        Assert.StartsWith($"line 3: {reason}", Assert.Single(read.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_a_quote_that_is_not_closed_nothing_is_taken_for_a_row()
    {
        var read = await TestFile.LabelsAsync(Csv, "item,labeler,label\na,l,x\nb,\"l,x\nc,l,x\nd,\"l\",x\ne,l,x\n");

        Assert.Equal(["a"], read.Good.Select(row => row.Item));
        Assert.StartsWith("line 3: a cell goes on behind its closing quote", Assert.Single(read.Problems), StringComparison.Ordinal);
        Assert.EndsWith("nothing behind it can be read", read.Problems.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_a_bad_row_with_its_line()
    {
        byte[] file = [.. "item,labeler,label\na,l,x\nb,"u8, 0xE9, .. ",x\nc,l,x\n"u8];

        var read = await TestFile.ReadAsync(Csv, file, TestFile.Labels);

        Assert.Equal(["line 3: cell 2 is not UTF-8"], read.Problems);
        Assert.Equal(["a", "c"], read.Good.Select(row => row.Item));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("item,labeler,label,label\n", "two columns are named label")]
    [InlineData("item,labeler,label,LABEL\n", "two columns are named LABEL")]
    [InlineData("item,task,labeler,label\n", "two columns are the item")]
    [InlineData("item,label\n", "no column labeler")]
    [InlineData("item,labeler,\"label\n", "a quote is not closed")]
    public async Task A_wrong_header_is_refused(string text, string reason) =>
        Assert.Contains(reason, (await TestFile.LabelsAsync(Csv, text)).Failure!.Message, StringComparison.Ordinal);

    [Fact]
    public async Task UTF_16_is_refused_with_what_to_do() =>
        Assert.Contains(
            "save it as UTF-8",
            (await TestFile.ReadAsync(Csv, [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("item,labeler,label\n")], TestFile.Labels)).Failure!.Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task A_row_longer_than_the_limit_ends_the_file()
    {
        var text = $"item,labeler,label\na,l,x\nb,l,\"{new string('y', 3 << 20)}\"\nc,l,x\n";

        var read = await TestFile.LabelsAsync(Csv, text, new ReadOptions(MaximumRowBytes: 1 << 20));

        Assert.Single(read.Good);
        Assert.StartsWith("line 3: is longer than 1 MiB", Assert.Single(read.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\tx")]
    [InlineData("\rx")]
    public async Task Text_that_a_spreadsheet_would_run_gets_an_apostrophe_only_where_asked(string text)
    {
        var row = new Formats.Rows.GoldRow(text, text);
        var schema = new Formats.Rows.GoldSchema();

        var exact = await TestFile.ReadAsync(Csv, await TestFile.WriteAsync(Csv, [row], schema), schema);
        var safe = await TestFile.ReadAsync(Csv, await TestFile.WriteAsync(Csv, [row], schema, new WriteOptions(SpreadsheetSafe: true)), schema);

        Assert.Equal([row], exact.Good);
        Assert.Equal([new Formats.Rows.GoldRow("'" + text, "'" + text)], safe.Good);
    }
}
