using CsCheck;
using LabelerService.Cli.Files;
using nietras.SeparatedValues;

namespace LabelerService.Cli.Tests.Files;

[Trait("Suite", "security")]
public class CsvTextTests
{
    private static readonly Gen<string> Texts = Gen.String[Gen.Char["ab,\"\r\n\t =+-@é'"], 0, 20];

    [Fact]
    public void Raw_cells_read_back_as_they_were() =>
        Texts.Array[2, 6].Sample(cells => Read(string.Join(',', cells.Select(cell => CsvText.Cell(cell, raw: true)))).SequenceEqual(cells));

    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\tx")]
    [InlineData("\rx")]
    public void Text_that_a_spreadsheet_would_run_gets_an_apostrophe(string text)
    {
        Assert.Equal($"'{text}", Read(CsvText.Cell(text) + ",")[0]);
        Assert.Equal(text, Read(CsvText.Cell(text, raw: true) + ",")[0]);
    }

    [Fact]
    public void No_cell_begins_with_a_formula() =>
        Texts.Sample(text => Read(CsvText.Cell(text) + ",")[0] is var cell
            && (cell.Length == 0 || cell[0] is not ('=' or '+' or '-' or '@' or '\t' or '\r')));

    [Fact]
    public void Other_text_stays_as_it_is() => Assert.Equal("class-3", CsvText.Cell("class-3"));

    private static string[] Read(string line)
    {
        using var reader = Sep.New(',').Reader(options => options with { HasHeader = false, Unescape = true, DisableColCountCheck = true })
            .From(new StringReader(line));
        Assert.True(reader.MoveNext());
        return reader.Current[..reader.Current.ColCount].ToStringsArray();
    }
}
