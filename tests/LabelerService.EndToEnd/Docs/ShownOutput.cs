using System.Text.RegularExpressions;

namespace LabelerService.EndToEnd.Docs;

/// <summary>Output as a page shows it: <c>…</c> within a line stands for anything, and alone on a line for any number of lines.</summary>
internal static class ShownOutput
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Whether a command's output is what a page shows of it.</summary>
    public static bool Matches(string shown, string output)
    {
        var pattern = "";
        foreach (var line in shown.Trim('\n').Split('\n').Select(line => line.TrimEnd()))
        {
            pattern += line == "…" ? "(?:[^\n]*\n)*?" : string.Join("[^\n]*", line.Split('…').Select(Regex.Escape)) + "[ \t]*\n";
        }

        return Regex.IsMatch(output.TrimEnd('\n') + "\n", $@"\A{pattern}\z", RegexOptions.CultureInvariant, Limit);
    }
}
