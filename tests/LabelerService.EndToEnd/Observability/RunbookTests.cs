using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Observability;

/// <summary>Whoever an alert wakes finds what to do.</summary>
public sealed class RunbookTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Assemblies.Repository, "docs", "operations.md"));

    [Fact]
    public void Every_alert_has_its_runbook_and_every_runbook_its_alert()
    {
        var alerts = Prometheus.Alerts();
        var headings = Page.Where(line => line.StartsWith("### Labeler", StringComparison.Ordinal)).Select(line => line[4..].Trim()).ToArray();
        Assert.Equal(alerts.Select(alert => alert.Name).Order(StringComparer.Ordinal), headings.Order(StringComparer.Ordinal));
        Assert.All(alerts, alert => Assert.Equal(alert.Name.ToLowerInvariant(), alert.Runbook));
    }

    [Fact]
    public void A_runbook_says_something()
    {
        foreach (var alert in Prometheus.Alerts())
        {
            var text = string.Join(' ', Page.SkipWhile(line => line != $"### {alert.Name}").Skip(1).TakeWhile(line => !line.StartsWith('#')));
            Assert.True(text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length >= 15, $"{alert.Name} says nothing");
        }
    }

    [Theory]
    [InlineData("""sum by (le) (rate(a_bucket{x="y z"}[5m])) / on (job) group_left (b) c_total > 1.8e9 and d == 0""", "a_bucket", "c_total", "d")]
    [InlineData("""topk(10, histogram_quantile(0.99, sum without (le) (rate(a_bucket[$__rate_interval]))))""", "a_bucket")]
    [InlineData("up == 0")]
    public void Metrics_of_a_query_are_found(string query, params string[] metrics) => Assert.Equal(metrics, Prometheus.MetricsOf(query));
}
