using LabelerService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>Signing in, sessions that end and services that go away, under the hands of somebody who is typing.</summary>
[Collection(SharedBrowser.Name)]
public sealed class SessionPageTests(BrowserFixture browser, KeyedService keyed) : IClassFixture<KeyedService>
{
    [Fact]
    public Task Without_a_key_there_is_nothing_but_the_way_in_and_a_wrong_key_is_told() => VisitAsync("/datasets/any/labelers", async page =>
    {
        page.ExpectStatus(401);
        await Expect(page.Heading).ToHaveTextAsync("Sign in");
        await page.AssertAccessibleAsync();
        await page.SaveScreenshotAsync("sign-in");
        await page.SignInAsync("lbl_wrong_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("not valid");
        await Expect(page.Heading).ToHaveTextAsync("Sign in");
        await page.SignInAsync(keyed.AdminKey);
        page.ExpectStatus(404);
        await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("datasets/any");

        // The key is nowhere in the browser that a script could look.
        Assert.Equal("", await page.Tab.EvaluateAsync<string>("() => document.cookie + Object.values(localStorage).join() + Object.values(sessionStorage).join()"));
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.Heading).ToHaveTextAsync("Sign in");
        await page.ReloadAsync();
        await Expect(page.Heading).ToHaveTextAsync("Sign in");
    });

    [Fact]
    public async Task A_session_that_ends_in_the_middle_of_a_form_loses_nothing_of_it()
    {
        var (name, key) = await keyed.CreateKeyAsync(ApiKey.Types.Role.Admin);
        await VisitAsync("/", async page =>
        {
            page.ExpectStatus(401);
            await page.SignInAsync(key);
            await FillDatasetAsync(page, "kept-by-session");
            await keyed.RevokeAsync(name);
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();

            var dialog = page.Tab.GetByRole(AriaRole.Dialog, new() { Name = "Sign in" });
            await Expect(dialog).ToContainTextAsync("Nothing on this page is lost");
            await page.Tab.Keyboard.PressAsync("Escape");
            await Expect(dialog).ToBeVisibleAsync();
            await dialog.GetByLabel("API key").FillAsync(keyed.AdminKey);
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
            await Expect(dialog).Not.ToBeVisibleAsync();
            await HoldsDatasetAsync(page, "kept-by-session");
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
            await Expect(page.Heading).ToHaveTextAsync("Kept as typed");
        });
        Assert.Equal(["spam", "ham"], (await keyed.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = "datasets/kept-by-session" })).Classes);
    }

    [Fact]
    public Task A_service_that_is_gone_in_the_middle_of_a_form_loses_nothing_of_it_and_the_page_goes_on() => VisitAsync("/", async page =>
    {
        page.ExpectStatus(401);
        await page.SignInAsync(keyed.AdminKey);
        await FillDatasetAsync(page, "kept-by-page");
        page.ExpectAway();
        await keyed.Service.KillAsync();
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await Expect(page.Tab.Locator("#connection")).ToContainTextAsync("The service does not answer");
        await HoldsDatasetAsync(page, "kept-by-page");

        await keyed.Service.StartAgainAsync();
        await Expect(page.Tab.Locator("#connection")).ToBeEmptyAsync();
        await HoldsDatasetAsync(page, "kept-by-page");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await Expect(page.Heading).ToHaveTextAsync("Kept as typed");
    });

    private static async Task FillDatasetAsync(DashboardPage page, string id)
    {
        await Expect(page.Heading).ToHaveTextAsync("Datasets");
        await page.WaitUntilReadyAsync();
        await page.Tab.GetByLabel("Id", new() { Exact = true }).FillAsync(id);
        await page.Tab.GetByLabel("Name", new() { Exact = true }).FillAsync("Kept as typed");
        await page.Tab.GetByLabel("Classes, one a line").FillAsync("spam\nham");
    }

    private static async Task HoldsDatasetAsync(DashboardPage page, string id)
    {
        await Expect(page.Tab.GetByLabel("Id", new() { Exact = true })).ToHaveValueAsync(id);
        await Expect(page.Tab.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("Kept as typed");
        await Expect(page.Tab.GetByLabel("Classes, one a line")).ToHaveValueAsync("spam\nham");
    }

    private Task VisitAsync(string path, Func<DashboardPage, Task> test) => DashboardPage.VisitAsync(browser.Chromium, keyed.Address, path, test);
}
