using System.Text.Json;
using System.Text.RegularExpressions;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Observability;

/// <summary>An alert of the rules.</summary>
internal sealed record AlertRule(string Name, string Expression, string Runbook);

/// <summary>What is in <c>deploy/observability</c>, and what metrics its queries name.</summary>
internal static partial class Prometheus
{
    private static readonly string Folder = Path.Combine(Assemblies.Repository, "deploy", "observability");

    // Prometheus makes it itself, of whether a scrape succeeded.
    private static readonly string[] Own = ["up"];

    private static readonly string[] Words = ["and", "or", "unless", "bool", "offset", "inf", "nan"];

    /// <summary>Queries of all panels of the dashboard.</summary>
    public static IReadOnlyList<string> DashboardQueries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "grafana", "dashboards", "labeler.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.GetProperty("type").GetString() != "row").ToArray();
        Assert.All(panels, panel => Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray()));
        return [.. panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!)];
    }

    /// <summary>All alerts. A rule's expression and runbook stand on lines of their own.</summary>
    public static IReadOnlyList<AlertRule> Alerts()
    {
        var text = File.ReadAllText(Path.Combine(Folder, "alerts.yml"));
        var alerts = Rule().Matches(text).Select(
            rule => new AlertRule(rule.Groups["name"].Value, rule.Groups["expr"].Value, rule.Groups["runbook"].Value)).ToArray();
        Assert.Equal(text.Split("alert:").Length - 1, alerts.Length);
        return alerts;
    }

    /// <summary>What the Helm chart has KEDA ask, where that asks Prometheus.</summary>
    public static string ScalerQuery()
    {
        const string Key = "query: max(";
        var values = File.ReadLines(Path.Combine(Assemblies.Repository, "deploy", "helm", "labeler", "values.yaml"));
        return values.Select(line => line.Trim()).Single(line => line.StartsWith(Key, StringComparison.Ordinal))["query: ".Length..];
    }

    /// <summary>The metrics that a query names: what is left of it without functions, labels, texts, ranges and numbers.</summary>
    public static IReadOnlyList<string> MetricsOf(string query)
    {
        var bare = Grouping().Replace(Range().Replace(Matchers().Replace(Texts().Replace(query, ""), ""), ""), " ");
        return [.. Identifier().Matches(bare)
            .Where(name => !bare.AsSpan(name.Index + name.Length).TrimStart().StartsWith("("))
            .Select(name => name.Value).Except([.. Own, .. Words], StringComparer.Ordinal)];
    }

    /// <summary>The names of samples that a process shows.</summary>
    public static IEnumerable<string> SamplesOf(string exposition) =>
        exposition.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[..line.AsSpan().IndexOfAny('{', ' ')]);

    [GeneratedRegex(@"- alert: (?<name>\w+)\n +expr: (?<expr>[^|>\n][^\n]*)\n[\s\S]*?runbook: docs/operations\.md#(?<runbook>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Rule();

    [GeneratedRegex("\"[^\"]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex Texts();

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.NonBacktracking)]
    private static partial Regex Matchers();

    [GeneratedRegex(@"\[[^\]]*\]", RegexOptions.NonBacktracking)]
    private static partial Regex Range();

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Grouping();

    // Not the e of 1.8e9.
    [GeneratedRegex(@"(?<![\w.])[a-zA-Z_:][\w:]*", RegexOptions.None, 1000)]
    private static partial Regex Identifier();
}
