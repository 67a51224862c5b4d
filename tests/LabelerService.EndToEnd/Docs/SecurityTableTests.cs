using System.Text.RegularExpressions;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Docs;

/// <summary>docs/security.md says which test keeps which rule: they are there, and part of the suite.</summary>
[Trait("Suite", "security")]
public sealed partial class SecurityTableTests
{
    private const int Classes = 19;

    [GeneratedRegex(@"^\| (?<number>\d+) \|(?<class>[^|]+)\|(?<rule>[^|]+)\|(?<tests>[^|]+)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(?<name>[^`]+)`")]
    private static partial Regex Code();

    [Fact]
    public void Every_class_of_vulnerability_has_its_rule_and_tests_that_are_there_and_in_the_suite()
    {
        var page = File.ReadAllText(Path.Combine(Assemblies.Repository, "docs", "security.md"));
        var rows = Row().Matches(page);
        Assert.Equal(Enumerable.Range(1, Classes), rows.Select(row => int.Parse(row.Groups["number"].Value, System.Globalization.CultureInfo.InvariantCulture)));
        var files = Directory.EnumerateFiles(Path.Combine(Assemblies.Repository, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .GroupBy(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToArray());
        foreach (var row in rows.Cast<Match>())
        {
            var named = Code().Matches(row.Groups["tests"].Value).Select(match => match.Groups["name"].Value).ToArray();
            Assert.True(named.Length > 0, $"row {row.Groups["number"].Value} names no test");
            foreach (var name in named)
            {
                Assert.True(IsThere(name, files), $"row {row.Groups["number"].Value} names {name}, which is not there, or not [Trait(\"Suite\", \"security\")]");
            }
        }
    }

    // `Class.Method`, or a file of the repository that does the checking.
    private static bool IsThere(string name, Dictionary<string, string[]> files)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(Path.Combine(Assemblies.Repository, name));
        }

        return name.Split('.') is [var test, var method] && files.TryGetValue(test, out var found) && found.Any(file =>
        {
            var text = File.ReadAllText(file);
            return text.Contains($" {method}(", StringComparison.Ordinal) && text.Contains("[Trait(\"Suite\", \"security\")]", StringComparison.Ordinal);
        });
    }
}
