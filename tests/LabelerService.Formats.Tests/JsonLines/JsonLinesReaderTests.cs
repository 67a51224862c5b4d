using LabelerService.Formats.JsonLines;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Tests.JsonLines;

public class JsonLinesReaderTests
{
    private static readonly ITableFormat Jsonl = new JsonLinesFormat();

    [Theory]
    [InlineData("{\"item\":\"b\",\"labeler\":", "is not JSON")]
    [InlineData("{\"item\":\"b\",\"labeler\":\"l\",\"label\":\"x\"} {}", "is not JSON")]
    [InlineData("[]", "is no JSON object")]
    [InlineData("{\"item\":\"b\",\"item\":\"c\",\"labeler\":\"l\",\"label\":\"x\"}", "item is there twice")]
    [InlineData("{\"item\":\"b\",\"task\":\"c\",\"labeler\":\"l\",\"label\":\"x\"}", "item is there twice")]
    [InlineData("{\"item\":\"\\ud800\",\"labeler\":\"l\",\"label\":\"x\"}", "not Unicode")]
    [InlineData("{\"item\":[\"b\"],\"labeler\":\"l\",\"label\":\"x\"}", "item is a list")]
    [InlineData("{\"item\":{\"a\":1},\"labeler\":\"l\",\"label\":\"x\"}", "item is an object")]
    [InlineData("{\"labeler\":\"l\",\"label\":\"x\"}", "item is empty")]
    [InlineData("{\"item\":\"b\",\"labeler\":\"l\",\"label\":\"x\",\"confidence\":\"0,5\"}", "confidence")]
    public async Task A_bad_line_is_named_and_costs_no_other(string bad, string reason)
    {
        const string good = "{\"item\":\"a\",\"labeler\":\"l\",\"label\":\"x\"}";

        var read = await TestFile.LabelsAsync(Jsonl, $"{good}\n\n{bad}\r\n{good}");

        Assert.Equal(["line 1", "line 3", "line 4"], read.Rows.Select(row => row.Place.ToString()));
        Assert.Equal(2, read.Good.Count());
        Assert.Contains(reason, read.Problems.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deep_nesting_is_a_bad_line()
    {
        var read = await TestFile.LabelsAsync(Jsonl, "{\"item\":\"a\",\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}\n");

        Assert.StartsWith("line 1: is not JSON", Assert.Single(read.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_longer_than_the_limit_costs_no_other()
    {
        var text = $"{{\"item\":\"{new string('a', 3 << 20)}\"}}\n{{\"item\":\"a\",\"labeler\":\"l\",\"label\":\"x\"}}\n";

        var read = await TestFile.LabelsAsync(Jsonl, text, new ReadOptions(MaximumRowBytes: 1 << 20));

        Assert.Equal(["line 1: is longer than 1 MiB"], read.Problems);
        Assert.Single(read.Good);
    }

    [Fact]
    public async Task Keys_that_mean_nothing_are_named_once()
    {
        const string line = "{\"item\":\"a\",\"labeler\":\"l\",\"label\":\"x\",\"mood\":{\"deep\":[1]}}\n";

        Assert.Equal(["mood"], (await TestFile.LabelsAsync(Jsonl, line + line)).Unknown);
    }

    [Theory]
    [InlineData("[1,2,1e39]", "value 2")]
    [InlineData("[1,\"2\"]", "something other than a number at 1")]
    [InlineData("[1,null]", "something other than a number")]
    [InlineData("[[1,2],[3]]", "steps of different lengths (step 1)")]
    [InlineData("[[1],[null]]", "something other than a number in step 1")]
    [InlineData("[1,[2]]", "steps of different lengths")]
    [InlineData("[[1],2]", "something other than a number")]
    [InlineData("[{\"a\":[1]},2]", "something other than a number")]
    [InlineData("\"1,2\"", "must be a list of numbers")]
    public async Task Features_that_are_no_numbers_are_refused(string features, string reason)
    {
        var file = System.Text.Encoding.UTF8.GetBytes($"{{\"item\":\"a\",\"features\":{features},\"split\":\"test\"}}\n{{\"item\":\"b\",\"features\":[1]}}\n");

        var read = await TestFile.ReadAsync(Jsonl, file, ItemSchema.Any);

        Assert.Contains(reason, Assert.Single(read.Problems), StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(read.Good).Item);
    }

    [Fact]
    public async Task An_item_has_one_content()
    {
        var file = "{\"item\":\"a\",\"features\":[1],\"text\":\"t\"}\n{\"item\":\"b\",\"image\":\"?\"}\n{\"item\":\"c\",\"split\":\"dev\"}\n"u8.ToArray();

        Assert.Equal(
            [
                "line 1: item has several contents: give one of features, text, image and path", "line 2: image is not base64",
                "line 3: split \"dev\" is not train, validation or test",
            ],
            (await TestFile.ReadAsync(Jsonl, file, ItemSchema.Any)).Problems);
    }
}
