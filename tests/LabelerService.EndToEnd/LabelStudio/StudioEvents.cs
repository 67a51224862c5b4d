using System.Text.Json.Nodes;

namespace LabelerService.EndToEnd.LabelStudio;

/// <summary>Recorded events, of other annotations than the recorded ones.</summary>
internal static class StudioEvents
{
    /// <summary>An annotation that was created, or changed.</summary>
    public static JsonNode Says(long id, string item, int labeler, string? choice, string updated = "2024-03-02T08:41:13.101230Z", string action = "ANNOTATION_CREATED")
    {
        var body = StudioClient.Body("annotation-created");
        body["action"] = action;
        var annotation = body["annotation"]!;
        (annotation["id"], annotation["completed_by"], annotation["updated_at"]) = (id, labeler, updated);
        if (choice is null)
        {
            annotation["result"] = new JsonArray();
        }
        else
        {
            annotation["result"]![0]!["value"]!["choices"]![0] = choice;
        }

        body["task"]!["data"]!["item_id"] = item;
        return body;
    }

    /// <summary>Annotations that were deleted.</summary>
    public static JsonNode Deleted(params long[] ids)
    {
        var body = StudioClient.Body("annotations-deleted");
        body["annotations"] = new JsonArray([.. ids.Select(id => new JsonObject { ["id"] = id })]);
        return body;
    }
}
