using CsCheck;
using LabelerService.Cli.Files;

namespace LabelerService.Cli.Tests.Files;

public class LineMapTests
{
    [Fact]
    public void Every_row_finds_the_line_it_was_added_with() =>
        Gen.Int[1, 4].Array[1, 200].Sample(steps =>
        {
            var map = new LineMap();
            var lines = new List<long>();
            var line = 1L;
            foreach (var step in steps)
            {
                line += step;
                lines.Add(line);
                map.Add(line);
            }

            return lines.Select((expected, row) => map.LineOf(row) == expected).All(same => same);
        });
}
