using System.Net;
using System.Text.Json;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Observability;

/// <summary>What the service tells of itself: metrics, traces, and the log; and that dashboard and alerts ask for what there is.</summary>
public sealed class ObservabilityTests(ObservedService observed) : IClassFixture<ObservedService>
{
    [Fact]
    public async Task Every_metric_that_dashboard_alerts_and_autoscaling_ask_for_is_shown_by_a_running_service()
    {
        var asked = Prometheus.DashboardQueries().Concat(Prometheus.Alerts().Select(alert => alert.Expression))
            .Append(Prometheus.ScalerQuery())
            .SelectMany(Prometheus.MetricsOf).Distinct(StringComparer.Ordinal).ToArray();
        Assert.True(asked.Length > 30, $"only {asked.Length} metrics are asked for");

        // Figures of the whole service come a few seconds after the start, with the first look at the database.
        await Eventually.HoldsAsync(async () =>
        {
            var shown = new HashSet<string>(StringComparer.Ordinal);
            foreach (var port in observed.MetricsPorts)
            {
                shown.UnionWith(Prometheus.SamplesOf(await ObservedService.ScrapeAsync(port)));
            }

            Assert.Empty(asked.Except(shown));
        });
    }

    [Fact]
    public Task Metrics_count_what_was_done_and_name_no_dataset_labeler_or_item() => Eventually.HoldsAsync(async () =>
    {
        var server = await ObservedService.ScrapeAsync(observed.MetricsPorts[0]);
        var trainer = await ObservedService.ScrapeAsync(observed.MetricsPorts[1]);

        // 300 items with 3 annotations each, 100 items in each of two other splits; five predictions.
        Assert.Equal(900, Value(server, "labeler_ingest_annotations_total", "created"));
        Assert.Equal(500, Value(server, "labeler_ingest_items_total", "created"));
        Assert.Equal(5, Value(server, "labeler_prediction_items_total", "request"));
        Assert.Equal(5, Value(server, "labeler_prediction_duration_seconds_count", "request"));
        Assert.Equal(0, Value(server, "labeler_ingest_queue_annotations", ""));
        Assert.Equal(1, Value(trainer, "labeler_run_duration_seconds_count", "algorithm=\"dn\""));
        Assert.Equal(5, Value(server, "http_server_request_duration_seconds_count", "/labeler.v1.PredictionService/Predict"));
        Assert.All(observed.Names, name => Assert.DoesNotContain($"\"{name}\"", server + trainer, StringComparison.Ordinal));
    });

    [Fact]
    public async Task The_admin_port_has_metrics_and_nothing_else_and_no_other_port_has_them()
    {
        using var client = new HttpClient();
        foreach (var path in (string[])["/", "/v1/datasets", "/healthz", "/openapi/v1.json"])
        {
            using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{observed.AdminPort}{path}"));
            Assert.Equal((path, HttpStatusCode.NotFound), (path, answer.StatusCode));
        }

        using var disguised = new HttpRequestMessage(HttpMethod.Get, new Uri($"{observed.Service.HttpAddress}/metrics"));
        disguised.Headers.Host = $"127.0.0.1:{observed.AdminPort}";
        using var refused = await client.SendAsync(disguised);
        Assert.DoesNotContain("labeler_", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_trace_leads_from_the_client_through_server_and_database_to_the_trainer()
    {
        // Every process sends its spans, figures and lines in batches of its own.
        string[] parts = ["claim", "read", "fit", "publish"];
        await Eventually.HoldsAsync(() =>
        {
            OtlpSpan[] spans = [.. observed.Collector.Spans.Where(span => span.TraceId == observed.TraceId)];
            var call = Assert.Single(spans, span => span.Service == "labeler-server" && span.Name.Contains("CreateTrainingRun", StringComparison.Ordinal));
            Assert.NotEmpty(call.ParentId);
            Assert.Contains(spans, span => span is { Service: "labeler-server", Scope: "Npgsql" });
            var run = Assert.Single(spans, span => span is { Service: "labeler-trainer", Name: "training run" });
            Assert.Equal(call.SpanId, run.ParentId);
            Assert.All(parts, part => Assert.Contains(spans, span => span.Name == part && span.ParentId == run.SpanId));
            Assert.Contains(spans, span => span is { Service: "labeler-trainer", Scope: "Npgsql" });
            Assert.Contains("/v1/metrics", observed.Collector.Paths.Keys);
            Assert.Contains("/v1/logs", observed.Collector.Paths.Keys);
            return Task.CompletedTask;
        });

        // Probes, looks at queues and signs of life are in no trace.
        Assert.DoesNotContain(observed.Collector.Spans, span => span.Name.Contains("readyz", StringComparison.Ordinal));
        Assert.DoesNotContain(observed.Collector.Spans, span => span is { Scope: "Npgsql", ParentId: "" });
    }

    [Fact]
    public Task The_log_is_one_JSON_object_a_line_with_event_id_and_trace() => Eventually.HoldsAsync(() =>
    {
        var lines = observed.Service.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var events = lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.All(events, line => Assert.True(line.GetProperty("EventId").GetInt32() >= 0));

        // The server's own, and its trainer's.
        Assert.Contains(events, line => line.GetProperty("Message").GetString()!.StartsWith("Ready:", StringComparison.Ordinal));
        var trained = Assert.Single(events, line => line.GetProperty("EventId").GetInt32() == 30);
        Assert.Equal("dn", trained.GetProperty("State").GetProperty("Algorithm").GetString());
        Assert.Contains(events, line => line.GetProperty("EventId").GetInt32() == 31 && line.ToString().Contains(observed.TraceId, StringComparison.Ordinal));
        return Task.CompletedTask;
    });

    // The sum of a metric's samples whose labels contain a text.
    private static double Value(string exposition, string name, string label) =>
        exposition.Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is '{' or ' ')
            .Where(line => line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(
                (line.Contains('}', StringComparison.Ordinal) ? line[(line.LastIndexOf('}') + 1)..] : line[name.Length..]).Trim().Split(' ')[0],
                System.Globalization.CultureInfo.InvariantCulture));
}
