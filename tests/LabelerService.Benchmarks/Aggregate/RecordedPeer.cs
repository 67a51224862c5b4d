namespace LabelerService.Benchmarks.Aggregate;

/// <summary>
/// What crowd-kit (Python) was recorded to do on a machine of two cores: not measured here, so ratios of seconds are rough.
/// </summary>
/// <param name="Accuracy">Accuracy in percent.</param>
/// <param name="Seconds">Seconds; null where none were recorded.</param>
internal sealed record RecordedPeer(double Accuracy, double? Seconds)
{
    private static readonly Dictionary<(string Data, string Algorithm), RecordedPeer> Recorded = new()
    {
        [("dog", "mv")] = new(81.8, null),
        [("dog", "ds")] = new(84.3, 0.22),
        [("dog", "one_coin")] = new(83.0, null),
        [("dog", "glad")] = new(83.4, 4.6),
        [("dog", "mace")] = new(83.0, 1.4),
        [("dog", "wawa")] = new(82.9, null),
        [("dog", "m_msr")] = new(82.8, null),
        [("duck", "mv")] = new(75.9, null),
        [("duck", "ds")] = new(88.9, 0.03),
        [("duck", "one_coin")] = new(58.3, null),
        [("duck", "glad")] = new(72.2, 2.3),
        [("duck", "mace")] = new(80.6, 0.8),
        [("duck", "wawa")] = new(75.9, null),
        [("duck", "m_msr")] = new(71.3, null),
        [("product", "mv")] = new(89.7, null),
        [("product", "ds")] = new(94.0, 2.7),
        [("product", "one_coin")] = new(90.8, null),
        [("product", "glad")] = new(92.9, 26),
        [("product", "mace")] = new(92.0, 2.9),
        [("product", "wawa")] = new(89.7, null),
    };

    /// <summary>The record of an algorithm on a crowd; null if there is none.</summary>
    public static RecordedPeer? Of(string data, string algorithm) => Recorded.GetValueOrDefault((data, algorithm));
}
