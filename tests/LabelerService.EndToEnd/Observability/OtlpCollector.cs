using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LabelerService.EndToEnd.Observability;

/// <summary>A span as a collector gets it.</summary>
/// <param name="Service">The process's <c>service.name</c>.</param>
/// <param name="Scope">Whose it is: Npgsql, ASP.NET Core, ours.</param>
/// <param name="Name">Its name.</param>
/// <param name="TraceId">Trace, in hexadecimal.</param>
/// <param name="SpanId">Itself.</param>
/// <param name="ParentId">Its parent; empty for none.</param>
internal sealed record OtlpSpan(string Service, string Scope, string Name, string TraceId, string SpanId, string ParentId);

/// <summary>A collector that keeps the spans which OTLP (protobuf over HTTP) brings it, and counts what else comes.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<OtlpSpan> _spans = new();
    private readonly ConcurrentDictionary<string, int> _paths = new(StringComparer.Ordinal);

    private OtlpCollector(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public IReadOnlyList<OtlpSpan> Spans => [.. _spans];

    /// <summary>What came, by path: <c>/v1/traces</c>, <c>/v1/metrics</c>, <c>/v1/logs</c>.</summary>
    public IReadOnlyDictionary<string, int> Paths => _paths;

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new OtlpCollector(builder.Build());
        collector._app.Run(collector.TakeAsync);
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var path = context.Request.Path.ToString();
        if (path == "/v1/traces")
        {
            // ExportTraceServiceRequest.resource_spans
            foreach (var resource in Fields(body.ToArray(), 1))
            {
                Read(resource);
            }
        }

        _paths.AddOrUpdate(path, 1, (_, count) => count + 1);
    }

    private void Read(byte[] resourceSpans)
    {
        // ResourceSpans.resource.attributes: key 1, value 2 with string_value 1
        var service = Fields(resourceSpans, 1).SelectMany(resource => Fields(resource, 1))
            .Where(attribute => Text(attribute, 1) == "service.name").Select(attribute => Text(Fields(attribute, 2).Single(), 1)).Single();
        foreach (var scopeSpans in Fields(resourceSpans, 2))
        {
            var scope = Fields(scopeSpans, 1).Select(named => Text(named, 1)).SingleOrDefault() ?? "";
            foreach (var span in Fields(scopeSpans, 2))
            {
                _spans.Enqueue(new OtlpSpan(service, scope, Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4)));
            }
        }
    }

    private static string Text(byte[] message, int number) =>
        Fields(message, number).Select(System.Text.Encoding.UTF8.GetString).SingleOrDefault() ?? "";

    private static string Hex(byte[] message, int number) =>
        Fields(message, number).Select(Convert.ToHexStringLower).SingleOrDefault() ?? "";

    // The protos of OTLP are not among our packages; of its messages, fields of bytes are all that is needed.
    private static List<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == number && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                found.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }
}
