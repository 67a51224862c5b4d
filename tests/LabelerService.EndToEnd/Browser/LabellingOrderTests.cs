using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using Microsoft.Playwright;
using static LabelerService.EndToEnd.Browser.LabellingPageTests;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>In which order items are shown to a labeler, and what of one passes to the next: no item is passed over, none comes again.</summary>
[Collection(SharedBrowser.Name)]
public sealed class LabellingOrderTests(BrowserFixture browser)
{
    private const string Labeler = "anna";
    private readonly RunningService _service = browser.Service;

    [Fact]
    public async Task An_item_that_could_not_be_shown_yet_is_not_passed_over()
    {
        var dataset = await CreateAsync(_service, 5);
        var items = (await _service.Items.ListItemsAsync(new ListItemsRequest { Parent = dataset })).Items.ToDictionary(item => item.ItemId, item => item.Name);
        await browser.VisitAsync("/service", async page =>
        {
            await InOrderAsync(page, _service, dataset);
            var isDown = true;
            var held = new TaskCompletionSource();
            await page.Tab.RouteAsync($"**/v1/{items["i1"]}?*", async route =>
            {
                if (isDown)
                {
                    await route.FulfillAsync(new() { Status = 500, ContentType = "application/json", Body = """{"message": "Something broke."}""" });
                    return;
                }

                await route.ContinueAsync();
            });
            await page.Tab.RouteAsync($"**/v1/{items["i2"]}?*", async route =>
            {
                await held.Task;
                await route.ContinueAsync();
            });
            page.ExpectStatus(500);
            await page.GoAsync($"/{dataset}/label");
            await page.Tab.GetByLabel("Labels are those of the labeler").FillAsync(Labeler);
            await page.Tab.Keyboard.PressAsync("Enter");
            await Expect(Item(page)).ToHaveTextAsync("i0");
            await page.Tab.EvaluateAsync("() => document.activeElement.blur()");

            // What it is could not be read: asked again, it comes, and not the one after it.
            await page.Tab.Keyboard.PressAsync("1");
            await Expect(page.Main.Locator(".stage")).ToContainTextAsync("Something broke.");
            await page.Main.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
            await Expect(page.Main.Locator(".stage")).ToContainTextAsync("Something broke.");
            isDown = false;
            await page.Main.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
            await Expect(Item(page)).ToHaveTextAsync("i1");

            // While the next one is on its way the last answer is taken back: the next one is still the next one.
            await page.Tab.EvaluateAsync("() => document.activeElement.blur()");
            await page.Tab.Keyboard.PressAsync("1");
            await Expect(page.Main.Locator(".stage[aria-busy=true]")).ToHaveCountAsync(1);
            await page.Tab.Keyboard.PressAsync("u");
            await Expect(page.Main.Locator(".stage:not([aria-busy])")).ToHaveCountAsync(1);
            await Expect(Item(page)).ToHaveTextAsync("i1");
            held.SetResult();
            await PressAsync(page, "2", "i2");
            await PressAsync(page, "2", "i3");
            await StoredAsync(page);
        });
        Assert.Equal(
            [("i0", SmallCrowd.Classes[0]), ("i1", SmallCrowd.Classes[1]), ("i2", SmallCrowd.Classes[1])],
            (await StoredAsync(_service, dataset)).Select(annotation => (annotation.ItemId, annotation.ClassName)));
    }

    [Fact]
    public async Task Nothing_of_one_item_passes_to_the_next_and_what_is_looked_at_again_is_not_asked_for_again()
    {
        var dataset = await CreateAsync(_service, 5);
        await browser.VisitAsync("/service", async page =>
        {
            await InOrderAsync(page, _service, dataset);
            await page.GoAsync($"/{dataset}/label");
            await page.Tab.GetByLabel("Labels are those of the labeler").FillAsync(Labeler);
            await page.Tab.Keyboard.PressAsync("Enter");
            await Expect(Item(page)).ToHaveTextAsync("i0");

            // How sure somebody was of an item that is then skipped says nothing of the next.
            await page.Tab.GetByLabel("How sure are you?").SelectOptionAsync("50 %");
            await page.Tab.EvaluateAsync("() => document.activeElement.blur()");
            await PressAsync(page, "s", "i1");
            await PressAsync(page, "1", "i2");
            await PressAsync(page, "1", "i3");

            // Looked at again, one after the other, and left as they are: i3 is still next.
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Change i1" }).ClickAsync();
            await Expect(page.Main.Locator(".stage")).ToContainTextAsync("You said");
            await Expect(Item(page)).ToHaveTextAsync("i1");
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Change i2" }).ClickAsync();
            await Expect(Item(page)).ToHaveTextAsync("i2");
            await page.Tab.EvaluateAsync("() => document.activeElement.blur()");
            await PressAsync(page, "s", "i3");
            await PressAsync(page, "2", "i4");
            await StoredAsync(page);
        });
        Assert.Equal(
            [("i1", 0), ("i2", 0), ("i3", 0)],
            (await StoredAsync(_service, dataset)).Select(annotation => (annotation.ItemId, annotation.HasConfidence ? annotation.Confidence : 0)));
    }
}
