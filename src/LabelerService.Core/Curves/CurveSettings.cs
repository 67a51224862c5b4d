using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;

namespace LabelerService.Core.Curves;

/// <summary>What the models of a curve are trained with.</summary>
public static class CurveSettings
{
    private const string Capacity = "capacity";

    // Intervals that nobody sees: nothing of a point's model stays but one number.
    private static readonly string[] Unseen = ["bootstrap_resamples", "weight_resamples"];

    /// <summary>Checks algorithm, settings and plan together, and names the capacity where none is named.</summary>
    /// <exception cref="ServiceException">InvalidArgument: something is wrong, or does not go together.</exception>
    public static CurvePlan Check(string algorithm, IReadOnlyDictionary<string, string> settings, CurvePlan plan)
    {
        if (AlgorithmCatalogue.WhyNoModel(algorithm) is { } problem)
        {
            throw ServiceException.InvalidField("curve.algorithm", problem);
        }

        var effective = AlgorithmCatalogue.Validate(algorithm, settings).Effective;
        if (plan.Capacities.Count == 0)
        {
            return CurvePlan.Check(plan with { Capacities = [effective.GetValueOrDefault(Capacity, "")] });
        }

        if (!effective.ContainsKey(Capacity))
        {
            throw ServiceException.InvalidField("curve.capacities", $"must be empty: {algorithm} has no capacity");
        }

        return settings.ContainsKey(Capacity)
            ? throw ServiceException.InvalidField("curve.settings[capacity]", "must not be set where curve.capacities are")
            : CurvePlan.Check(plan);
    }

    /// <summary>The settings of one part of a curve.</summary>
    public static TrainingSettings Of(string algorithm, IReadOnlyDictionary<string, string> settings, CurveCell cell)
    {
        var known = AlgorithmCatalogue.Find(algorithm)?.Settings.Select(setting => setting.Key).ToHashSet() ?? [];
        var chosen = Unseen.Where(known.Contains).ToDictionary(key => key, _ => "0");
        if (cell.Capacity.Length > 0)
        {
            chosen[Capacity] = cell.Capacity;
        }

        foreach (var (key, value) in settings)
        {
            chosen[key] = value;
        }

        return AlgorithmCatalogue.Validate(algorithm, chosen);
    }
}
