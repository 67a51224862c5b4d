using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LabelerService.Server.Hosting;

/// <summary>What <c>/readyz</c> answers: the state, and a line for each reason why it is not Healthy.</summary>
internal static class ReadinessText
{
    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain";
        var reasons = report.Entries.Values.Where(entry => entry.Status != HealthStatus.Healthy && entry.Description is not null).Select(entry => $"\n{entry.Description}");
        return context.Response.WriteAsync($"{report.Status}{string.Concat(reasons)}");
    }
}
