using System.Net;
using System.Text.Json;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Security;

namespace LabelerService.EndToEnd.LabelStudio;

/// <summary>Events of Label Studio become annotations, revisions and retractions, in whatever order and however often they come.</summary>
public sealed class WebhookTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public async Task Creating_changing_and_deleting_there_is_an_annotation_a_revision_and_a_retraction_here()
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            Check(await studio.AcceptedAsync("/webhook", StudioClient.Body("annotation-created")), created: 1);
            Assert.Equal(["i0 7 b 1"], await _server.AnnotationsAsync(dataset));
            var stored = (await _server.Annotations().ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset })).Annotations.Single();
            Assert.Equal(12.418, stored.Duration.ToTimeSpan().TotalSeconds, 3);
            Assert.Equal(new DateTime(2024, 3, 2, 8, 41, 13, DateTimeKind.Utc).AddMicroseconds(101_230), stored.AnnotateTime.ToDateTime());

            Check(await studio.AcceptedAsync("/webhook", StudioClient.Body("annotation-updated")), revised: 1);
            Assert.Equal(["i0 7 c 2"], await _server.AnnotationsAsync(dataset));

            Check(await studio.AcceptedAsync("/webhook", StudioClient.Body("annotations-deleted")), retracted: 1);
            Assert.Empty(await _server.AnnotationsAsync(dataset));
            Assert.Equal(["i0 7 - 3"], await _server.AnnotationsAsync(dataset, retracted: true));
        }
    }

    [Fact]
    public async Task Events_that_come_again_or_late_change_nothing()
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            await studio.AcceptedAsync("/webhook", StudioClient.Body("annotation-updated"));
            Check(await studio.AcceptedAsync("/webhook", StudioClient.Body("annotation-updated")), unchanged: 1);
            Check(await studio.AcceptedAsync("/webhook", StudioClient.Body("annotation-created")), unchanged: 1);
            Assert.Equal(["i0 7 c 1"], await _server.AnnotationsAsync(dataset));

            await studio.AcceptedAsync("/webhook", StudioClient.Body("annotations-deleted"));
            Check(await studio.AcceptedAsync("/webhook", StudioClient.Body("annotations-deleted")), unchanged: 1);
            Check(await studio.AcceptedAsync("/webhook", StudioClient.Body("annotation-created")), unchanged: 1);
            Assert.Equal(["i0 7 - 2"], await _server.AnnotationsAsync(dataset, retracted: true));
        }
    }

    [Fact]
    public async Task News_of_an_annotation_whose_deletion_came_first_change_nothing()
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            Check(await studio.AcceptedAsync("/webhook", StudioEvents.Deleted(77)));
            Check(await studio.AcceptedAsync("/webhook", StudioEvents.Says(77, "i1", 9, "a")), unchanged: 1);
            Assert.Empty(await _server.AnnotationsAsync(dataset, retracted: true));
        }
    }

    [Fact]
    public async Task Of_several_annotations_of_a_labeler_the_newest_that_is_left_stands()
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            await studio.AcceptedAsync("/webhook", StudioEvents.Says(1, "i2", 5, "a", "2024-03-02T08:00:00Z"));
            await studio.AcceptedAsync("/webhook", StudioEvents.Says(2, "i2", 5, "b", "2024-03-02T09:00:00Z"));
            Assert.Equal(["i2 5 b 2"], await _server.AnnotationsAsync(dataset));
            Check(await studio.AcceptedAsync("/webhook", StudioEvents.Deleted(2)), revised: 1);
            Assert.Equal(["i2 5 a 3"], await _server.AnnotationsAsync(dataset));
            Check(await studio.AcceptedAsync("/webhook", StudioEvents.Deleted(1)), retracted: 1);
            Assert.Empty(await _server.AnnotationsAsync(dataset));
        }
    }

    [Fact]
    public async Task Skipping_or_emptying_takes_back_what_was_said_and_says_nothing_by_itself()
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            Check(await studio.AcceptedAsync("/webhook", StudioClient.Body("annotation-skipped")), unchanged: 1);
            Assert.Empty(await _server.AnnotationsAsync(dataset, retracted: true));
            await studio.AcceptedAsync("/webhook", StudioEvents.Says(3, "i3", 5, "a", "2024-03-02T08:00:00Z"));
            Check(await studio.AcceptedAsync("/webhook", StudioEvents.Says(3, "i3", 5, null, "2024-03-02T08:30:00Z", "ANNOTATION_UPDATED")), retracted: 1);
            Assert.Equal(["i3 5 - 2"], await _server.AnnotationsAsync(dataset, retracted: true));
        }
    }

    [Fact]
    public async Task An_annotation_that_moves_to_another_labeler_leaves_nothing_behind()
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            await studio.AcceptedAsync("/webhook", StudioEvents.Says(4, "i1", 5, "a", "2024-03-02T08:00:00Z"));
            Check(await studio.AcceptedAsync("/webhook", StudioEvents.Says(4, "i1", 6, "a", "2024-03-02T08:30:00Z", "ANNOTATION_UPDATED")), created: 1, retracted: 1);
            Assert.Equal(["i1 6 a 1"], await _server.AnnotationsAsync(dataset));
        }
    }

    [Fact]
    public async Task Events_of_one_annotation_that_arrive_at_the_same_time_end_with_the_newest()
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            for (var round = 0; round < 10; round++)
            {
                var id = 100 + round;
                await Task.WhenAll(Enumerable.Range(0, 6).Select(minute => studio.AcceptedAsync(
                    "/webhook", StudioEvents.Says(id, "i0", round, minute == 5 ? "c" : "a", $"2024-03-02T08:0{minute}:00Z", "ANNOTATION_UPDATED"))));
            }

            Assert.Equal(
                Enumerable.Range(0, 10).Select(round => $"i0 {round} c"),
                (await _server.AnnotationsAsync(dataset)).Select(line => line[..line.LastIndexOf(' ')]).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task The_same_numbers_of_two_Label_Studios_are_told_apart()
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            await studio.AcceptedAsync("/source=here,labelers=here-/webhook", StudioEvents.Says(1, "i0", 5, "a"));
            await studio.AcceptedAsync("/source=there,labelers=there-/webhook", StudioEvents.Says(1, "i0", 5, "b"));
            Assert.Equal(["i0 here-5 a 1", "i0 there-5 b 1"], await _server.AnnotationsAsync(dataset));
            await studio.AcceptedAsync("/source=there/webhook", StudioEvents.Deleted(1));
            Assert.Equal(["i0 here-5 a 1"], await _server.AnnotationsAsync(dataset));
        }
    }

    [Fact]
    public async Task Unknown_items_are_registered_and_in_a_dataset_of_texts_with_their_text()
    {
        var (scenes, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            await studio.AcceptedAsync("/webhook", StudioEvents.Says(1, "early", 5, "a"));
            Assert.Contains("early", await _server.ItemsAsync(scenes));
        }

        var (texts, writer) = await _server.CreateTextsAsync();
        using (writer)
        {
            Assert.Equal(2, (await writer.AcceptedAsync("/webhook", StudioClient.Body("tasks-created"))).GetProperty("items_created").GetInt32());
            Assert.Equal(0, (await writer.AcceptedAsync("/webhook", StudioClient.Body("tasks-created"))).GetProperty("items_created").GetInt32());
            var other = StudioClient.Body("annotation-created-text");
            (other["annotation"]!["task"], other["task"]!["id"], other["task"]!["data"]!["text"]) = (23, 23, "a new <script>alert(1)</script> text");
            Assert.Equal(1, (await writer.AcceptedAsync("/webhook", other)).GetProperty("items_created").GetInt32());
            Assert.Equal(["21", "22", "23"], await _server.ItemsAsync(texts));
            var items = new ItemService.ItemServiceClient(_server.Call(_server.AdminKey));
            var listed = (await items.ListItemsAsync(new ListItemsRequest { Parent = texts })).Items.Single(item => item.ItemId == "23");
            Assert.Equal(
                "a new <script>alert(1)</script> text",
                (await items.GetItemAsync(new GetItemRequest { Name = listed.Name, IncludeContents = true })).Text);

            // The alias of a choice is what results say; here it is the class.
            Assert.Equal(["23 7 a 1"], await _server.AnnotationsAsync(texts));
        }
    }

    [Fact]
    public async Task A_stored_text_is_never_overwritten_by_a_task()
    {
        var (dataset, studio) = await _server.CreateTextsAsync();
        using (studio)
        {
            var items = new ItemService.ItemServiceClient(_server.Call(_server.AdminKey));
            await items.BatchCreateItemsAsync(new BatchCreateItemsRequest
            {
                Parent = dataset,
                Batch = new ItemBatch { ItemIds = { "21" }, Texts = { "ours" }, Split = Split.Test },
            });
            Assert.Equal(1, (await studio.AcceptedAsync("/webhook", StudioClient.Body("tasks-created"))).GetProperty("items_created").GetInt32());
            var listed = (await items.ListItemsAsync(new ListItemsRequest { Parent = dataset })).Items.Single(item => item.ItemId == "21");
            var stored = await items.GetItemAsync(new GetItemRequest { Name = listed.Name, IncludeContents = true });
            Assert.Equal(("ours", Split.Test), (stored.Text, stored.Split));
        }
    }

    [Theory]
    [InlineData("project-updated")]
    [InlineData("tasks-deleted")]
    public async Task Events_that_change_nothing_here_are_answered_as_ignored(string name)
    {
        var (_, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            Assert.Equal("ignored", (await studio.AcceptedAsync("/webhook", StudioClient.Body(name))).GetProperty("status").GetString());
            var unknown = StudioClient.Body(name);
            unknown["action"] = "SOMETHING_NEW";
            Assert.Equal("ignored", (await studio.AcceptedAsync("/webhook", unknown)).GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task A_key_of_the_tasks_data_can_name_the_item()
    {
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            var body = StudioEvents.Says(1, "i0", 5, "a");
            body["task"]!["data"]!["file"] = "i3";
            await studio.AcceptedAsync("/item=file,label=scene/webhook", body);
            Assert.Equal(["i3 5 a 1"], await _server.AnnotationsAsync(dataset));
            await studio.RefusedAsync(HttpStatusCode.BadRequest, "task.data.path", "/item=path/webhook", body);
        }
    }

    [Fact]
    public async Task Names_are_kept_as_they_are_whatever_they_look_like()
    {
        const string name = "<img src=x onerror=alert(1)>\"'; DROP TABLE items; --";
        var (dataset, studio) = await _server.CreateScenesAsync();
        using (studio)
        {
            var body = StudioEvents.Says(1, name, 5, "a");
            body["annotation"]!["completed_by"] = new System.Text.Json.Nodes.JsonObject { ["id"] = 5, ["email"] = name };
            await studio.AcceptedAsync("/webhook", body);
            Assert.Equal([$"{name} {name} a 1"], await _server.AnnotationsAsync(dataset));
        }
    }

    private static void Check(JsonElement answer, int created = 0, int revised = 0, int unchanged = 0, int retracted = 0) => Assert.Equal(
        (created, revised, unchanged, retracted),
        (answer.GetProperty("created").GetInt32(), answer.GetProperty("revised").GetInt32(), answer.GetProperty("unchanged").GetInt32(), answer.GetProperty("retracted").GetInt32()));
}
