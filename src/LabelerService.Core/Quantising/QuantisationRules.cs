using LabelerService.Core.Errors;
using LabelerService.Core.Training;

namespace LabelerService.Core.Quantising;

/// <summary>Which settings of quantisation go together.</summary>
internal static class QuantisationRules
{
    private const string NoNet = "the classifier is no net trained by gradient; set classifier=net, or leave this out";

    /// <summary>What is wrong with settings, by field; nothing if they go together.</summary>
    public static IEnumerable<FieldViolation> Violations(TrainingSettings settings)
    {
        var trainsNet = settings.TrainsNet;
        if (settings.Quantisation != Quantisation.None && !trainsNet)
        {
            yield return new FieldViolation("settings[quantisation]", NoNet);
        }

        if (settings.Quantisation != Quantisation.None && settings.SharedPace == 0 && settings.Effective.ContainsKey("shared_pace"))
        {
            yield return new FieldViolation(
                "settings[shared_pace]", "a shared head that cannot move cannot be on a grid either; set it above 0, or quantisation=none");
        }

        if (settings.Serving != ServingPrecision.Float32 && !trainsNet)
        {
            yield return new FieldViolation("settings[serving]", NoNet);
        }
        else if (settings.Serving == ServingPrecision.Packed && (settings.Quantisation == Quantisation.None || settings.Bits != 1))
        {
            yield return new FieldViolation(
                "settings[serving]",
                settings.Quantisation == Quantisation.None
                    ? "packed is for weights trained with one bit; set quantisation=bc (or bwn), or serving=int8"
                    : $"packed is for weights trained with one bit, not {settings.Bits}; set bits=1, or serving=int8");
        }
    }
}
