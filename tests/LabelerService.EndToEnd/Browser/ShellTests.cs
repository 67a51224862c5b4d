using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The dashboard's shell around every page.</summary>
[Collection(SharedBrowser.Name)]
public sealed class ShellTests(BrowserFixture browser)
{
    [Fact]
    public Task The_service_page_shows_its_trainer() => browser.VisitAsync("/service", async page =>
    {
        await Expect(page.Heading).ToHaveTextAsync("Service");
        await Expect(page.Main.GetByRole(AriaRole.Region, new() { Name = "Trainers" }).GetByText("alive")).ToBeVisibleAsync();
        await page.AssertAccessibleAsync();
        await page.SaveScreenshotAsync("service");
    });

    [Fact]
    public Task An_address_that_leads_nowhere_says_so() => browser.VisitAsync("/nowhere", async page =>
    {
        await Expect(page.Heading).ToHaveTextAsync("There is no such page");
        await Expect(page.Main.GetByRole(AriaRole.Link, new() { Name = "All datasets" })).ToBeVisibleAsync();
        await page.AssertAccessibleAsync();
    });

    [Fact]
    public Task A_dataset_that_is_not_there_is_said_to_be_missing() => browser.VisitAsync("/nowhere", async page =>
    {
        page.ExpectStatus(404);
        await page.GoAsync("/datasets/missing");
        await Expect(page.Heading).ToHaveTextAsync("This page cannot be shown");
        await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("datasets/missing");
    });

    [Fact]
    public Task The_first_press_of_tab_offers_to_skip_to_the_content() => browser.VisitAsync("/service", async page =>
    {
        await page.Tab.Keyboard.PressAsync("Tab");
        await Expect(page.Tab.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
        await page.Tab.Keyboard.PressAsync("Enter");
        await Expect(page.Main).ToBeFocusedAsync();
    });

    [Fact]
    public Task The_choice_of_dark_is_kept_when_the_page_is_loaded_again() => browser.VisitAsync("/service", async page =>
    {
        var dark = page.Tab.GetByRole(AriaRole.Button, new() { Name = "Dark" });
        await Expect(dark).ToHaveAttributeAsync("aria-pressed", "false");
        await dark.ClickAsync();
        await page.ReloadAsync();
        await Expect(page.Tab.GetByRole(AriaRole.Button, new() { Name = "Dark" })).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(page.Tab.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
    });

    [Fact]
    public Task Nothing_is_wider_than_the_screen_of_a_telephone() => browser.VisitAsync("/service", async page =>
    {
        await page.Tab.SetViewportSizeAsync(360, 740);
        await page.AssertFitsWindowAsync();
    });
}
