using LabelerService.Cli.Client;
using LabelerService.Cli.Files;

namespace LabelerService.Cli.Tests.Files;

public sealed class ItemKeysTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Without_a_file_keys_are_prefix_and_row_number_from_0()
    {
        using var keys = ItemKeys.Numbered("train-");

        Assert.Equal(["train-0", "train-1"], [keys.Next(), keys.Next()]);
    }

    [Fact]
    public void With_a_file_keys_are_its_lines_behind_the_prefix()
    {
        using var keys = ItemKeys.FromFile(_folder.Write("ids.txt", "a\r\nb\n"), "x/", rows: 2);

        Assert.Equal(["x/a", "x/b"], [keys.Next(), keys.Next()]);
    }

    [Fact]
    public void As_many_ids_as_rows_are_needed()
    {
        var exception = Assert.Throws<CommandException>(() => ItemKeys.FromFile(_folder.Write("ids.txt", "a\nb\n"), "", rows: 3));

        Assert.Contains("2 ids but the features have 3 rows", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_that_cannot_be_keys_are_named_by_line()
    {
        var path = _folder.Write("ids.txt", $"a\n\n{new string('é', 129)}\n");

        var exception = Assert.Throws<CommandException>(() => ItemKeys.FromFile(path, "", rows: 3));

        Assert.Equal([$"{path} line 2", $"{path} line 3"], exception.Details.Select(detail => detail.Where));
    }

    public void Dispose() => _folder.Dispose();
}
