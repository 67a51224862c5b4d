using System.Globalization;
using LabelerService.Contracts;
using LabelerService.Core.Errors;

namespace LabelerService.Server.OpenInference;

/// <summary>
/// How the Open Inference Protocol names models: <c>{dataset}.{model}</c>, one segment of a URL. Ids have no dots, so it is unambiguous. The
/// resource name <c>datasets/{d}/models/{m}</c> is taken too.
/// </summary>
/// <param name="Dataset">Id of the dataset.</param>
/// <param name="Model">Id of the model.</param>
internal readonly record struct InferenceModelName(string Dataset, string Model)
{
    /// <summary>Reads a name.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field.</exception>
    public static InferenceModelName Parse(string name, string field)
    {
        if (ResourceName.TryParseModel(name, out var dataset, out var model))
        {
            return new InferenceModelName(dataset, model);
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && ResourceName.IsId(name[..dot]) && ResourceName.IsId(name[(dot + 1)..])
            ? new InferenceModelName(name[..dot], name[(dot + 1)..])
            : throw ServiceException.InvalidField(field, "must be {dataset}.{model} such as labelme.wdn, or datasets/{dataset}/models/{model}");
    }

    /// <summary>Reads a version: a number, an alias, or neither where it is empty.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field.</exception>
    public static (int? Version, string? Alias) ParseVersion(string version, string field)
    {
        if (version.Length == 0)
        {
            return (null, null);
        }

        if (version.All(char.IsAsciiDigit))
        {
            return int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? (number, null)
                : throw ServiceException.InvalidField(field, $"must be a number from 1 to {int.MaxValue}, or an alias");
        }

        return ResourceName.IsId(version)
            ? (null, version)
            : throw ServiceException.InvalidField(field, "must be a version's number, an alias matching [a-z0-9-]{1,63}, or empty");
    }

    /// <summary><c>{dataset}.{model}</c>.</summary>
    public override string ToString() => $"{Dataset}.{Model}";
}
