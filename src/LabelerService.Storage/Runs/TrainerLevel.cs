using LabelerService.Core.Datasets;
using LabelerService.Core.Models;

namespace LabelerService.Storage.Runs;

/// <summary>
/// Which trainers can do a run. While a service is being upgraded, trainers of two versions take runs from one queue; a run says the least
/// level it needs, and no trainer below takes it. The values are stored: a version that adds what earlier trainers cannot do, or would do
/// otherwise, adds a level.
/// </summary>
public static class TrainerLevel
{
    /// <summary>Vectors, drawn weights, and the settings there were at first.</summary>
    public const short First = 0;

    /// <summary>Learning curves, pretraining, backbones for images, sequences and texts, quantised weights; runs of others are left to others.</summary>
    public const short Backbones = 1;

    /// <summary>What a trainer of this version can do.</summary>
    public const short Current = Backbones;

    private const string BackboneSetting = "backbone";

    // What trainers of the first level refuse, or would do otherwise.
    private static readonly HashSet<string> SettingsSince =
        new(["capacity", "max_steps", "pretrained", "fine_tune", "quantisation", "bits", "serving"], StringComparer.Ordinal);

    private static readonly HashSet<string> FirstBackbones = new(["linear", "mlp"], StringComparer.Ordinal);

    /// <summary>The least level of a trainer that does a run as this version's would.</summary>
    /// <param name="schema">What the items are.</param>
    /// <param name="run">The run.</param>
    public static short Of(DatasetSchema schema, RunWrite run)
    {
        var known = schema.ItemKind == ItemKind.Vector && run.CurveId is null && run.WarmStart is null
            && !PretrainingRules.Pretrains(run.Algorithm) && !RemoteAlgorithms.Is(run.Algorithm)
            && !run.Settings.Keys.Any(SettingsSince.Contains)
            && (!run.Settings.TryGetValue(BackboneSetting, out var backbone) || FirstBackbones.Contains(backbone));
        return known ? First : Backbones;
    }
}
