using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Curves;
using LabelerService.Storage.Curves;
using DomainFit = LabelerService.Core.Curves.CurveFit;
using DomainForecast = LabelerService.Core.Curves.CurveForecast;
using DomainOption = LabelerService.Core.Curves.CurveOption;
using DomainPoint = LabelerService.Core.Curves.CurvePoint;
using WireFit = LabelerService.Contracts.V1.CurveFit;
using WireForecast = LabelerService.Contracts.V1.CurveForecast;
using WireOption = LabelerService.Contracts.V1.CurveOption;
using WirePoint = LabelerService.Contracts.V1.CurvePoint;

namespace LabelerService.Server.Mapping;

/// <summary>Learning curves between domain and proto.</summary>
internal static class CurveMapping
{
    /// <summary>The resource of a curve, without points and what they say.</summary>
    public static Curve ToResource(CurveRecord record)
    {
        var curve = new Curve
        {
            Name = ResourceName.Curve(record.DatasetId, record.CurveId),
            Uid = record.Uid.ToString(),
            Algorithm = record.Algorithm,
            SeedCount = record.Plan.Seeds,
            TrainingRun = ResourceName.TrainingRun(record.DatasetId, record.RunId),
            PointCount = record.PointCount,
            MeasuredCount = record.MeasuredCount,
            Metric = "accuracy",
            Basis = record.Basis switch
            {
                CurveBasis.TestGold => "test",
                CurveBasis.ValidationGold => "validation",
                CurveBasis.HeldOutAnnotations => "held_out",
                _ => "",
            },
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
            ItemCount = record.Size?.Items ?? 0,
            AnnotationCount = record.Size?.Labels ?? 0,
        };
        curve.ItemFractions.AddRange(record.Plan.ItemShares);
        curve.LabelFractions.AddRange(record.Plan.LabelShares);
        curve.Capacities.AddRange(record.Plan.Capacities.Where(capacity => capacity.Length > 0));
        foreach (var (key, value) in record.Settings)
        {
            curve.Settings.Add(key, value);
        }

        return curve;
    }

    /// <summary>The proto of a point.</summary>
    public static WirePoint ToPoint(DomainPoint point) => new()
    {
        Capacity = point.Cell.Capacity,
        ItemFraction = point.Cell.ItemShare,
        LabelFraction = point.Cell.LabelShare,
        Seed = point.Cell.Seed,
        ItemCount = point.Items,
        AnnotationCount = point.Labels,
        Value = point.Accuracy ?? 0,
        EvaluatedCount = point.Evaluated,
        TrainingSeconds = point.Seconds,
        Problem = point.Problem ?? "",
    };

    /// <summary>The proto of a fit.</summary>
    public static WireFit ToFit(DomainFit fit)
    {
        var wire = new WireFit
        {
            Capacity = fit.Capacity,
            Intercept = fit.Intercept.Mean,
            Slope = fit.Slope.Mean,
            SlopeLow = fit.Slope.Low,
            SlopeHigh = fit.Slope.High,
            ResidualDeviation = fit.ResidualDeviation,
            Saturation = fit.Saturation,
        };
        if (fit.LabelWorth is { } worth)
        {
            (wire.LabelWorth, wire.LabelWorthLow, wire.LabelWorthHigh) = (worth.Mean, worth.Low, worth.High);
        }

        wire.Forecasts.AddRange(fit.Forecasts.Select(ToForecast));
        wire.Warnings.AddRange(fit.Warnings);
        return wire;
    }

    /// <summary>The proto of what is to be bought.</summary>
    public static CurveAdvice ToAdvice(CurveReport report)
    {
        var advice = new CurveAdvice { Summary = report.Summary };
        advice.Options.AddRange(report.Options.Select(ToOption));
        return advice;
    }

    private static WireForecast ToForecast(DomainForecast forecast) => new()
    {
        AnnotationCount = forecast.Labels,
        Value = forecast.Expected.Mean,
        Low = forecast.Measured.Low,
        High = forecast.Measured.High,
        Gain = forecast.Gain.Mean,
        GainLow = forecast.Gain.Low,
        GainHigh = forecast.Gain.High,
        OtherLow = forecast.OnOtherItems.Low,
        OtherHigh = forecast.OnOtherItems.High,
    };

    private static WireOption ToOption(DomainOption option) => new()
    {
        Kind = option.Kind switch
        {
            CurveOptionKind.Items => WireOption.Types.Kind.Items,
            CurveOptionKind.Labels => WireOption.Types.Kind.Labels,
            _ => WireOption.Types.Kind.Capacity,
        },
        Description = option.Description,
        Gain = option.Gain.Mean,
        GainLow = option.Gain.Low,
        GainHigh = option.Gain.High,
        Cost = option.Cost,
        Certain = option.Certain,
        Best = option.Best,
    };
}
