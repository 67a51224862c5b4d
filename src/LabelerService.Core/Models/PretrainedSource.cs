using System.Globalization;
using System.Text.RegularExpressions;

namespace LabelerService.Core.Models;

/// <summary>What the setting <c>pretrained</c> names: a backbone, or the backbone of a model version.</summary>
/// <param name="Dataset">Id of its dataset.</param>
/// <param name="Backbone">Id of the backbone; null for a model version's.</param>
/// <param name="Model">Id of the model; null for a backbone.</param>
/// <param name="Version">Number of the version; 0 for a backbone.</param>
public sealed partial record PretrainedSource(string Dataset, string? Backbone, string? Model = null, int Version = 0)
{
    /// <summary>What a name has to look like, for people.</summary>
    public const string Pattern =
        "must be the id of a backbone of the dataset, datasets/{dataset}/backbones/{backbone} or datasets/{dataset}/models/{model}/versions/{version}";

    /// <summary>Resource name.</summary>
    public string Name => Backbone is null
        ? string.Create(CultureInfo.InvariantCulture, $"datasets/{Dataset}/models/{Model}/versions/{Version}")
        : $"datasets/{Dataset}/backbones/{Backbone}";

    /// <summary>Reads a name; null where it is none.</summary>
    /// <param name="name">The setting's value; not empty.</param>
    /// <param name="dataset">Id of the dataset that an id alone is of.</param>
    public static PretrainedSource? Parse(string name, string dataset)
    {
        if (Id().IsMatch(name))
        {
            return new PretrainedSource(dataset, name);
        }

        var match = Full().Match(name);
        return !match.Success ? null
            : match.Groups["backbone"].Success ? new PretrainedSource(match.Groups["dataset"].Value, match.Groups["backbone"].Value)
            : int.TryParse(match.Groups["version"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
                ? new PretrainedSource(match.Groups["dataset"].Value, null, match.Groups["model"].Value, version)
                : null;
    }

    [GeneratedRegex("^[a-z0-9-]{1,63}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Id();

    [GeneratedRegex(
        "^datasets/(?<dataset>[a-z0-9-]{1,63})/(backbones/(?<backbone>[a-z0-9-]{1,63})|models/(?<model>[a-z0-9-]{1,63})/versions/(?<version>[1-9][0-9]{0,9}))\\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Full();
}
