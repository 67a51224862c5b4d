using System.Globalization;

namespace LabelerService.TestKit.Suites;

/// <summary>
/// What a suite has tried, for the person who asked for it: a line for each test, which the launcher prints at the end and leaves in
/// <c>artifacts/test-results/reports/SUITE.PROCESS.md</c>. Without the launcher nothing is written.
/// </summary>
public static class SuiteReport
{
    private static readonly Lock Writing = new();

    /// <summary>Adds a line.</summary>
    /// <param name="suite">The suite's name: <c>security</c>, <c>faults</c>, <c>upgrade</c>.</param>
    /// <param name="what">What was tried, in a few words.</param>
    /// <param name="figures">What came of it, e.g. <c>("inputs", 10_000)</c>.</param>
    public static void Add(string suite, string what, params (string Name, object Value)[] figures)
    {
        if (Environment.GetEnvironmentVariable("LABELER_TEST_REPORTS") is not { Length: > 0 } folder)
        {
            return;
        }

        var line = $"- {what}: {string.Join(", ", figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Name} {figure.Value}")))}\n";
        lock (Writing)
        {
            Directory.CreateDirectory(folder);
            File.AppendAllText(Path.Combine(folder, $"{suite}.{Environment.ProcessId}.md"), line);
        }
    }
}
