using LabelerService.Cli.Rendering;
using Microsoft.Extensions.Time.Testing;

namespace LabelerService.Cli.Tests.Rendering;

public class ProgressTests
{
    [Fact]
    public async Task Without_a_terminal_a_line_now_and_then_tells_rate_and_time_left()
    {
        using var error = new StringWriter();
        var time = new FakeTimeProvider();
        var terminal = new Terminal(TextWriter.Null, error, json: false, ColourChoice.Automatic, _ => null);

        await ProgressBoard.RunAsync(terminal, time, board =>
        {
            var item = board.Add("labels.csv");
            for (var done = 0; done <= 1000; done += 10)
            {
                item.SetCount(done, 1000, "labels");
                time.Advance(TimeSpan.FromSeconds(0.2));
            }

            return Task.FromResult(true);
        });

        var lines = error.ToString().TrimEnd().Split('\n');
        Assert.Equal("labels.csv: 250 of 1,000 labels, 50/s, 15 s left", lines[1]);
        Assert.Equal("labels.csv: 1,000 of 1,000 labels, 50/s", lines[^1]);
        // Twenty seconds of work, a line every five, the first and the last.
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public async Task With_json_nothing_is_shown()
    {
        using var error = new StringWriter();
        var terminal = new Terminal(TextWriter.Null, error, json: true, ColourChoice.Automatic, _ => null);

        await ProgressBoard.RunAsync(terminal, TimeProvider.System, board =>
        {
            var item = board.Add("labels.csv");
            item.SetCount(5, 10, "labels");
            item.Finish("done");
            return Task.FromResult(true);
        });

        Assert.Equal("", error.ToString());
    }
}
