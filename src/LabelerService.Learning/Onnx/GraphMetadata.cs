using System.Globalization;
using System.Text.Json;
using LabelerService.Core.Training;

namespace LabelerService.Learning.Onnx;

/// <summary>
/// What a model file says of itself (<c>metadata_props</c>), so that it can be understood without the service. Everything in it follows
/// from data, settings and seed: the same run gives the same bytes.
/// </summary>
internal static class GraphMetadata
{
    private const string Uncertainty =
        "p: probabilities [K], q_r: labeler_probabilities [R, K], w: labeler_weights [R]; logarithms are natural. "
        + "predictive entropy = -sum_k p_k ln p_k; "
        + "mutual information = H(sum_r w_r q_r) - sum_r w_r H(q_r), with H as above; "
        + "expected disagreement = 1 - sum_{r!=s} w_r w_s (q_r . q_s) / sum_{r!=s} w_r w_s, with one head 1 - sum_k p_k^2";

    /// <summary>The entries, in order.</summary>
    /// <param name="snapshot">The data.</param>
    /// <param name="settings">Algorithm and settings.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="labelerIds">What each head stands for; null for the shared one.</param>
    /// <param name="temperature">Temperature of the calibration; 1 where there is none.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(
        TrainingSnapshot snapshot, TrainingSettings settings, long seed, IReadOnlyList<string?> labelerIds, double temperature) =>
    [
        new("labeler.format", "1"),
        new("labeler.algorithm", settings.Algorithm),
        new("labeler.dataset", snapshot.Dataset),
        new("labeler.snapshot", snapshot.SnapshotId),
        new("labeler.seed", seed.ToString(CultureInfo.InvariantCulture)),
        new("labeler.settings", JsonSerializer.Serialize(new SortedDictionary<string, string>(settings.Effective.ToDictionary(), StringComparer.Ordinal))),
        new("labeler.label_kind", snapshot.Schema.LabelKind.ToString()),
        new("labeler.classes", JsonSerializer.Serialize(snapshot.Schema.Classes)),
        new("labeler.feature_length", snapshot.FeatureLength.ToString(CultureInfo.InvariantCulture)),
        new("labeler.heads", JsonSerializer.Serialize(labelerIds)),
        new("labeler.temperature", temperature.ToString("R", CultureInfo.InvariantCulture)),
        new("labeler.uncertainty", Uncertainty),
    ];
}
