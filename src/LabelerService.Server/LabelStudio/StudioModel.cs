using System.Diagnostics.CodeAnalysis;
using LabelerService.Contracts;
using LabelerService.Core.Errors;
using LabelerService.Storage.Models;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// Which version answers Label Studio: its users pick none, they look at whatever serves. Versions are called by their resource names, which
/// Label Studio keeps with each prediction and sends back.
/// </summary>
internal sealed class StudioModel(ModelStore models)
{
    private const int MostModels = 1_000;
    private const int MostVersions = 100;

    /// <summary>The version that serves: the champion of the model in the path, or of the one that changed last. Null if there is none.</summary>
    /// <exception cref="ServiceException">NOT_FOUND: the path names a model or alias that does not exist.</exception>
    public async Task<(string Model, int Version)?> ServingAsync(StudioCall call, CancellationToken cancel)
    {
        var alias = call.Settings.Alias ?? ModelAliases.Champion;
        if (call.Settings.Model is { } named)
        {
            return (named, (await models.GetVersionByAliasAsync(call.Dataset, named, alias, cancel)).Version);
        }

        var serving = (await models.ListAsync(call.Dataset, null, MostModels, cancel)).Where(model => model.Aliases.ContainsKey(alias)).MaxBy(model => model.UpdateTime);
        return serving is null ? null : (serving.ModelId, serving.Aliases[alias]);
    }

    /// <summary>Names of the newest versions of the model that serves, newest first.</summary>
    public async Task<IReadOnlyList<string>> VersionsAsync(StudioCall call, CancellationToken cancel) =>
        await ServingAsync(call, cancel) is not var (model, _)
            ? []
            : [.. (await models.ListVersionsAsync(call.Dataset, model, null, MostVersions, cancel)).Select(version => Name(call, model, version.Version))];

    /// <summary>The version that Label Studio asks for by name, where it is one of this dataset.</summary>
    public static bool TryParse(StudioCall call, string? name, [NotNullWhen(true)] out (string Model, int Version)? version)
    {
        version = name is not null && ResourceName.TryParseModelVersion(name, out var dataset, out var model, out var number) && dataset == call.Dataset.Id
            ? (model, number)
            : null;
        return version is not null;
    }

    /// <summary>The name of a version.</summary>
    public static string Name(StudioCall call, string model, int version) => ResourceName.ModelVersion(call.Dataset.Id, model, version);
}
