using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Curves;
using LabelerService.Core.Errors;
using LabelerService.Storage.Curves;

namespace LabelerService.Server.Validation;

/// <summary>Reads what callers want of learning curves.</summary>
internal static class CurveRequests
{
    private const int MaxForecasts = 32;
    private const int DefaultSeeds = 3;

    /// <summary>The curve to create, checked as far as the request alone tells.</summary>
    /// <exception cref="ServiceException">InvalidArgument, with a violation for each wrong field.</exception>
    public static CurveWrite Read(CreateCurveRequest request)
    {
        var validator = new RequestValidator();
        validator.Require(ResourceName.IsId(request.CurveId), "curve_id", "must match [a-z0-9-]{1,63}");
        validator.Require(request.Curve is not null, "curve", "must be set");
        validator.ThrowIfInvalid();
        var curve = request.Curve!;
        var plan = new CurvePlan
        {
            ItemShares = [.. curve.ItemFractions],
            LabelShares = curve.LabelFractions.Count == 0 ? [1] : [.. curve.LabelFractions],
            Capacities = [.. curve.Capacities],
            Seeds = curve.SeedCount == 0 ? DefaultSeeds : curve.SeedCount,
        };
        try
        {
            return new CurveWrite(
                request.CurveId, curve.Algorithm, new Dictionary<string, string>(curve.Settings), CurveSettings.Check(curve.Algorithm, curve.Settings.AsReadOnly(), plan));
        }
        catch (ServiceException error) when (error.Violations.Any(violation => !violation.Field.StartsWith("curve.", StringComparison.Ordinal)))
        {
            // Those of algorithms and settings do not know what the request calls them.
            throw new ServiceException(
                error.Kind, error.Reason, error.Message,
                [.. error.Violations.Select(violation => violation.Field.StartsWith("curve.", StringComparison.Ordinal) ? violation : violation with { Field = $"curve.{violation.Field}" })]);
        }
    }

    /// <summary>What is asked of a curve.</summary>
    /// <exception cref="ServiceException">InvalidArgument.</exception>
    public static CurveQuestion Read(GetCurveRequest request)
    {
        var validator = new RequestValidator();
        validator.Require(request.ForecastAnnotationCounts.Count <= MaxForecasts, "forecast_annotation_counts", $"must be at most {MaxForecasts}");
        validator.Require(
            request.ForecastAnnotationCounts.All(count => count is > 0 and <= 1_000_000_000_000), "forecast_annotation_counts",
            "must each be from 1 to 1,000,000,000,000");
        validator.Require(double.IsFinite(request.LabelCost) && request.LabelCost >= 0, "label_cost", "must be a number above 0, or 0 for the default, 1");
        validator.Require(double.IsFinite(request.ItemCost) && request.ItemCost >= 0, "item_cost", "must be a number that is not negative");
        validator.ThrowIfInvalid();
        return new CurveQuestion
        {
            Labels = [.. request.ForecastAnnotationCounts],
            LabelCost = request.LabelCost == 0 ? 1 : request.LabelCost,
            ItemCost = request.ItemCost,
        };
    }
}
