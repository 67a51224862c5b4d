using System.Text;
using System.Text.Json;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Server.Validation;
using LabelerService.Storage.Items;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// Tasks that become items: in a dataset of texts, those that show a text which is not stored yet. What is stored is never overwritten, and
/// nothing is fetched: a task that shows an address stays without content until somebody uploads it.
/// </summary>
internal sealed class TaskEvents(ItemStore items)
{
    private const string WriteItems = "labeler.v1.ItemService/BatchCreateItems";

    /// <summary>Stores the texts of tasks that were created.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field; PERMISSION_DENIED; RESOURCE_EXHAUSTED: a quota.</exception>
    public async Task<Action<Utf8JsonWriter>> CreateAsync(StudioCall call, CancellationToken cancel)
    {
        if (call.Dataset.Schema.ItemKind != ItemKind.Text)
        {
            return json => json.WriteString("status", "ignored");
        }

        const string Field = "project.label_config";
        call.Require(WriteItems, "create items");
        var config = StudioJson.Text(StudioJson.Object(call.Body, "project", "project"), "label_config", Field)
            ?? throw ServiceException.InvalidField(Field, "is missing; turn on 'Send payload' of the webhook in Label Studio");
        var label = StudioLabel.Choose(LabelConfigReader.Read(config, Field), call.Settings.Label, call.Dataset.Schema.Classes, Field);
        var reader = new StudioTasks(call.Settings, label.TextKey);
        var field = StudioJson.Find(call.Body, "tasks") is null ? "task" : "tasks";
        var created = await EnsureAsync(
            call, [.. StudioJson.Objects(call.Body, field, field, Limits.Batch).Select(task => reader.Read(task.Element, task.Path))], cancel);
        return json =>
        {
            json.WriteString("status", "ok");
            json.WriteNumber("items_created", created);
        };
    }

    /// <summary>Stores the texts of tasks as far as they are missing and the caller may write items.</summary>
    /// <returns>How many items are new.</returns>
    public async Task<int> EnsureAsync(StudioCall call, IReadOnlyList<StudioTask> tasks, CancellationToken cancel)
    {
        StudioTask[] texts = [.. tasks.Where(task => task.Text is not null).DistinctBy(task => task.ItemId)];
        if (texts.Length == 0 || !call.MayCall(WriteItems))
        {
            return 0;
        }

        var existing = await items.ExistingAsync(call.Dataset, [.. texts.Select(task => task.ItemId)], cancel);
        ItemWrite[] writes =
        [
            .. texts.Where(task => existing.GetValueOrDefault(task.ItemId)?.ContentType is null).Select(task => new ItemWrite(
                task.ItemId, existing.GetValueOrDefault(task.ItemId)?.Split ?? Split.Train, default,
                Content: new ItemContent(ContentType.Text, Encoding.UTF8.GetBytes(task.Text!)))),
        ];
        return writes.Length == 0 ? 0 : (await items.UpsertAsync(call.Dataset, writes, null, cancel, call.Caller.Allowance)).Created;
    }
}
