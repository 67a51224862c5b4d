using LabelerService.Benchmarks.CommandLine;
using LabelerService.Core.Models;

namespace LabelerService.Benchmarks.Models;

/// <summary>An algorithm with some settings of its own, written <c>bn</c> or <c>bn[target=majority;epochs=20]</c>.</summary>
/// <param name="Algorithm">Algorithm id.</param>
/// <param name="Settings">Settings that differ from what the others are trained with.</param>
internal sealed record ModelVariant(AlgorithmDescriptor Algorithm, IReadOnlyDictionary<string, string> Settings)
{
    private const string TargetSetting = "target";

    // <dataset>.consensus.accuracy is that of the consensus on training items, so the algorithm of this name has another one in figures.
    private const string Consensus = "consensus";

    /// <summary>As it is written on the command line.</summary>
    public string Name => Named(Algorithm.Id);

    /// <summary>Name in figures and tables.</summary>
    public string FigureName => Named(Algorithm.Id == Consensus ? "consensus_net" : Algorithm.Id);

    /// <summary>Every algorithm there is; those that learn one target label with each target.</summary>
    public static IReadOnlyList<ModelVariant> Everything() => [.. AlgorithmCatalogue.Models.SelectMany(EachTarget)];

    /// <summary>Reads a list with commas.</summary>
    /// <exception cref="BenchUsageException">It is no such list.</exception>
    public static IReadOnlyList<ModelVariant> ParseList(string text)
    {
        var variants = new List<ModelVariant>();
        var (start, depth) = (0, 0);
        for (var at = 0; at <= text.Length; at++)
        {
            // A setting may be a list itself, so a comma separates models outside of brackets only.
            var c = at < text.Length ? text[at] : ',';
            depth += c == '[' ? 1 : c == ']' ? -1 : 0;
            if (c == ',' && (depth == 0 || at == text.Length))
            {
                variants.Add(Parse(text[start..at].Trim()));
                start = at + 1;
            }
        }

        return variants.Select(variant => variant.Name).Distinct().Count() == variants.Count
            ? variants : throw new BenchUsageException($"--models \"{text}\" names a model twice");
    }

    /// <summary>Reads <c>key=value</c>.</summary>
    /// <exception cref="BenchUsageException">There is no equals sign.</exception>
    public static KeyValuePair<string, string> ParseSetting(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? new(text[..at].Trim(), text[(at + 1)..].Trim()) : throw new BenchUsageException($"\"{text}\" is not key=value");
    }

    /// <summary>Whether the algorithm can be set so.</summary>
    public bool Has(string key) => Algorithm.Settings.Any(setting => setting.Key == key);

    private string Named(string id) => Settings.Count == 0
        ? id : $"{id}[{string.Join(';', Settings.Select(setting => $"{setting.Key}={setting.Value}"))}]";

    private static IEnumerable<ModelVariant> EachTarget(AlgorithmDescriptor algorithm)
    {
        var target = algorithm.Settings.FirstOrDefault(setting => setting.Key == TargetSetting);
        yield return new ModelVariant(algorithm, new Dictionary<string, string>());
        foreach (var choice in target?.Choices ?? [])
        {
            if (choice != target!.Default)
            {
                yield return new ModelVariant(algorithm, new Dictionary<string, string> { [TargetSetting] = choice });
            }
        }
    }

    private static ModelVariant Parse(string text)
    {
        var open = text.IndexOf('[', StringComparison.Ordinal);
        if (open >= 0 && !text.EndsWith(']'))
        {
            throw new BenchUsageException($"\"{text}\" is not a model; write one as bn or bn[target=majority;epochs=20]");
        }

        var id = open < 0 ? text : text[..open];
        var algorithm = AlgorithmCatalogue.Find(id) ?? throw new BenchUsageException(
            $"there is no model \"{id}\"; there are {string.Join(", ", AlgorithmCatalogue.Models.Select(known => known.Id))}");
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in open < 0 ? [] : text[(open + 1)..^1].Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = ParseSetting(setting);
            settings[key] = value;
        }

        return new ModelVariant(algorithm, settings);
    }
}
