using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>Insight for people and as documents.</summary>
internal static class InsightText
{
    /// <summary>A value with its interval: <c>0.861 (0.840 – 0.880)</c>; a dash where it is not defined.</summary>
    public static string Of(Estimate? estimate) => estimate is not { HasValue: true }
        ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{estimate.Value:0.000}") + (estimate is { HasLow: true, HasHigh: true }
            ? string.Create(CultureInfo.InvariantCulture, $" ({estimate.Low:0.000} – {estimate.High:0.000})")
            : "");

    /// <summary>A number between 0 and 1.</summary>
    public static string Share(double share) => share.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>A p-value.</summary>
    public static string PValue(double p) => p < 0.0001 ? "< 0.0001" : p.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>How it was worked out, in a line.</summary>
    public static string Basis(InsightState state)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{state.Method}: {state.AnnotationCount:N0} annotations of {state.AnnotatedItemCount:N0} items by {state.LabelerCount:N0} labelers");
        if (state.ModelVersion.Length > 0)
        {
            text += string.Create(
                CultureInfo.InvariantCulture, $", with {state.ModelVersion} on {state.OutOfFoldCount + state.PredictedCount:N0} items");
        }

        return state.GoldAccuracy is { HasValue: true } gold
            ? string.Create(CultureInfo.InvariantCulture, $"{text}; the gold class in {Of(gold)} of {gold.Count:N0} gold items")
            : text;
    }

    /// <summary>The estimate as a document; null where it is not defined.</summary>
    public static object? Document(Estimate? estimate) => estimate is not { HasValue: true }
        ? null
        : new
        {
            estimate.Value,
            Low = estimate.HasLow ? estimate.Low : (double?)null,
            High = estimate.HasHigh ? estimate.High : (double?)null,
            estimate.Count,
        };

    /// <summary>The state as a document.</summary>
    public static object Document(InsightState state) => new
    {
        state.State,
        ReadTime = Tables.Time(state.ReadTime),
        Annotations = state.AnnotationCount,
        Items = state.ItemCount,
        AnnotatedItems = state.AnnotatedItemCount,
        Labelers = state.LabelerCount,
        state.Method,
        ModelVersion = state.ModelVersion.Length > 0 ? state.ModelVersion : null,
        state.OutOfFoldCount,
        state.PredictedCount,
        state.Iterations,
        state.Converged,
        state.Incremental,
        state.Cached,
        Seconds = Math.Round(state.ComputeDuration?.ToTimeSpan().TotalSeconds ?? 0, 3),
        GoldAccuracy = Document(state.GoldAccuracy),
        Warnings = state.Warnings.Select(warning => new { warning.Code, warning.Text }),
    };
}
