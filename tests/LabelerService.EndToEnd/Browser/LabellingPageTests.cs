using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The page on which labelers label, used as they would use it; what it leaves in the service is compared with what was done.</summary>
[Collection(SharedBrowser.Name)]
public sealed class LabellingPageTests(BrowserFixture browser)
{
    private const string Labeler = "anna";
    private readonly RunningService _service = browser.Service;

    [Fact]
    public async Task Labels_given_by_keyboard_are_stored_exactly_with_skip_undo_and_confidence()
    {
        var dataset = await CreateAsync(6);
        await browser.VisitAsync("/service", async page =>
        {
            await InOrderAsync(page, _service, dataset);
            await page.GoAsync($"/{dataset}/label");
            // An admin says first for whom it speaks; nothing but keys is used.
            await page.Tab.GetByLabel("Labels are those of the labeler").FocusAsync();
            await page.Tab.Keyboard.TypeAsync(Labeler);
            await page.Tab.Keyboard.PressAsync("Enter");
            await Expect(Item(page)).ToHaveTextAsync("i0");
            await page.Tab.EvaluateAsync("() => document.activeElement.blur()");
            await PressAsync(page, "1", "i1");
            await PressAsync(page, "s", "i2");
            await page.Tab.GetByLabel("How sure are you?").SelectOptionAsync("75 %");
            await page.Tab.EvaluateAsync("() => document.activeElement.blur()");
            await PressAsync(page, "3", "i3");

            // Taken back, and said otherwise.
            await PressAsync(page, "2", "i4");
            await StoredAsync(page);
            await PressAsync(page, "u", "i3");
            await PressAsync(page, "3", "i4");

            // By arrows: the second class, from the first.
            await page.Tab.Keyboard.PressAsync("ArrowRight");
            await page.Tab.Keyboard.PressAsync("ArrowRight");
            await PressAsync(page, "Enter", "i5");
            await page.Tab.EvaluateAsync("() => document.activeElement.blur()");
            await page.Tab.Keyboard.PressAsync("1");
            await Expect(page.Main).ToContainTextAsync("Only what you skipped is left");
            await Expect(page.Main.GetByText("5 of 6 items labelled, 1 left")).ToBeVisibleAsync();
            await page.AssertAccessibleAsync();
            await page.Main.GetByRole(AriaRole.Button, new() { Name = "Show the 1 skipped" }).ClickAsync();
            await Expect(Item(page)).ToHaveTextAsync("i1");
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("label");
            await page.Main.GetByRole(AriaRole.Button, new() { Name = "dog" }).ClickAsync();
            await Expect(page.Main).ToContainTextAsync("Nothing is left to label");
            await StoredAsync(page);
        });

        var stored = await StoredAsync(_service, dataset);
        Assert.Equal(
            [("i0", "cat", 1), ("i1", "dog", 1), ("i2", "<b>owl</b>", 1), ("i3", "<b>owl</b>", 3), ("i4", "dog", 1), ("i5", "cat", 1)],
            stored.Select(annotation => (annotation.ItemId, annotation.ClassName, annotation.Revision)));
        Assert.Equal(["i2"], stored.Where(annotation => annotation.HasConfidence).Select(annotation => annotation.ItemId));
        Assert.Equal(0.75f, stored[2].Confidence);
        Assert.All(stored, annotation => Assert.True(annotation.Duration.ToTimeSpan() > TimeSpan.Zero && annotation.AnnotateTime is not null));

        // Undone means retracted, not forgotten.
        var history = await _service.Annotations.ListAnnotationRevisionsAsync(new ListAnnotationRevisionsRequest { Name = stored[3].Name });
        Assert.Equal([("<b>owl</b>", false), ("", true), ("dog", false)], history.Annotations.Select(revision => (revision.ClassName, revision.Retracted)));
    }

    [Fact]
    public async Task An_item_that_is_asked_for_is_revised_and_what_another_window_said_meanwhile_is_shown()
    {
        var dataset = await CreateAsync(3);
        await _service.AnnotateAsync(dataset, Requests.Says(Labeler, "i2", "cat"));
        await browser.VisitAsync("/service", async page =>
        {
            await InOrderAsync(page, _service, dataset);
            await page.Tab.EvaluateAsync("([key, value]) => localStorage.setItem(key, value)", new[] { $"labeler anonymous {await UidAsync(_service, dataset)}", Labeler });
            await page.GoAsync($"/{dataset}/label?item=i2");
            await Expect(Item(page)).ToHaveTextAsync("i2");
            await Expect(page.Main).ToContainTextAsync("You said cat of this item.");

            // While it is looked at, another program speaks for the same labeler.
            await _service.AnnotateAsync(dataset, Requests.Says(Labeler, "i2", "dog"));
            await PressAsync(page, "3", "i0");
            var alert = page.Main.GetByRole(AriaRole.Alert);
            await Expect(alert).ToContainTextAsync("it had said dog");
            await Expect(alert).ToContainTextAsync("Your <b>owl</b> has replaced it.");
            await page.AssertAccessibleAsync();
            await alert.GetByRole(AriaRole.Button, new() { Name = "Make it dog again" }).ClickAsync();
            await Expect(alert).ToHaveCountAsync(0);
            await WaitForAsync(_service, dataset, [("i2", "dog", 4)]);

            // Nobody else was there: no word of it.
            await PressAsync(page, "1", "i1");
            await StoredAsync(page);
            await Expect(alert).ToHaveCountAsync(0);
        });
        await WaitForAsync(_service, dataset, [("i0", "cat", 1), ("i2", "dog", 4)]);
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_when_the_service_goes_away_or_the_key_ends()
    {
        var directory = RunningService.NewDirectory();
        var file = Path.Combine(directory, "admin-key");
        await using var service = RunningService.Create(directory, ownsDirectory: true, "--trainers", "0", "--require-keys", "--admin-key-file", file);
        await service.StartAgainAsync();
        var admin = new Grpc.Core.Metadata { { "x-api-key", (await File.ReadAllTextAsync(file)).Trim() } };
        var keys = new ApiKeyService.ApiKeyServiceClient(service.Channel);
        var dataset = (await service.Datasets.CreateDatasetAsync(
            new CreateDatasetRequest
            {
                DatasetId = "pets",
                Dataset = new Dataset { Classes = { "cat", "dog" }, ItemType = new ItemType { Vector = new ItemType.Types.Vector { Length = 4 } } },
            },
            admin)).Name;
        await service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = Requests.Batch(30, 4) }, admin);
        var key = await KeyAsync();
        await DashboardPage.VisitAsync(browser.Chromium, service.HttpAddress, $"/{dataset}/label", async page =>
        {
            await page.SignInAsync(key.Key);
            await Expect(Item(page)).ToBeVisibleAsync();

            // What is useful most is the service's to say: here the order is to be known.
            await page.Tab.GetByText("Settings and keys").ClickAsync();
            await page.Tab.GetByLabel("Order").SelectOptionAsync("As the items came");
            await page.WaitUntilReadyAsync();
            await Expect(Item(page)).ToHaveTextAsync("i0");
            await page.Tab.EvaluateAsync("() => document.activeElement.blur()");
            await PressAsync(page, "1", "i1");

            // Away in the middle of it: what is shown already can be labelled, and it is said that it waits.
            page.ExpectAway();
            await service.KillAsync();
            await PressAsync(page, "2", "i2");
            await PressAsync(page, "1", "i3");
            await PressAsync(page, "u", "i2");
            await Expect(page.Main).ToContainTextAsync("The service does not answer.");
            await PressAsync(page, "2", "i3");
            await Expect(page.Main).ToContainTextAsync("wait here and will be sent once it can be, even if this page is closed");
            await service.StartAgainAsync();
            await StoredAsync(page);
            await WaitForAsync(service, dataset, [("i0", "cat", 1), ("i1", "dog", 1), ("i2", "dog", 1)], admin);

            // The key ends; the page asks for one, and goes on with another key of the same labeler.
            page.ExpectStatus(401);
            await keys.DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = key.Name }, admin);
            await page.Tab.Keyboard.PressAsync("1");
            await Expect(page.Tab.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Nothing on this page is lost");
            await page.SignInAsync((await KeyAsync()).Key);
            await WaitForAsync(service, dataset, [("i0", "cat", 1), ("i1", "dog", 1), ("i2", "dog", 1), ("i3", "cat", 1)], admin);

            // Closed with a label on its way: the next visit sends it.
            await Expect(Item(page)).ToHaveTextAsync("i4");
            await service.KillAsync();
            await page.Tab.Keyboard.PressAsync("2");
            await Expect(page.Main).ToContainTextAsync("1 label waits here");
            await page.Tab.GotoAsync("about:blank");
            await service.StartAgainAsync();
            await page.Tab.GotoAsync($"{service.HttpAddress}/dashboard/#/{dataset}/label");
            await page.WaitUntilReadyAsync();
            await StoredAsync(page);
        });
        await WaitForAsync(service, dataset, [("i0", "cat", 1), ("i1", "dog", 1), ("i2", "dog", 1), ("i3", "cat", 1), ("i4", "dog", 1)], admin);

        async Task<(string Name, string Key)> KeyAsync()
        {
            var created = await keys.CreateApiKeyAsync(
                new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Labeler, LabelerId = Labeler, Datasets = { dataset } } }, admin);
            return (created.ApiKey.Name, created.Key);
        }
    }

    [Fact]
    public async Task A_label_that_is_refused_is_shown_until_its_labeler_decides()
    {
        var dataset = await CreateAsync(3);
        await browser.VisitAsync("/service", async page =>
        {
            await InOrderAsync(page, _service, dataset);
            await page.GoAsync($"/{dataset}/label");
            await page.Tab.GetByLabel("Labels are those of the labeler").FillAsync(Labeler);
            await page.Tab.Keyboard.PressAsync("Enter");
            await Expect(Item(page)).ToHaveTextAsync("i0");
            await _service.Items.BatchDeleteItemsAsync(new BatchDeleteItemsRequest { Parent = dataset, ItemIds = { "i0" } });
            page.ExpectStatus(404);
            await page.Tab.EvaluateAsync("() => document.activeElement.blur()");
            await PressAsync(page, "1", "i1");
            var refused = page.Main.GetByRole(AriaRole.Alert);
            await Expect(refused).ToContainTextAsync("1 label could not be stored.");
            await Expect(refused).ToContainTextAsync("i0");
            await page.AssertAccessibleAsync();

            // Those after it are not held up.
            await PressAsync(page, "2", "i2");
            await WaitForAsync(_service, dataset, [("i1", "dog", 1)]);
            await refused.GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
            await Expect(refused).ToHaveCountAsync(0);
            await page.ReloadAsync();
            await Expect(Item(page)).ToHaveTextAsync("i2");
            await Expect(refused).ToHaveCountAsync(0);
        });
    }

    internal static ILocator Item(DashboardPage page) => page.Main.Locator(".stage h2");

    internal static async Task PressAsync(DashboardPage page, string key, string next)
    {
        await page.Tab.Keyboard.PressAsync(key);
        await Expect(Item(page)).ToHaveTextAsync(next);
        await page.WaitUntilReadyAsync();
    }

    /// <summary>Waits until nothing of what was said on the page is on its way any more.</summary>
    internal static Task StoredAsync(DashboardPage page) => page.Tab.WaitForFunctionAsync(
        "() => !Object.keys(localStorage).some(key => key.startsWith('label '))");

    internal static async Task<List<Annotation>> StoredAsync(RunningService service, string dataset, Grpc.Core.Metadata? headers = null) =>
    [
        .. (await service.Annotations.ListAnnotationsAsync(
            new ListAnnotationsRequest { Parent = dataset, LabelerId = Labeler, ShowRetracted = true }, headers)).Annotations,
    ];

    /// <summary>Waits until exactly this is stored: item, class and revision.</summary>
    private static async Task WaitForAsync(
        RunningService service, string dataset, (string Item, string Class, int Revision)[] wanted, Grpc.Core.Metadata? headers = null)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (string Item, string Class, int Revision)[] stored;
        do
        {
            stored = [.. (await StoredAsync(service, dataset, headers)).Select(annotation => (annotation.ItemId, annotation.ClassName, annotation.Revision))];
        }
        while (!stored.SequenceEqual(wanted) && !timeout.IsCancellationRequested);
        Assert.Equal(wanted, stored);
    }

    /// <summary>Chooses the order in which the items came, as the page remembers it.</summary>
    internal static async Task InOrderAsync(DashboardPage page, RunningService service, string dataset) =>
        await page.Tab.EvaluateAsync("key => localStorage.setItem(key, '')", $"order {await UidAsync(service, dataset)}");

    private static async Task<string> UidAsync(RunningService service, string dataset) => (await service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = dataset })).Uid;

    internal static async Task<string> CreateAsync(RunningService service, int items)
    {
        var dataset = await service.CreateDatasetAsync(4, SmallCrowd.Classes);
        await service.CreateItemsAsync(dataset, items);
        return dataset;
    }

    private Task<string> CreateAsync(int items) => CreateAsync(_service, items);
}
