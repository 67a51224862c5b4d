using LabelerService.Formats.Csv;
using LabelerService.Formats.JsonLines;
using LabelerService.Formats.Rows;

namespace LabelerService.Formats.Tests.Rows;

/// <summary>What a row of labels may say.</summary>
public class LabelSchemaTests
{
    private const string Header = "item,labeler,label,time,confidence,duration,retracted\n";

    [Fact]
    public async Task Everything_optional_is_read()
    {
        var row = Assert.Single((await TestFile.LabelsAsync(
            DelimitedFormat.Csv, Header + "i,l,x,2026-01-31T12:00:00.123456+01:00,0.75,1.25,\n")).Good);

        Assert.Equal(
            new LabelRow(
                "i", "l", "x", new DateTimeOffset(2026, 1, 31, 11, 0, 0, TimeSpan.Zero).AddTicks(1234560), 0.75f, TimeSpan.FromMilliseconds(1250)),
            row);
    }

    [Theory]
    [InlineData("2026-01-31")]
    [InlineData("2026-01-31 00:00")]
    [InlineData("2026-01-31T00:00:00")]
    [InlineData("2026-01-31T00:00:00.000")]
    [InlineData("2026-01-31T00:00:00.000000000Z")]
    [InlineData("2026-01-31T01:30:00+01:30")]
    [InlineData("2026-01-30T22:00:00-02:00")]
    public async Task Times_are_ISO_8601_and_UTC_without_a_zone(string time) =>
        Assert.Equal(
            new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero),
            Assert.Single((await TestFile.LabelsAsync(DelimitedFormat.Csv, $"{Header}i,l,x,{time},,,\n")).Good).Time);

    [Theory]
    [InlineData("i,l,x,12:00,,,", "time \"12:00\" is not a time")]
    [InlineData("i,l,x,01/02/2026,,,", "is not a time")]
    [InlineData("i,l,x,1767225600,,,", "is not a time")]
    [InlineData("i,l,x,2026-02-30,,,", "is not a time")]
    [InlineData("i,l,x,2026-06-01T12:05:01Z,,,", "is in the future")]
    [InlineData("i,l,x,,1.0001,,", "confidence \"1.0001\" is not a number from 0 to 1")]
    [InlineData("i,l,x,,-0.1,,", "from 0 to 1")]
    [InlineData("i,l,x,,NaN,,", "from 0 to 1")]
    [InlineData("i,l,x,,sure,,", "from 0 to 1")]
    [InlineData("i,l,x,,,-1,", "is not a number of seconds")]
    [InlineData("i,l,x,,,1e300,", "is not a number of seconds")]
    [InlineData("i,l,x,,,,maybe", "neither true nor false")]
    [InlineData("i,l,x,,,,true", "label is set though the row is retracted")]
    [InlineData("i,l,,,,,", "label is empty")]
    [InlineData(",l,x,,,,", "item is empty")]
    [InlineData("i,,x,,,,", "labeler is empty")]
    public async Task What_cannot_be_is_refused_with_its_reason(string row, string reason)
    {
        var read = await TestFile.LabelsAsync(DelimitedFormat.Csv, Header + row + "\n");

        Assert.Contains(reason, Assert.Single(read.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_within_the_tolerance_of_clocks_is_taken() =>
        Assert.Single((await TestFile.LabelsAsync(DelimitedFormat.Csv, Header + "i,l,x,2026-06-01T12:04:59Z,,,\n")).Good);

    [Fact]
    public async Task A_key_has_at_most_256_bytes()
    {
        var read = await TestFile.LabelsAsync(
            DelimitedFormat.Csv, $"item,labeler,label\n{new string('é', 128)},l,x\n{new string('é', 128)}1,l,x\n");

        Assert.Equal(["line 3: item is longer than 256 bytes"], read.Problems);
    }

    [Fact]
    public async Task A_label_that_was_taken_back_has_none() =>
        Assert.True(Assert.Single((await TestFile.LabelsAsync(DelimitedFormat.Csv, Header + "i,l,,,,,true\n")).Good).Retracted);

    [Fact]
    public async Task In_JSON_ids_may_be_whole_numbers()
    {
        var read = await TestFile.LabelsAsync(
            new JsonLinesFormat(), "{\"item\":17,\"labeler\":3,\"label\":1}\n{\"item\":1.5,\"labeler\":3,\"label\":1}\n");

        Assert.Equal(("17", "3", "1"), (read.Good.Single().Item, read.Good.Single().Labeler, read.Good.Single().Label));
        Assert.Equal(["line 2: item must be text or a whole number"], read.Problems);
    }
}
