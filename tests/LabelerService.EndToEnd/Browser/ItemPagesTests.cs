using System.Globalization;
using Google.Protobuf;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The list of items, and the page of one.</summary>
[Collection(SharedBrowser.Name)]
public sealed class ItemPagesTests(BrowserFixture browser)
{
    private const int PageSize = 25;

    // The smallest PNG: one white pixel.
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";

    private readonly RunningService _service = browser.Service;

    [Fact]
    public async Task Items_are_listed_with_gold_consensus_and_how_sure_it_is()
    {
        var listed = (await _service.Items.ListItemsAsync(new ListItemsRequest { Parent = browser.LabelMe, PageSize = PageSize })).Items;
        var consensus = await ConsensusAsync(browser.LabelMe, listed.Select(item => item.ItemId));
        await browser.VisitAsync("/datasets/labelme/items", async page =>
        {
            var rows = page.Rows("Items");
            await Expect(rows).ToHaveCountAsync(PageSize);
            for (var i = 0; i < listed.Count; i++)
            {
                var cells = rows.Nth(i).Locator("td");
                var known = consensus[listed[i].ItemId];
                await Expect(cells.Nth(0)).ToHaveTextAsync(listed[i].ItemId);
                await Expect(cells.Nth(1)).ToHaveTextAsync("train");
                await Expect(cells.Nth(2)).ToHaveTextAsync(listed[i].GoldClass);
                await Expect(cells.Nth(3)).ToHaveTextAsync($"{known.ClassName} {(known.ClassName == listed[i].GoldClass ? "is gold" : $"gold: {listed[i].GoldClass}")}");
                await Expect(cells.Nth(4)).ToHaveTextAsync(Texts.Percent(known.ProbabilityWrong));
                await Expect(cells.Nth(6)).ToHaveTextAsync(known.Probability.Count.ToString(CultureInfo.InvariantCulture));
            }

            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("items");
        });
    }

    [Fact]
    public Task A_page_is_turned_once_however_often_the_button_is_pressed() => browser.VisitAsync("/datasets/labelme/items", async page =>
    {
        var rows = page.Rows("Items");
        await Expect(rows).ToHaveCountAsync(PageSize);
        var held = new TaskCompletionSource();
        await page.Tab.RouteAsync("**/v1/datasets/labelme/items?*pageToken=*", async route =>
        {
            await held.Task;
            await route.ContinueAsync();
        });
        var pager = page.Main.GetByRole(AriaRole.Navigation, new() { Name = "Pages: Items" });
        var (next, previous) = (pager.GetByRole(AriaRole.Button, new() { Name = "Next" }), pager.GetByRole(AriaRole.Button, new() { Name = "Previous" }));
        await next.ClickAsync();
        await next.ClickAsync();
        held.SetResult();
        await Expect(pager).ToContainTextAsync("Page 2");
        var second = (await _service.Items.ListItemsAsync(new ListItemsRequest { Parent = browser.LabelMe, PageSize = PageSize + 1 })).Items[PageSize];
        await Expect(rows.First.Locator("td").First).ToHaveTextAsync(second.ItemId);

        // Whoever turns pages by keyboard stays on the button.
        await Expect(next).ToBeFocusedAsync();
        await previous.ClickAsync();
        await Expect(pager).ToContainTextAsync("Page 1");
        await Expect(previous).ToBeDisabledAsync();
    });

    [Fact]
    public Task Filters_and_orders_are_the_services_and_whoever_comes_back_finds_the_page() => browser.VisitAsync("/datasets/labelme/items", async page =>
    {
        var rows = page.Rows("Items");
        await page.Tab.GetByLabel("Split").SelectOptionAsync("test");
        await Expect(rows.First.Locator("td").First).ToHaveTextAsync("test-0");
        await page.Tab.GetByLabel("Gold class").SelectOptionAsync("class-5");
        await page.Tab.GetByLabel("Key begins with").FillAsync("test-11");
        await page.Tab.GetByLabel("Key begins with").PressAsync("Enter");
        var wanted = (await _service.Items.ListItemsAsync(new ListItemsRequest
        {
            Parent = browser.LabelMe,
            Filter = "split = TEST AND gold_class = \"class-5\" AND item_id = \"test-11*\"",
            PageSize = PageSize,
        })).Items;
        Assert.InRange(wanted.Count, 2, PageSize - 1);
        await Expect(rows.Locator("td:first-child")).ToHaveTextAsync(wanted.Select(item => item.ItemId));
        await Expect(page.Main.GetByText("The item with exactly this key: test-11")).ToBeVisibleAsync();

        // The least sure first; the second page of them is where the way back leads.
        await page.Tab.GetByLabel("Show", new() { Exact = true }).First.SelectOptionAsync("Annotated items, the least sure first");
        var unsure = await _service.Insight.ListItemConsensusAsync(
            new ListItemConsensusRequest { Parent = browser.LabelMe, Order = ItemConsensusOrder.ProbabilityWrong, PageSize = 2 * PageSize });
        await Expect(rows.First.Locator("td").First).ToHaveTextAsync(unsure.Items[0].ItemId);
        await page.Main.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Expect(rows.First.Locator("td").First).ToHaveTextAsync(unsure.Items[PageSize].ItemId);
        await rows.First.GetByRole(AriaRole.Link, new() { Name = unsure.Items[PageSize].ItemId, Exact = true }).ClickAsync();
        await Expect(page.Heading).ToHaveTextAsync($"Item {unsure.Items[PageSize].ItemId}");

        // Across the edge of the page, and back.
        var ways = page.Main.GetByRole(AriaRole.Navigation, new() { Name = "The list" });
        await ways.GetByRole(AriaRole.Link, new() { Name = "Previous" }).ClickAsync();
        await Expect(page.Heading).ToHaveTextAsync($"Item {unsure.Items[PageSize - 1].ItemId}");
        await ways.GetByRole(AriaRole.Link, new() { Name = "Next" }).ClickAsync();
        await Expect(page.Heading).ToHaveTextAsync($"Item {unsure.Items[PageSize].ItemId}");
        await ways.GetByRole(AriaRole.Link, new() { Name = "Next" }).ClickAsync();
        await Expect(page.Heading).ToHaveTextAsync($"Item {unsure.Items[PageSize + 1].ItemId}");
        await ways.GetByRole(AriaRole.Link, new() { Name = "The list" }).ClickAsync();
        await Expect(page.Main.GetByText("Page 2")).ToBeVisibleAsync();
        await Expect(rows.First.Locator("td").First).ToHaveTextAsync(unsure.Items[PageSize].ItemId);
    });

    [Fact]
    public async Task An_item_shows_who_said_what_the_consensus_and_each_labelers_head()
    {
        const string key = "train-11";
        var said = (await _service.Annotations.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = browser.LabelMe, ItemId = key })).Annotations;
        var consensus = (await ConsensusAsync(browser.LabelMe, [key], intervals: true))[key];
        var predicted = (await _service.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = browser.LabelMe,
            Model = new ModelSelector { Model = browser.Versions[1] },
            ItemId = key,
            IncludeLabelers = true,
            IncludeUncertainty = true,
        })).Prediction;
        await browser.VisitAsync($"/datasets/labelme/items/{key}", async page =>
        {
            var rows = page.Rows("Annotations");
            await Expect(rows).ToHaveCountAsync(said.Count);
            for (var i = 0; i < said.Count; i++)
            {
                await Expect(rows.Nth(i).Locator("td").First).ToHaveTextAsync(said[i].LabelerId);
                await Expect(rows.Nth(i).Locator("td").Nth(1)).ToContainTextAsync(said[i].ClassName);
            }

            await Expect(page.Tile("Consensus")).ToContainTextAsync(consensus.ClassName);
            await Expect(page.Tile("The consensus is wrong")).ToContainTextAsync(Texts.Percent(consensus.ProbabilityWrong));
            await Expect(page.Tile("Its probability, as the method has it")).ToContainTextAsync(
                $"{Texts.Percent(consensus.Probability.Value)}credible interval {Texts.Percent(consensus.Probability.Low)} to {Texts.Percent(consensus.Probability.High)}");

            await page.Tab.GetByLabel("Model", new() { Exact = true }).SelectOptionAsync("wdn");
            await Expect(page.Tile("Predicted")).ToContainTextAsync(predicted.PredictedClass);
            await Expect(page.Tile("Answered by")).ToContainTextAsync("wdn version 1");
            await Expect(page.Tile("Its probability")).ToHaveTextAsync(Texts.Percent(predicted.Probabilities[predicted.PredictedClassIndex]));
            await Expect(page.Tile("Entropy")).ToContainTextAsync(Texts.Number(predicted.Entropy, 3));
            await Expect(page.Tile("Disagreement of the heads")).ToContainTextAsync(Texts.Number(predicted.Disagreement, 3));
            await Expect(page.Tile("Two labelers differ")).ToContainTextAsync(Texts.Percent(predicted.ExpectedDisagreement));
            var weights = page.Rows("Averaging weights");
            for (var i = 0; i < 3; i++)
            {
                await Expect(weights.Nth(i).Locator("td").First).ToHaveTextAsync(predicted.Labelers[i].LabelerId);
                await Expect(weights.Nth(i).Locator("td").Nth(1)).ToHaveTextAsync(Texts.Percent(predicted.Labelers[i].Weight, 2));
            }

            // What is drawn is there to be read, too: the vector's values, and the heat map's.
            await page.Main.Locator("figure").Filter(new() { HasText = "The vector" }).GetByText("Figures").ClickAsync();
            await Expect(page.Rows("The vector")).ToHaveCountAsync(512);
            var map = page.Main.Locator("figure").Filter(new() { HasText = "Labelers' heads" });
            await map.GetByText("Figures").ClickAsync();
            await Expect(map.Locator("tbody tr").First).ToHaveTextAsync(
                $"{predicted.Labelers[0].LabelerId}class-0{Texts.Percent(predicted.Labelers[0].Probabilities[0])} weight {Texts.Percent(predicted.Labelers[0].Weight)}");
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("item", whole: true);
        });
    }

    [Fact]
    public async Task Texts_and_names_are_shown_as_they_are_and_nothing_of_them_is_executed()
    {
        string[] texts =
        [
            "<img src=x onerror=alert(1)>", "\"><script>alert(2)</script>", "\u202eevil\u202c שלום עולם", "👩‍👩‍👧‍👦 🏳️‍🌈", new string('w', 65_536), "one\n\n\ttwo  three",
        ];
        string[] keys = ["<b>markup</b>", "a/b?c#d%2F", "123", new string('k', 256), "..", "line\nbreak"];
        const string labeler = "<script>alert(3)</script>";
        const string evil = "<img src=x onerror=alert(4)>";
        var dataset = await CreateAsync(new ItemType { Text = new ItemType.Types.Text() }, "plain", evil);
        await _service.Items.BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = dataset, Batch = new ItemBatch { ItemIds = { keys }, Texts = { texts } } });
        await _service.AnnotateAsync(dataset, [.. keys.Select(key => Requests.Says(labeler, key, evil))]);
        await _service.AnnotateAsync(dataset, Requests.Says(labeler, keys[0], "plain"));
        await browser.VisitAsync($"/{dataset}/items", async page =>
        {
            var rows = page.Rows("Items");
            await Expect(rows).ToHaveCountAsync(keys.Length);
            await Expect(rows.First.Locator("td").First).ToHaveTextAsync(texts[0]);
            await page.AssertAccessibleAsync();
            for (var i = 0; i < keys.Length; i++)
            {
                await page.GoAsync($"/{dataset}/items/{Uri.EscapeDataString(keys[i])}");
                var shown = page.Main.GetByRole(AriaRole.Group, new() { Name = "Text of the item" });
                await Expect(shown).ToBeVisibleAsync();
                Assert.Equal(texts[i], await shown.TextContentAsync());
                await Expect(page.Rows("Annotations").First.Locator("td").First).ToHaveTextAsync(labeler);
            }

            // What was said before stands in the history.
            await page.GoAsync($"/{dataset}/items/{Uri.EscapeDataString(keys[0])}");
            await page.Rows("Annotations").First.Locator("summary").ClickAsync();
            var revisions = page.Rows($"Revisions of what {labeler} said");
            await Expect(revisions).ToHaveCountAsync(2);
            await Expect(revisions.Nth(0)).ToContainTextAsync("plain");
            await Expect(revisions.Nth(1)).ToContainTextAsync(evil);
            await page.AssertAccessibleAsync();

            await page.GoAsync($"/{dataset}/items/missing");
            await Expect(page.Heading).ToHaveTextAsync("There is no such item");
        });
    }

    [Fact]
    public async Task Images_and_sequences_are_shown_and_an_item_without_content_says_so()
    {
        var images = await CreateAsync(new ItemType { Image = new ItemType.Types.Image { Height = 1, Width = 1, Channels = 1 } }, "a", "b");
        await _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest
        {
            Parent = images,
            Batch = new ItemBatch { ItemIds = { "file" }, Images = { ByteString.FromBase64(Pixel) } },
        });
        await _service.Items.BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = images, Batch = new ItemBatch { ItemIds = { "values" }, Features = Requests.Floats([0.5f], 1, 1) } });
        await _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = images, Batch = new ItemBatch { ItemIds = { "bare" } } });
        var sequences = await CreateAsync(new ItemType { Sequence = new ItemType.Types.Sequence { StepLength = 2 } }, "a", "b");
        await _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest
        {
            Parent = sequences,
            Batch = new ItemBatch { ItemIds = { "walk" }, Sequences = { Requests.Floats([1, 2, 3, 4, 5, 6], 3, 2) } },
        });
        await browser.VisitAsync($"/{images}/items", async page =>
        {
            await Expect(page.Rows("Items").First.Locator("img")).ToHaveCountAsync(1);
            foreach (var key in new[] { "file", "values" })
            {
                await page.GoAsync($"/{images}/items/{key}");
                var image = page.Main.GetByRole(AriaRole.Img, new() { Name = $"Image {key}" });
                Assert.Equal(1, await image.EvaluateAsync<int>("image => image.decode().then(() => image.naturalWidth)"));
            }

            await page.GoAsync($"/{images}/items/bare");
            await Expect(page.Main).ToContainTextAsync("Nothing of the item itself is stored");
            await page.GoAsync($"/{sequences}/items/walk");
            await Expect(page.Main).ToContainTextAsync("3 steps of 2 values");
            var plot = page.Main.Locator("figure").Filter(new() { HasText = "The sequence" });
            await plot.GetByText("Figures").ClickAsync();
            await Expect(plot.Locator("tbody tr")).ToHaveTextAsync(new[] { "value 101", "value 113", "value 125", "value 202", "value 214", "value 226" });
        });
    }

    private async Task<string> CreateAsync(ItemType type, params string[] classes) => (await _service.Datasets.CreateDatasetAsync(
        new CreateDatasetRequest { DatasetId = Requests.NewId(), Dataset = new Dataset { ItemType = type, Classes = { classes } } })).Name;

    private async Task<Dictionary<string, ItemConsensus>> ConsensusAsync(string dataset, IEnumerable<string> keys, bool intervals = false) =>
        (await _service.Insight.ListItemConsensusAsync(new ListItemConsensusRequest
        {
            Parent = dataset,
            ItemIds = { keys },
            Settings = new InsightSettings { Intervals = intervals },
        })).Items.ToDictionary(item => item.ItemId);
}
