using System.Text;
using CsCheck;
using LabelerService.Formats.Csv;
using LabelerService.Formats.Tables;
using LabelerService.Formats.Tests.Rows;

namespace LabelerService.Formats.Tests.Fuzz;

/// <summary>Broken CSV: the reader takes exactly the rows that <see cref="CsvOracle"/> finds, and says so of every other.</summary>
[Trait("Suite", "security")]
public class CsvFuzzTests
{
    private static readonly ITableFormat Csv = DelimitedFormat.Csv;

    [Fact]
    public Task Mutated_files_give_the_rows_that_are_right_and_no_others() =>
        Generators.Label.Array[0, 5]
            .SelectMany(rows => Mutations.Of(TestFile.WriteAsync(Csv, rows, TestFile.Labels).GetAwaiter().GetResult()))
            .SampleAsync(file => CheckAsync(file), iter: Effort.Fast);

    [Fact]
    public Task So_do_random_characters() =>
        Gen.OneOf("item,labeler,label", "i", "l", "x", ",", "\"", "\n", "\r\n", "\r", "\"\"", " ", "é").Array[0, 40]
            .Select(pieces => Encoding.UTF8.GetBytes("item,labeler,label\n" + string.Concat(pieces)))
            .SampleAsync(file => CheckAsync(file), iter: Effort.Fast);

    [Fact]
    public Task So_do_files_that_arrive_byte_by_byte() =>
        Generators.Label.Array[0, 4]
            .SelectMany(rows => Mutations.Of(TestFile.WriteAsync(Csv, rows, TestFile.Labels).GetAwaiter().GetResult()))
            .SampleAsync(
                async file =>
                {
                    using var whole = new MemoryStream(file);
                    using var slow = new TricklingStream(file);
                    var fast = await TestFile.ReadAsync(Csv, whole, TestFile.Labels);
                    var trickled = await TestFile.ReadAsync(Csv, slow, TestFile.Labels);
                    Assert.Equal(fast.Rows, trickled.Rows);
                    Assert.Equal(fast.Failure?.Message, trickled.Failure?.Message);
                },
                iter: Effort.Fast / 4);

    private static async Task CheckAsync(byte[] file)
    {
        var read = await TestFile.ReadAsync(Csv, file, TestFile.Labels);
        var expected = CsvOracle.Parse(file, ',');
        if (read.Failure is not null)
        {
            Assert.Empty(read.Rows);
            Assert.False(HasHeader(expected), $"refused: {read.Failure.Message}");
            return;
        }

        Assert.True(HasHeader(expected));
        var names = expected[0].Cells!.Select(name => name.Trim().ToLowerInvariant()).ToArray();
        var rows = expected.Skip(1).ToArray();
        Assert.Equal(rows.Select(record => $"line {record.Line}"), read.Rows.Select(row => row.Place.ToString()));
        foreach (var (record, row) in rows.Zip(read.Rows))
        {
            if (record.Cells is null || record.Cells.Length != names.Length)
            {
                Assert.NotNull(row.Problem);
                continue;
            }

            var cells = TestFile.Labels.Columns
                .Select(column => Array.FindIndex(names, column.IsNamed))
                .Select(at => at < 0 ? default : Cell.Of(record.Cells[at])).ToArray();
            Assert.Equal(TestFile.Labels.TryRead(cells, out var meant, out _), row.Row is not null);
            Assert.Equal(meant, row.Row);
        }
    }

    private static bool HasHeader(List<(int Line, string[]? Cells)> records)
    {
        if (records.Count == 0 || records[0].Cells is not { } names)
        {
            return false;
        }

        var trimmed = names.Select(name => name.Trim().ToLowerInvariant()).ToArray();
        return trimmed.Where(name => name.Length > 0).Distinct().Count() == trimmed.Count(name => name.Length > 0)
            && TestFile.Labels.Columns.All(column => trimmed.Count(column.IsNamed) is var found && found <= 1 && (found == 1 || !column.Required));
    }
}
