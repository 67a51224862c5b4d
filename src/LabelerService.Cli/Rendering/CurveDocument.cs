using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>A learning curve as a JSON document.</summary>
internal static class CurveDocument
{
    public static object Of(Curve curve) => new
    {
        curve.Name,
        curve.Algorithm,
        curve.Settings,
        curve.ItemFractions,
        curve.LabelFractions,
        curve.Capacities,
        curve.SeedCount,
        curve.TrainingRun,
        curve.PointCount,
        curve.MeasuredCount,
        curve.Metric,
        Basis = curve.Basis.Length == 0 ? null : curve.Basis,
        curve.ItemCount,
        curve.AnnotationCount,
        CreateTime = curve.CreateTime?.ToDateTimeOffset(),
        Points = curve.Points.Select(point => new
        {
            point.Capacity,
            point.ItemFraction,
            point.LabelFraction,
            point.Seed,
            point.ItemCount,
            point.AnnotationCount,
            Accuracy = point.Problem.Length > 0 ? (double?)null : point.Value,
            point.EvaluatedCount,
            point.TrainingSeconds,
            Problem = point.Problem.Length == 0 ? null : point.Problem,
        }),
        Fits = curve.Fits.Select(fit => new
        {
            fit.Capacity,
            fit.Intercept,
            fit.Slope,
            fit.SlopeLow,
            fit.SlopeHigh,
            fit.ResidualDeviation,
            fit.Saturation,
            LabelWorth = fit.HasLabelWorth ? new { Value = fit.LabelWorth, Low = fit.LabelWorthLow, High = fit.LabelWorthHigh } : null,
            Forecasts = fit.Forecasts.Select(forecast => new
            {
                forecast.AnnotationCount,
                Expected = forecast.Value,
                forecast.Low,
                forecast.High,
                forecast.OtherLow,
                forecast.OtherHigh,
                forecast.Gain,
                forecast.GainLow,
                forecast.GainHigh,
            }),
            fit.Warnings,
        }),
        Options = curve.Advice?.Options.Select(option => new
        {
            Kind = option.Kind.ToString().ToLowerInvariant(),
            option.Description,
            option.Cost,
            option.Gain,
            option.GainLow,
            option.GainHigh,
            option.Certain,
            option.Best,
        }),
        Summary = curve.Advice?.Summary,
    };
}
