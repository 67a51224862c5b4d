using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Import;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Tests.Files;

public sealed class ImportFileTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ClassNames Classes = new(["cat", "dog", "a \"quoted\", name", "7"]);

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("i,l,bird", "\"bird\" is no class")]
    [InlineData("i,l,4", "\"4\" is no class")]
    [InlineData("i,l,-1", "\"-1\" is no class")]
    [InlineData("i,l,", "label is empty")]
    [InlineData("i,l", "2 columns, the header has 3")]
    [InlineData("i,\"open", "a quote is not closed")]
    public async Task A_bad_row_is_named_with_file_line_and_reason(string row, string reason)
    {
        var exception = await Assert.ThrowsAsync<CommandException>(
            () => Open($"item,labeler,label\ngood,l,cat\n{row}").CheckAsync(_ => { }, default));

        var detail = Assert.Single(exception.Details);
        Assert.Equal($"{_folder["labels.csv"]} line 3", detail.Where);
        Assert.Contains(reason, detail.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_twenty_bad_rows_are_shown_and_all_are_counted()
    {
        var file = Open("item,labeler,label\n" + string.Concat(Enumerable.Range(0, 25).Select(i => $"i{i},l,bird\n")));

        var exception = await Assert.ThrowsAsync<CommandException>(() => file.CheckAsync(_ => { }, default));

        Assert.Equal(20, exception.Details.Count);
        Assert.Contains("25 of 25", exception.Message, StringComparison.Ordinal);
        Assert.Contains("5 more", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("item,labeler,label\n", "no rows")]
    [InlineData("a,b,c\n1,2,3\n", "no column item")]
    [InlineData("item,task,labeler,label\n1,1,2,3\n", "two columns are the item")]
    public async Task A_file_without_rows_or_a_right_header_is_refused(string text, string reason) =>
        Assert.Contains(
            reason, (await Assert.ThrowsAsync<CommandException>(() => Open(text).CheckAsync(_ => { }, default))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Columns_that_mean_nothing_are_named()
    {
        var file = Open("item,labeler,label,mood\ni,l,dog,fine\n");

        Assert.Equal(1, await file.CheckAsync(_ => { }, default));
        Assert.Equal(["mood"], file.UnknownColumns);
    }

    [Fact]
    public async Task A_file_that_changes_between_check_and_reading_is_refused()
    {
        var file = Open("item,labeler,label\ni,l,dog\n");
        await file.CheckAsync(_ => { }, default);
        _folder.Write("labels.csv", "item,labeler,label\ni,l,bird\n");

        await Assert.ThrowsAsync<CommandException>(async () => await file.CheckedAsync(default).ToListAsync());
    }

    [Fact]
    public async Task Places_of_rows_are_found_again()
    {
        var places = await Open("item,labeler,label\ni1,l,cat\n\n\"i\n2\",l,dog\ni3,l,cat\n").PlacesAsync([1, 2], default);

        Assert.Equal(("line 4", "line 6"), (places[1], places[2]));
    }

    [Fact]
    public void A_label_is_a_class_name_before_it_is_an_index() => Assert.Equal((3, 1), (Classes.IndexOf("7"), Classes.IndexOf("1")));

    [Theory]
    [InlineData("l.csv", "item,labeler,label\ni,l,cat\n", "csv")]
    [InlineData("l.tsv", "item\tlabeler\tlabel\ni\tl\tcat\n", "tsv")]
    [InlineData("l.txt", "item\tlabeler\tlabel\ni\tl\tcat\n", "tsv")]
    [InlineData("l.txt", "task,worker,label\ni,l,cat\n", "csv")]
    [InlineData("l.json", "{\"item\":\"i\",\"labeler\":\"l\",\"label\":\"cat\"}\n", "jsonl")]
    [InlineData("l.json", " [ {\"id\":1,\"annotator\":2,\"choice\":\"cat\"} ]", "label-studio")]
    [InlineData("l.ndjson", "{\"item\":\"i\",\"labeler\":\"l\",\"label\":\"cat\"}\n", "jsonl")]
    public async Task The_format_is_found_by_extension_and_content(string name, string content, string format)
    {
        var file = ImportFiles.Open(_folder.Write(name, content), null, new LabelSchema(Now), new ReadOptions(), Check);

        Assert.Equal(format, file.Format);
        Assert.Equal(1, await file.CheckAsync(_ => { }, default));
    }

    [Fact]
    public void A_file_that_is_nothing_says_how_to_name_its_format() =>
        Assert.Contains("--format", Assert.Throws<CommandException>(
            () => ImportFiles.Open(_folder.Write("l", "hello"), null, new LabelSchema(Now), new ReadOptions(), Check)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Rows_left_out_can_be_imported_once_they_are_put_right()
    {
        var file = Open("item,labeler,label\ni1,\"l\n1\",bird\ni2,l,cat\nbad\n");
        await using (var rejects = RejectedRows.Create(file.Path, file.ColumnNames, _folder["rejects.csv"]))
        {
            await foreach (var row in file.ReadAsync(keepCells: true, _ => { }, default))
            {
                if (row.Problem is { } problem)
                {
                    await rejects.AddAsync(row, problem, default);
                }
            }

            await rejects.CompleteAsync(default);
            Assert.Equal(2, rejects.Count);
        }

        var text = File.ReadAllText(_folder["rejects.csv"]);
        Assert.StartsWith("file,place,reason,item,labeler,label,time,confidence,duration,retracted\n", text, StringComparison.Ordinal);
        var again = ImportFiles.Open(
            _folder.Write("again.csv", text.Replace("bird", "dog", StringComparison.Ordinal)), null, new LabelSchema(Now), new ReadOptions(), Check);
        var rows = await again.ReadAsync(keepCells: false, _ => { }, default).ToListAsync();
        Assert.Equal(("i1", "l\n1", "dog"), (rows[0].Value!.Item, rows[0].Value!.Labeler, rows[0].Value!.Label));
        Assert.NotNull(rows[1].Problem);
    }

    [Fact]
    public async Task Image_files_are_items_named_as_they_are()
    {
        File.WriteAllBytes(_folder["b.png"], [0x89, (byte)'P', (byte)'N', (byte)'G']);
        File.WriteAllBytes(_folder["a.jpeg"], [0xFF, 0xD8, 0xFF]);
        File.WriteAllBytes(_folder["a.png"], [0]);
        _folder.Write("notes.txt", "no image");
        var folder = Path.GetDirectoryName(_folder["b.png"])!;
        await using var reader = new ImageFolderReader([folder], ItemSchema.Any.Columns);
        var rows = new List<(string, string?)>();
        while (await reader.ReadAsync(default))
        {
            rows.Add((reader.Cells[0].ToString(), reader.Problem));
        }

        Assert.Equal(("a", null), rows[0]);
        Assert.Contains("is item a", rows[1].Item2, StringComparison.Ordinal);
        Assert.Equal(("b", null), rows[2]);
        Assert.Equal(3, rows.Count);
    }

    public void Dispose() => _folder.Dispose();

    private static string? Check(LabelRow row) => Classes.Problem("label", row.Label);

    // Named: an empty file has no content to tell its format by.
    private ImportFile<LabelRow> Open(string text)
    {
        var path = _folder.Write("labels.csv", text);
        return text.Length > 0
            ? ImportFiles.Open(path, "csv", new LabelSchema(Now), new ReadOptions(), Check)
            : new ImportFile<LabelRow>(
                path, "csv", new LabelSchema(Now),
                () => (null, FormatCatalogue.Find("csv")!.OpenReader(Stream.Null, RowKind.Labels, new LabelSchema(Now).Columns, new ReadOptions())), Check);
    }
}
