using System.Globalization;
using System.Text;
using LabelerService.Core.Quantising;

namespace LabelerService.Benchmarks.Quantized;

/// <summary>Histograms of the annealing experiment as an SVG file: a row for each step size, a column for each scheme, and f beside them.</summary>
internal static class AnnealingPlot
{
    private const int Width = 300;
    private const int Height = 110;
    private const int Left = 90;
    private const int Top = 50;
    private const int Gap = 24;
    private const double From = -2.125;
    private const double To = 2.125;

    /// <summary>Draws it.</summary>
    /// <param name="columns">The stages of each scheme, with its name.</param>
    /// <param name="grid">The grid of the histograms.</param>
    public static string Draw(IReadOnlyList<(string Name, IReadOnlyList<AnnealingStage> Stages)> columns, WeightGrid grid)
    {
        var rows = columns[0].Stages.Count;
        var (width, height) = (Left + (columns.Count * (Width + Gap)), Top + (rows * (Height + Gap)) + 30);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"18\" font-size=\"14\">Weights on the grid as the step α shrinks, f(w) = (w² − 1)²/16 + w/40 (line)</text>\n");
        for (var c = 0; c < columns.Count; c++)
        {
            var x = Left + (c * (Width + Gap));
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + (Width / 2)}\" y=\"40\" text-anchor=\"middle\" font-weight=\"bold\">{columns[c].Name}</text>\n");
            for (var r = 0; r < rows; r++)
            {
                Panel(svg, columns[c].Stages[r], grid, x, Top + (r * (Height + Gap)));
            }
        }

        for (var r = 0; r < rows; r++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 10}\" y=\"{Top + (r * (Height + Gap)) + (Height / 2)}\" text-anchor=\"end\">α = {columns[0].Stages[r].Rate}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Panel(StringBuilder svg, AnnealingStage stage, WeightGrid grid, int x, int y)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{Width}\" height=\"{Height}\" fill=\"none\" stroke=\"#999\"/>\n");
        for (var k = 0; k < stage.Histogram.Count; k++)
        {
            var value = (k - grid.Levels) * (double)grid.Step;
            if (value > From && value < To && stage.Histogram[k] > 0)
            {
                var tall = stage.Histogram[k] * (Height - 4);
                var bar = grid.Step / (To - From) * Width * 0.8;
                svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{At(value, x) - (bar / 2):0.0}\" y=\"{y + Height - tall:0.0}\" width=\"{bar:0.0}\" height=\"{tall:0.0}\" fill=\"#4477aa\"/>\n");
            }
        }

        svg.Append("<polyline fill=\"none\" stroke=\"#cc6677\" points=\"");
        for (var w = From; w <= To; w += 0.05)
        {
            // f from its minimum to 0.4 fills the panel.
            var share = Math.Min(1, (DoubleWell.Value(w) - DoubleWell.Value(DoubleWell.Minimum)) / 0.4);
            svg.Append(CultureInfo.InvariantCulture, $"{At(w, x):0.0},{y + Height - (share * Height):0.0} ");
        }

        svg.Append("\"/>\n");
        foreach (var w in (int[])[-2, -1, 0, 1, 2])
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{At(w, x):0.0}\" y=\"{y + Height + 13}\" text-anchor=\"middle\" font-size=\"10\">{w}</text>\n");
        }
    }

    private static double At(double w, int x) => x + ((w - From) / (To - From) * Width);
}
