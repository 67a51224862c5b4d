using System.Text.Json;
using LabelerService.Core.Errors;
using LabelerService.Server.OpenInference;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// <c>/health</c>, <c>/setup</c> and <c>/versions</c>: Label Studio asks whether there is somebody, shows the project's label config, and hears which version
/// predicts.
/// </summary>
internal sealed class SetupHandler(StudioModel models)
{
    /// <summary>Answers that there is somebody.</summary>
    public static Task<Action<Utf8JsonWriter>> HealthAsync(StudioCall call, CancellationToken cancel) =>
        Task.FromResult<Action<Utf8JsonWriter>>(json =>
        {
            json.WriteString("status", "UP");
            json.WriteString("model_class", "LabelerService");
        });

    /// <summary>
    /// Checks that the project asks for the dataset's classes, and names the version that serves. Without one the text is empty: annotations
    /// may come before there is anything to predict with.
    /// </summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming <c>schema</c>: the project does not fit the dataset.</exception>
    public async Task<Action<Utf8JsonWriter>> SetupAsync(StudioCall call, CancellationToken cancel)
    {
        var config = StudioJson.Text(call.Body, "schema", "schema") ?? throw ServiceException.InvalidField("schema", "is missing: the project's label config");
        StudioLabel.Choose(LabelConfigReader.Read(config, "schema"), call.Settings.Label, call.Dataset.Schema.Classes, "schema");
        var serving = call.IsLabeler ? null : await models.ServingAsync(call, cancel);
        return json => json.WriteString("model_version", serving is var (model, version) ? StudioModel.Name(call, model, version) : "");
    }

    /// <summary>Lists the versions that a project may be set to.</summary>
    public async Task<Action<Utf8JsonWriter>> VersionsAsync(StudioCall call, CancellationToken cancel)
    {
        var versions = await models.VersionsAsync(call, cancel);
        return json => HttpAnswers.WriteArray(json, "versions", versions);
    }
}
