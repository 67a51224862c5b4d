using System.Text;
using CsCheck;
using LabelerService.Cli.Client;
using LabelerService.Cli.Files;

namespace LabelerService.Cli.Tests.Files;

public sealed class LabelFileTests : IDisposable
{
    private static readonly string[] Classes = ["cat", "dog", "a \"quoted\", name", "7"];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Any_rows_read_back_whatever_their_keys_and_order_of_columns() =>
        Gen.Select(
            Gen.Shuffle(new[] { "item", "labeler", "label", "note" }),
            Gen.Select(Key, Key, Gen.Int[0, Classes.Length - 1], Note).Array[1, 30],
            Gen.Bool).Sample((columns, rows, windows) =>
            {
                var newLine = windows ? "\r\n" : "\n";
                var text = new StringBuilder(string.Join(',', columns)).Append(newLine);
                foreach (var (item, labeler, label, note) in rows)
                {
                    var cells = columns.Select(column => column switch
                    {
                        "item" => item,
                        "labeler" => labeler,
                        "label" => Classes[label],
                        _ => note,
                    });
                    text.Append(string.Join(',', cells.Select(cell => CsvText.Cell(cell, raw: true)))).Append(newLine);
                }

                var file = Open(text.ToString());
                Assert.Equal(rows.Length, file.Check(default));
                Assert.Equal(["note"], file.IgnoredColumns);
                return file.Read(default).Select(row => (row.Item, row.Labeler, row.ClassIndex))
                    .SequenceEqual(rows.Select(row => (row.Item1, row.Item2, row.Item3)));
            }, threads: 1);

    [Fact]
    public void Lines_are_counted_through_blank_lines_and_line_breaks_in_quotes()
    {
        var file = Open("item,labeler,label,note\ni1,l,cat,\"two\nlines\"\n\ni2,l,dog,\n");

        Assert.Equal([2L, 5L], file.Read(default).Select(row => row.Line));
    }

    [Fact]
    public void Crowd_kit_columns_are_read()
    {
        var row = Assert.Single(Open("label,worker,task\ndog,w1,t1\n").Read(default));

        Assert.Equal(("t1", "w1", 1), (row.Item, row.Labeler, row.ClassIndex));
    }

    [Fact]
    public void A_label_is_a_class_name_before_it_is_an_index() =>
        Assert.Equal([3, 1], Open("item,labeler,label\na,l,7\nb,l,1\n").Read(default).Select(row => row.ClassIndex));

    [Fact]
    public void Time_and_confidence_are_read_where_they_are_given()
    {
        var rows = Open("item,labeler,label,time,confidence\na,l,cat,2026-01-31T12:00:00+01:00,0.75\nb,l,cat,,\n").Read(default).ToArray();

        Assert.Equal(new DateTimeOffset(2026, 1, 31, 11, 0, 0, TimeSpan.Zero), rows[0].Time);
        Assert.Equal(0.75f, rows[0].Confidence);
        Assert.Null(rows[1].Time);
        Assert.Null(rows[1].Confidence);
    }

    [Theory]
    [InlineData("i,l,bird", "\"bird\" is no class")]
    [InlineData("i,l,4", "\"4\" is no class")]
    [InlineData("i,l,-1", "\"-1\" is no class")]
    [InlineData("i,l,", "label is empty")]
    [InlineData(",l,cat", "item is empty")]
    [InlineData("i,,cat", "labeler is empty")]
    [InlineData("i,l,cat,x", "4 columns, the header has 3")]
    [InlineData("i,l", "2 columns, the header has 3")]
    [InlineData("i,\"open", "2 columns, the header has 3")]
    [InlineData("i,\"two\nlines\",cat", "quote not closed")]
    [InlineData("i\u0001,l,cat", "control character")]
    public void A_bad_row_is_named_with_file_line_and_reason(string row, string reason)
    {
        var file = Open($"item,labeler,label\ngood,l,cat\n{row}");

        var exception = Assert.Throws<CommandException>(() => file.Check(default));

        var detail = Assert.Single(exception.Details);
        Assert.Equal($"{_folder["labels.csv"]} line 3", detail.Where);
        Assert.Contains(reason, detail.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yesterday,0.5", "time \"yesterday\"")]
    [InlineData("2026-01-01,1.5", "confidence \"1.5\"")]
    [InlineData("2026-01-01,NaN", "confidence \"NaN\"")]
    public void Bad_times_and_confidences_are_bad_rows(string cells, string reason)
    {
        var file = Open($"item,labeler,label,time,confidence\ni,l,cat,{cells}\n");

        Assert.Contains(reason, Assert.Throws<CommandException>(() => file.Check(default)).Details[0].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_first_ten_bad_rows_are_shown_but_all_are_counted()
    {
        var file = Open("item,labeler,label\n" + string.Concat(Enumerable.Range(0, 25).Select(i => $"i{i},l,bird\n")));

        var exception = Assert.Throws<CommandException>(() => file.Check(default));

        Assert.Equal(10, exception.Details.Count);
        Assert.Contains("25 of 25", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("item,labeler,label\n", "no rows")]
    [InlineData("a,b,c\n1,2,3\n", "no column item")]
    [InlineData("item,task,labeler,label\n1,1,2,3\n", "two columns are the item")]
    [InlineData("i1,l1,cat\n", "first line must name the columns")]
    public void A_file_without_rows_or_a_right_header_is_refused(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<CommandException>(() => Open(text).Check(default)).Message, StringComparison.Ordinal);

    [Fact]
    public void Gold_needs_no_labeler() =>
        Assert.Equal(("i", 1), new LabelFile(_folder.Write("gold.csv", "label,item\ndog,i\n"), Classes, gold: true).Read(default)
            .Select(row => (row.Item, row.ClassIndex)).Single());

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        File.WriteAllBytes(_folder["labels.csv"], [.. "item,labeler,label\n"u8, 0xE9, .. ",l,cat\n"u8]);

        Assert.Contains(
            "not UTF-8", Assert.Throws<CommandException>(() => new LabelFile(_folder["labels.csv"], Classes, gold: false).Check(default)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_not_part_of_the_header()
    {
        File.WriteAllText(_folder["labels.csv"], "item,labeler,label\ni,l,cat\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        Assert.Equal(1, new LabelFile(_folder["labels.csv"], Classes, gold: false).Check(default));
    }

    public void Dispose() => _folder.Dispose();

    private static Gen<string> Key => Gen.String[Gen.Char["ab1,\"' =é"], 1, 12];

    private static Gen<string> Note => Gen.String[Gen.Char["ab,\"\n "], 0, 8];

    private LabelFile Open(string text) => new(_folder.Write("labels.csv", text), Classes, gold: false);
}
