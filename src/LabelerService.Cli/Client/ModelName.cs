using LabelerService.Contracts;

namespace LabelerService.Cli.Client;

/// <summary>Name of a model or of one of its versions.</summary>
/// <param name="Text">Resource name.</param>
/// <param name="Dataset">Id of its dataset.</param>
/// <param name="IsVersion">Whether it names a version.</param>
internal sealed record ModelName(string Text, string Dataset, bool IsVersion)
{
    /// <summary>Reads <c>datasets/{d}/models/{m}[/versions/{v}]</c>; null if it is something else.</summary>
    public static ModelName? Parse(string text)
    {
        if (ResourceName.TryParseModel(text, out var dataset, out _))
        {
            return new ModelName(text, dataset, IsVersion: false);
        }

        return ResourceName.TryParseModelVersion(text, out dataset, out _, out _) ? new ModelName(text, dataset, IsVersion: true) : null;
    }

    /// <summary>The model's own name, without a version.</summary>
    public string Model => IsVersion ? Text[..Text.LastIndexOf("/versions/", StringComparison.Ordinal)] : Text;
}
