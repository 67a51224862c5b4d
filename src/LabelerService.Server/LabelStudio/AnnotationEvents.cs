using System.Text.Json;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Formats.LabelStudio;
using LabelerService.Formats.Tables;
using LabelerService.Server.Validation;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.LabelStudio;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// Events of annotations. Each is first noted under Label Studio's number, then what stands of the item and labeler is written: so an event that
/// comes again, late, or beside another leaves the same annotations behind.
/// </summary>
internal sealed class AnnotationEvents(StudioAnnotationStore notes, AnnotationStore annotations, TaskEvents tasks, TimeProvider time)
{
    private const int Attempts = 10;

    // How far Label Studio's clock may be ahead, as for other clients.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>Takes annotations that were created or changed.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field; PERMISSION_DENIED; NOT_FOUND; RESOURCE_EXHAUSTED.</exception>
    public async Task<Action<Utf8JsonWriter>> TakeAsync(StudioCall call, CancellationToken cancel)
    {
        var label = ReadLabel(call);
        var studioTasks = new StudioTasks(call.Settings, call.Dataset.Schema.ItemKind == ItemKind.Text ? label.TextKey : null);
        var shown = ReadTasks(call, studioTasks);
        var field = StudioJson.Find(call.Body, "annotation") is null ? "annotations" : "annotation";
        var read = new List<StudioAnnotation>();
        var about = new List<StudioTask>();
        foreach (var (annotation, path) in StudioJson.Objects(call.Body, field, field, Limits.Batch))
        {
            var task = TaskOf(annotation, path, shown);
            read.Add(Read(call, label, annotation, path, task));
            about.Add(task);
        }

        if (call.IsLabeler && read.Any(annotation => annotation.LabelerId != call.Caller.LabelerId))
        {
            throw Foreign($"{field}.completed_by");
        }

        // A number may be another's already: taken up under it, this would take back what that one said.
        var own = call.IsLabeler ? call.Caller.LabelerId : null;
        if (own is not null
            && (await notes.FindAsync(call.Dataset, call.Settings.Source, [.. read.Select(annotation => annotation.StudioId)], cancel)).Any(pair => pair.LabelerId != own))
        {
            throw Foreign(field);
        }

        // Whoever may write items gives those that come with a text their text; a labeler's key creates none.
        var created = await tasks.EnsureAsync(call, about, cancel);
        var counts = await WriteStandingAsync(call, await notes.TakeAsync(call.Dataset, call.Settings.Source, read, own, cancel), cancel);
        return json => WriteCounts(json, counts, created);
    }

    /// <summary>Takes back annotations that were deleted. The event has nothing but their numbers.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field; PERMISSION_DENIED: another labeler's.</exception>
    public async Task<Action<Utf8JsonWriter>> DeleteAsync(StudioCall call, CancellationToken cancel)
    {
        var field = StudioJson.Find(call.Body, "annotations") is null ? "annotation" : "annotations";
        var ids = StudioJson.Objects(call.Body, field, field, Limits.Batch).Select(entry => StudioJson.Number(entry.Element, "id", $"{entry.Path}.id")).ToArray();
        if (call.IsLabeler && (await notes.FindAsync(call.Dataset, call.Settings.Source, ids, cancel)).Any(pair => pair.LabelerId != call.Caller.LabelerId))
        {
            throw Foreign(field);
        }

        var counts = await WriteStandingAsync(call, await notes.DeleteAsync(call.Dataset, call.Settings.Source, ids, cancel), cancel);
        return json => WriteCounts(json, counts, created: 0);
    }

    private async Task<AnnotationWriteResult> WriteStandingAsync(StudioCall call, IReadOnlyList<StudioPair> pairs, CancellationToken cancel)
    {
        var total = new AnnotationWriteResult(0, 0, 0);
        if (pairs.Count == 0)
        {
            return total;
        }

        // A labeler's own annotations register the labeler; items only whoever may write them. A retraction registers nothing.
        var unknown = new UnknownIds(UnknownLabelers.Register, call.IsLabeler ? UnknownItems.Reject : UnknownItems.Register);
        var standing = await notes.StandingAsync(call.Dataset, pairs, cancel);
        for (var attempt = 1; ; attempt++)
        {
            total = attempt == 1 ? await WriteAsync(standing) : total + await WriteAsync(standing);

            // Another event may have been noted since, whose own write came before this one: then what it said is written again.
            var now = await notes.StandingAsync(call.Dataset, pairs, cancel);
            if (now.SequenceEqual(standing))
            {
                return total;
            }

            standing = attempt < Attempts ? now : throw new ServiceException(
                ErrorKind.Aborted, "ANNOTATIONS_CHANGING", "The annotations keep changing while they are written. Send the event again.");
        }

        async Task<AnnotationWriteResult> WriteAsync(AnnotationWrite[] writes)
        {
            var result = new AnnotationWriteResult(0, 0, 0);

            // Annotations and retractions apart: the latter need no items.
            foreach (var group in writes.GroupBy(write => write.ClassIndex is null))
            {
                result += await annotations.WriteAsync(
                    call.Dataset, [.. group], group.Key ? new UnknownIds(UnknownLabelers.Register, UnknownItems.Register) : unknown, null, cancel,
                    key: call.Caller.Allowance);
            }

            return result;
        }
    }

    private static StudioLabel ReadLabel(StudioCall call)
    {
        const string Field = "project.label_config";
        var project = StudioJson.Object(call.Body, "project", "project");
        var config = StudioJson.Text(project, "label_config", Field)
            ?? throw ServiceException.InvalidField(Field, "is missing; turn on 'Send payload' of the webhook in Label Studio");
        return StudioLabel.Choose(LabelConfigReader.Read(config, Field), call.Settings.Label, call.Dataset.Schema.Classes, Field);
    }

    private static Dictionary<string, StudioTask> ReadTasks(StudioCall call, StudioTasks reader)
    {
        if (StudioJson.Find(call.Body, "task") is null)
        {
            throw ServiceException.InvalidField("task", "is missing; a newer Label Studio sends the task with its annotation");
        }

        var tasks = new Dictionary<string, StudioTask>(StringComparer.Ordinal);
        foreach (var (task, path) in StudioJson.Objects(call.Body, "task", "task", Limits.Batch))
        {
            tasks[StudioTasks.Key(LabelStudioFields.FirstOf(task, "id"), $"{path}.id")] = reader.Read(task, path);
        }

        return tasks;
    }

    private static StudioTask TaskOf(JsonElement annotation, string path, Dictionary<string, StudioTask> tasks)
    {
        var number = LabelStudioFields.FirstOf(annotation, "task");

        // The task is named by number; some versions put nothing there where the event is of one task.
        return number.Kind == CellKind.None && tasks.Count == 1 ? tasks.Values.Single()
            : tasks.TryGetValue(StudioTasks.Key(number, $"{path}.task"), out var task) ? task
            : throw ServiceException.InvalidField($"{path}.task", "is none of the event's tasks");
    }

    private StudioAnnotation Read(StudioCall call, StudioLabel label, JsonElement annotation, string path, StudioTask task)
    {
        var labeler = call.Settings.LabelerPrefix + StudioTasks.Key(LabelStudioFields.Person(annotation, "completed_by"), $"{path}.completed_by");
        return new StudioAnnotation(
            StudioJson.Number(annotation, "id", $"{path}.id"), task.ItemId, labeler, ReadClass(label, annotation, path), Duration(annotation), Updated(annotation, path));
    }

    private static int? ReadClass(StudioLabel label, JsonElement annotation, string path)
    {
        if (LabelStudioFields.IsCancelled(annotation) || new LabelStudioFields(new ReadOptions(LabelKey: label.Control.Name)).ChoiceIfAny(annotation) is not { } choice)
        {
            return null;
        }

        var field = $"{path}.result";
        var token = choice.Kind switch
        {
            CellKind.Bad => throw ServiceException.InvalidField(field, choice.Text),
            CellKind.Text or CellKind.Integer => choice.ToString(),
            _ => throw ServiceException.InvalidField(field, $"has a choice of '{label.Control.Name}' that is neither text nor a whole number"),
        };
        return label.ClassOf(token) ?? throw ServiceException.InvalidField(
            field, token.Length <= Limits.ClassNameBytes ? $"has the choice '{token}', which is no class of the dataset" : "has a choice that is no class of the dataset");
    }

    // What Label Studio measured is kept where it can be; an odd clock is no reason to lose a label.
    private static int? Duration(JsonElement annotation) =>
        StudioJson.Find(annotation, "lead_time") is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var seconds)
        && seconds * 1000 is >= 0 and <= int.MaxValue
            ? (int)(seconds * 1000)
            : null;

    private DateTimeOffset Updated(JsonElement annotation, string path)
    {
        var now = time.GetUtcNow();
        foreach (var name in (ReadOnlySpan<string>)["updated_at", "created_at"])
        {
            if (StudioJson.Text(annotation, name, $"{path}.{name}") is { } text)
            {
                return !TimeText.TryParse(text, out var told) ? throw ServiceException.InvalidField($"{path}.{name}", "must be a time such as 2026-01-31T12:00:00Z")
                    : told - now > ClockSkew ? throw ServiceException.InvalidField($"{path}.{name}", $"is in the future: here it is {TimeText.Format(now)}")
                    : told;
            }
        }

        throw ServiceException.InvalidField($"{path}.updated_at", "is missing");
    }

    private static void WriteCounts(Utf8JsonWriter json, AnnotationWriteResult counts, int created)
    {
        json.WriteString("status", "ok");
        json.WriteNumber("created", counts.Created);
        json.WriteNumber("revised", counts.Revised);
        json.WriteNumber("unchanged", counts.Unchanged);
        json.WriteNumber("retracted", counts.Retracted);
        json.WriteNumber("items_created", created);
    }

    private static ServiceException Foreign(string field) => new(
        ErrorKind.PermissionDenied, "LABELER_FORBIDDEN",
        $"{field}: this key speaks for one labeler only, and this is another. Label Studio sends annotations of all its users: give it a key of role ingester.",
        new FieldViolation(field, "is not the labeler of this credential"));
}
