using LabelerService.Cli.Rendering;
using Spectre.Console;

namespace LabelerService.Cli.Tests.Rendering;

public class TextTableTests
{
    private const string Version = "datasets/a-dataset-of-scenes/models/wdn/versions/12";
    private const string Reason = "agrees with the others on 12 of 40 items, which chance alone explains with p = 0.002";

    [Fact]
    public void With_room_every_row_is_one_line()
    {
        var text = Render(160);

        Assert.Contains(text, line => line.Contains(Version, StringComparison.Ordinal) && line.Contains(Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void With_less_room_sentences_are_folded_and_names_are_whole()
    {
        var text = Render(110);

        Assert.Contains(text, line => line.Contains(Version, StringComparison.Ordinal) && line.Contains("agrees with", StringComparison.Ordinal));
        Assert.DoesNotContain(text, line => line.Contains(Reason, StringComparison.Ordinal));
        Assert.All(text, line => Assert.InRange(line.Length, 0, 110));
    }

    [Fact]
    public void On_a_narrow_terminal_rows_become_records_in_which_names_are_whole()
    {
        var text = Render(60);

        Assert.Contains(text, line => line.StartsWith("version", StringComparison.Ordinal) && line.Contains(Version, StringComparison.Ordinal));
        Assert.Contains(text, line => line.StartsWith("why", StringComparison.Ordinal));
        Assert.All(text, line => Assert.InRange(line.Length, 0, 60));
    }

    [Fact]
    public void What_others_have_named_cannot_move_the_cursor()
    {
        using var output = new StringWriter();
        var console = Consoles.Open(output, redirected: true, ColourChoice.Automatic, _ => null);
        var table = Tables.Create("labeler");
        table.AddTextRow("\e[2J\e]0;owned\aanna [red]");
        console.Write(table);

        Assert.DoesNotContain('\e', output.ToString());
        Assert.DoesNotContain('\a', output.ToString());
        Assert.Contains("anna [red]", output.ToString(), StringComparison.Ordinal);
    }

    private static string[] Render(int width)
    {
        using var output = new StringWriter();
        var console = Consoles.Open(output, redirected: true, ColourChoice.Automatic, _ => null);
        console.Profile.Width = width;
        var table = Tables.Create("version", "state", "why");
        table.AddTextRow(Version, "succeeded", Reason);
        console.Write(table);
        return [.. output.ToString().Split('\n').Select(line => line.TrimEnd())];
    }
}
