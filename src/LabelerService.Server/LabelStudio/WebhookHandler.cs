using System.Text.Json;
using LabelerService.Core.Errors;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// <c>/webhook</c>: what happened in Label Studio. Everything an event changes is committed before it is answered. Events of a kind that changes
/// nothing here are answered as ignored: Label Studio sends every event to a backend that it has connected itself.
/// </summary>
internal sealed class WebhookHandler(AnnotationEvents annotations, TaskEvents tasks, TrainingEvents training)
{
    /// <summary>Handles an event.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field; PERMISSION_DENIED; what the stores refuse.</exception>
    public async Task<Action<Utf8JsonWriter>> HandleAsync(StudioCall call, CancellationToken cancel)
    {
        var action = StudioJson.Text(call.Body, "action", "action") ?? throw ServiceException.InvalidField("action", "is missing: the kind of event");
        var answer = action switch
        {
            "ANNOTATION_CREATED" or "ANNOTATIONS_CREATED" or "ANNOTATION_UPDATED" or "ANNOTATIONS_UPDATED" => await annotations.TakeAsync(call, cancel),
            "ANNOTATION_DELETED" or "ANNOTATIONS_DELETED" => await annotations.DeleteAsync(call, cancel),
            "TASK_CREATED" or "TASKS_CREATED" => await tasks.CreateAsync(call, cancel),
            "START_TRAINING" => await training.StartAsync(call, cancel),
            _ => json => json.WriteString("status", "ignored"),
        };
        return json =>
        {
            json.WriteString("action", action);
            answer(json);
        };
    }
}
