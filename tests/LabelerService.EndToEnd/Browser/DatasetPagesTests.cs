using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The pages of all datasets and of one.</summary>
[Collection(SharedBrowser.Name)]
public sealed class DatasetPagesTests(BrowserFixture browser)
{
    private readonly RunningService _service = browser.Service;

    [Fact]
    public async Task Datasets_are_listed_with_what_they_hold()
    {
        var counts = await _service.CountAsync(browser.LabelMe);
        await browser.VisitAsync("/", async page =>
        {
            var row = page.Rows("Datasets").Filter(new() { HasText = "LabelMe scenes" });
            await Expect(row.Locator("td").Nth(1)).ToHaveTextAsync("vectors of 512");
            await Expect(row.Locator("td").Nth(2)).ToHaveTextAsync("8 multi class");
            foreach (var (column, count) in new[] { (3, counts.Items), (4, counts.Labelers), (5, counts.Annotations) })
            {
                await Expect(row.Locator("td").Nth(column)).ToHaveTextAsync(Texts.Count(count));
            }

            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("datasets");
            await row.GetByRole(AriaRole.Link).ClickAsync();
            await Expect(page.Heading).ToHaveTextAsync("LabelMe scenes");
        });
    }

    [Fact]
    public Task An_admin_creates_a_dataset_by_the_form_and_an_id_that_is_taken_is_said_to_be() => browser.VisitAsync("/", async page =>
    {
        const string Name = "<img src=x onerror=alert(1)> drawn by hand";
        var id = Requests.NewId("made");
        await FillAsync();
        await page.Main.GetByLabel("Items are").SelectOptionAsync("images");
        await page.Main.GetByLabel("Height").FillAsync("8");
        await page.Main.GetByLabel("Width").FillAsync("6");
        await CreateAsync();
        await Expect(page.Heading).ToHaveTextAsync(Name);
        await page.WaitUntilReadyAsync();

        var made = await _service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = $"datasets/{id}" });
        Assert.Equal((Name, 8, 6, 1), (made.DisplayName, made.ItemType.Image.Height, made.ItemType.Image.Width, made.ItemType.Image.Channels));
        Assert.Equal(["one", "two, three", "<b>four</b>"], made.Classes);
        await Expect(page.Main.GetByText("There are no annotations yet")).ToBeVisibleAsync();
        await page.AssertAccessibleAsync();

        page.ExpectStatus(409);
        await page.GoAsync("/");
        await FillAsync();
        await CreateAsync();
        await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync(id);
        await Expect(page.Main.GetByLabel("Classes, one a line")).ToHaveValueAsync("one\n two, three\n\n<b>four</b>");

        async Task FillAsync()
        {
            await page.Main.GetByLabel("Id", new() { Exact = true }).FillAsync(id);
            await page.Main.GetByLabel("Name", new() { Exact = true }).FillAsync(Name);
            await page.Main.GetByLabel("Classes, one a line").FillAsync("one\n two, three\n\n<b>four</b>");
        }

        Task CreateAsync() => page.Main.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
    });

    [Fact]
    public async Task The_overview_tells_what_labelers_say_together_and_what_was_trained_of_it()
    {
        var consensus = await _service.Insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = browser.LabelMe, PageSize = 1 });
        var wdn = await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = browser.Versions[1] });
        var accuracy = wdn.Metrics.Single(metric => metric is { Metric_: "accuracy", Split: "test" });
        await browser.VisitAsync("/datasets/labelme", async page =>
        {
            await Expect(page.Tile("Labelers")).ToHaveTextAsync("59");
            await Expect(page.Tile("With a gold class")).ToHaveTextAsync(Texts.Count((await _service.CountAsync(browser.LabelMe)).GoldItems));
            await Expect(page.Tile("Consensus is right")).ToContainTextAsync(Texts.Percent(consensus.State.GoldAccuracy.Value));
            var model = page.Rows("Models").Filter(new() { Has = page.Tab.GetByText("wdn v1") });
            await Expect(model.Locator("td").Nth(2)).ToContainTextAsync(Texts.Percent(accuracy.Value));
            await Expect(page.Rows("Latest runs").First).ToBeVisibleAsync();
            await Expect(page.Main.GetByText("Nothing is trained by itself")).ToBeVisibleAsync();
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("overview");
            await page.Tab.SetViewportSizeAsync(360, 740);
            await page.AssertFitsWindowAsync();
        });
    }

    [Fact]
    public async Task What_comes_in_is_counted_while_the_overview_is_open()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 4);
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "a"));
        await browser.VisitAsync("/" + dataset, async page =>
        {
            var incoming = page.Main.Locator("section").Filter(new() { HasText = "Coming in" });
            await Expect(page.Tile("Annotations")).ToHaveTextAsync("10.25 an item");
            await Expect(incoming.GetByText("live", new() { Exact = true })).ToBeVisibleAsync();
            await _service.AnnotateAsync(dataset, Requests.Says("anna", "i1", "b"), Requests.Says("bert", "i1", "b"));
            await Expect(page.Tile("Annotations")).ToHaveTextAsync("30.75 an item");
            await Expect(page.Tile("Labelers")).ToHaveTextAsync("2");
            await Expect(incoming).ToContainTextAsync("last write just now");
        });
    }

    [Fact]
    public async Task A_name_that_somebody_else_has_changed_meanwhile_is_not_overwritten()
    {
        var dataset = await _service.CreateDatasetAsync();
        await browser.VisitAsync("/" + dataset, async page =>
        {
            await _service.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = new Dataset { Name = dataset, DisplayName = "Theirs" }, UpdateMask = new() { Paths = { "display_name" } } });
            page.ExpectStatus(409);
            await RenameAsync("Mine");
            await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("Somebody changed this in the meantime, so nothing was done.");
            await page.Main.GetByRole(AriaRole.Button, new() { Name = "Show it as it is now" }).ClickAsync();
            await Expect(page.Heading).ToHaveTextAsync("Theirs");
            await page.WaitUntilReadyAsync();

            await RenameAsync("Ours");
            await Expect(page.Heading).ToHaveTextAsync("Ours");
            Assert.Equal("Ours", (await _service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = dataset })).DisplayName);

            async Task RenameAsync(string name)
            {
                await page.Main.GetByText("Change its name").ClickAsync();
                await page.Main.GetByLabel("Name for people").FillAsync(name);
                await page.Main.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
            }
        });
    }

    [Fact]
    public Task Who_may_not_write_is_offered_nothing_to_write_with() => browser.VisitAsync("/datasets/labelme/models/wdn", async page =>
    {
        await page.SignInAsAsync(_service, new ApiKey { Role = ApiKey.Types.Role.Reader });
        await Expect(page.Rows("Versions").First).ToBeVisibleAsync();
        foreach (var path in new[] { "/", "/datasets/labelme", "/datasets/labelme/runs", "/datasets/labelme/models/wdn" })
        {
            await page.GoAsync(path);
            await Expect(page.Main.GetByRole(AriaRole.Button, new() { NameRegex = new("^(Create|Save|Start|Promote|Roll back|Try)") })).ToHaveCountAsync(0);
        }

        await page.SignInAsAsync(_service, new ApiKey { Role = ApiKey.Types.Role.Labeler, Datasets = { "datasets/labelme" }, LabelerId = "labeler-1" });
        await page.GoAsync("/datasets/labelme");
        await Expect(page.Tile("Annotations")).ToBeVisibleAsync();
        await Expect(page.Main.GetByRole(AriaRole.Link, new() { Name = "Label items" })).ToBeVisibleAsync();
        await Expect(page.Main.GetByText("Latest runs")).ToHaveCountAsync(0);
        foreach (var name in new[] { "runs", "models", "models/wdn", "compare" })
        {
            await page.GoAsync("/datasets/labelme/" + name);
            await Expect(page.Main).ToContainTextAsync("a labeler's key does not open it");
        }
    });
}
