using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>Metrics for people and as JSON.</summary>
internal static class MetricText
{
    /// <summary>For example <c>accuracy 0.861</c>.</summary>
    public static string Of(Metric metric) => string.Create(CultureInfo.InvariantCulture, $"{Name(metric)} {metric.Value:0.000}");

    /// <summary>Name in words.</summary>
    public static string Name(Metric metric) => metric.Metric_.Replace('_', ' ');

    /// <summary>A value with its interval: <c>0.861 (0.840 – 0.880)</c>.</summary>
    public static string WithInterval(Metric metric) =>
        string.Create(CultureInfo.InvariantCulture, $"{metric.Value:0.000}") + (metric.HasLower && metric.HasUpper
            ? string.Create(CultureInfo.InvariantCulture, $" ({metric.Lower:0.000} – {metric.Upper:0.000})")
            : "");

    /// <summary>The metric as a document.</summary>
    public static object Document(Metric metric) => new
    {
        Metric = metric.Metric_,
        metric.Split,
        metric.Value,
        Lower = metric.HasLower ? metric.Lower : (double?)null,
        Upper = metric.HasUpper ? metric.Upper : (double?)null,
        metric.Count,
    };
}
