using System.Globalization;
using LabelerService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The pages of all labelers and of one.</summary>
[Collection(SharedBrowser.Name)]
public sealed class LabelerPagesTests(BrowserFixture browser)
{
    private readonly InsightService.InsightServiceClient _insight = browser.Service.Insight;

    [Fact]
    public async Task Labelers_are_listed_with_what_the_service_knows_of_them_in_the_order_asked_for()
    {
        var settings = new InsightSettings { Intervals = true };
        var active = await _insight.ListLabelerInsightsAsync(new() { Parent = browser.LabelMe, Settings = settings, Order = LabelerInsightOrder.Annotations, PageSize = 25 });
        var least = await _insight.ListLabelerInsightsAsync(new() { Parent = browser.LabelMe, Settings = settings, Order = LabelerInsightOrder.Accuracy, PageSize = 25 });
        await browser.VisitAsync("/datasets/labelme/labelers", async page =>
        {
            var rows = page.Rows("Labelers");
            await page.Tab.GetByLabel("Order").SelectOptionAsync("The most active first");
            await ShowsAsync(rows, active.Labelers);
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("labelers");

            await page.Tab.GetByLabel("Order").SelectOptionAsync("The least accurate first");
            await ShowsAsync(rows, least.Labelers);
            await page.Main.GetByRole(AriaRole.Button, new() { Name = "Next" }).First.ClickAsync();
            await Expect(rows.First).Not.ToContainTextAsync(least.Labelers[0].LabelerId + " ");
            await Expect(page.Main.GetByText("Page 2")).ToBeVisibleAsync();
            await Expect(rows).ToHaveCountAsync(25);

            // The plot's figures are those of the page that is shown.
            var plot = page.Main.Locator("figure").Filter(new() { HasText = "How often labelers are right" });
            await plot.GetByText("Figures").ClickAsync();
            await Expect(plot.Locator("tbody tr").First).ToContainTextAsync((await rows.First.Locator("a").First.InnerTextAsync()).Trim());
        });

        static async Task ShowsAsync(ILocator rows, IReadOnlyList<LabelerInsight> labelers)
        {
            await Expect(rows).ToHaveCountAsync(labelers.Count);
            foreach (var index in new[] { 0, labelers.Count - 1 })
            {
                var row = rows.Nth(index);
                await Expect(row.Locator("td").First).ToHaveTextAsync(labelers[index].LabelerId);
                await Expect(row.Locator("td").Nth(1)).ToHaveTextAsync(labelers[index].AnnotationCount.ToString(CultureInfo.InvariantCulture));
                await Expect(row.Locator("td").Nth(2)).ToHaveTextAsync(Texts.Measured(labelers[index].Accuracy));
                await Expect(row.Locator("td").Nth(4)).ToHaveTextAsync(Texts.Measured(labelers[index].GoldAccuracy));
            }
        }
    }

    [Fact]
    public async Task What_is_found_of_labelers_stands_with_its_evidence_and_names_are_text_whatever_they_hold()
    {
        var dataset = await SmallCrowd.CreateAsync(browser.Service);
        var flagged = await _insight.ListLabelerInsightsAsync(new() { Parent = dataset, Settings = new() { Intervals = true }, Flagged = true, Order = LabelerInsightOrder.Flags });
        Assert.Equal(
            [SmallCrowd.Spammer, SmallCrowd.Constant, SmallCrowd.Drifter], flagged.Labelers.Select(labeler => labeler.LabelerId).Order(StringComparer.Ordinal));
        await browser.VisitAsync($"/{dataset}/labelers", async page =>
        {
            var rows = page.Rows("Labelers");
            await Expect(rows).ToHaveCountAsync(9);
            await page.Tab.GetByLabel("Only flagged").CheckAsync();
            await Expect(rows).ToHaveCountAsync(3);
            foreach (var (labeler, index) in flagged.Labelers.Select((labeler, i) => (labeler, i)))
            {
                await Expect(rows.Nth(index)).ToContainTextAsync(labeler.Flags[0].Evidence);
                await Expect(rows.Nth(index).Locator("td").First).ToContainTextAsync(labeler.LabelerId[..Math.Min(30, labeler.LabelerId.Length)]);
            }

            await page.AssertAccessibleAsync();

            // The link leads there, though the name has everything that addresses and markup are made of.
            await rows.Filter(new() { HasText = "spammer" }).GetByRole(AriaRole.Link).ClickAsync();
            await Expect(page.Heading).ToHaveTextAsync($"Labeler {SmallCrowd.Spammer}");
            await page.WaitUntilReadyAsync();
            await Expect(page.Main).ToContainTextAsync("The answers do not depend on the class of the item");
            await Expect(page.Main).ToContainTextAsync(flagged.Labelers.Single(labeler => labeler.LabelerId == SmallCrowd.Spammer).Flags[0].Evidence);
            await page.AssertAccessibleAsync();

            await page.GoAsync($"/{dataset}/labelers/{SmallCrowd.Drifter}");
            await Expect(page.Main).ToContainTextAsync("Became better or worse at some time");
            await Expect(page.Main.GetByRole(AriaRole.Img, new() { Name = "Agreement with the consensus of the others" })).ToBeVisibleAsync();
            await page.SaveScreenshotAsync("labeler-drift", whole: true);
        });
    }

    [Fact]
    public async Task A_labelers_page_has_its_confusions_reliability_and_weight_in_each_version()
    {
        var id = (await _insight.ListLabelerInsightsAsync(new() { Parent = browser.LabelMe, Order = LabelerInsightOrder.Annotations, PageSize = 1 })).Labelers[0].LabelerId;
        var answer = await _insight.GetLabelerInsightAsync(new() { Name = $"{browser.LabelMe}/labelerInsights/id:{id}", Settings = new() { Intervals = true } });
        var (labeler, confusion) = (answer.Labeler, answer.Labeler.Confusion);
        var wdn = browser.Versions[1];
        var model = wdn[..wdn.IndexOf("/versions/", StringComparison.Ordinal)];
        var versions = await browser.Service.Models.ListModelVersionsAsync(new() { Parent = model, HeadLabelerId = id });
        var head = Assert.Single(versions.Versions[0].Heads);
        Assert.Equal((id, labeler.AnnotationCount), (head.LabelerId, head.AnnotationCount));
        Assert.Equal(
            head, (await browser.Service.Models.GetModelVersionAsync(new() { Name = wdn })).Heads.Single(entry => entry.LabelerId == id));
        Assert.Empty((await browser.Service.Models.ListModelVersionsAsync(new() { Parent = model, HeadLabelerId = "nobody" })).Versions[0].Heads);

        await browser.VisitAsync($"/datasets/labelme/labelers/{id}", async page =>
        {
            await Expect(page.Tile("Annotations")).ToContainTextAsync(labeler.AnnotationCount.ToString(CultureInfo.InvariantCulture));
            await Expect(page.Tile("Right, as the method has it")).ToContainTextAsync(Texts.Measured(labeler.Accuracy));
            await Expect(page.Tile("Right on gold")).ToContainTextAsync(Texts.Measured(labeler.GoldAccuracy));

            var map = page.Main.Locator("figure").Filter(new() { HasText = "Answers by true class" });
            await map.GetByText("Figures").ClickAsync();
            await Expect(map.Locator("tbody tr")).ToHaveCountAsync(answer.Classes.Count * answer.Classes.Count);
            const int row = 2;
            const int column = 1;
            var cell = (row * answer.Classes.Count) + column;
            await Expect(map.Locator("tbody tr").Nth(cell)).ToHaveTextAsync(
                $"{answer.Classes[row]}{answer.Classes[column]}{Texts.Percent(confusion.Probabilities[cell])} {Texts.Percent(confusion.Lows[cell])} to "
                + $"{Texts.Percent(confusion.Highs[cell])}, {confusion.Counts[cell].ToString("F1", CultureInfo.InvariantCulture)} annotations");

            await page.Tab.GetByLabel("Model", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Value = model });
            var weight = page.Rows("Weight by version").First;
            await Expect(weight).ToContainTextAsync("champion");
            await Expect(weight.Locator("td").Nth(2)).ToHaveTextAsync(
                Texts.Percent(head.Weight) + (head.HasWeightLower ? $"{100 * head.WeightLower:F1}–{100 * head.WeightUpper:F1}" : ""));

            var said = page.Rows("Annotations of this labeler");
            await Expect(said).ToHaveCountAsync(25);
            var first = (await browser.Service.Annotations.ListAnnotationsAsync(new() { Parent = browser.LabelMe, LabelerId = id, PageSize = 1 })).Annotations[0];
            await Expect(said.First).ToContainTextAsync($"{first.ItemId}{first.ClassName}");
            await Expect(said.First.GetByRole(AriaRole.Link)).ToHaveAttributeAsync("href", $"#/datasets/labelme/items/{first.ItemId}");
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("labeler", whole: true);
        });
    }

    [Fact]
    public async Task A_model_of_the_users_choice_votes_and_the_choice_is_kept_from_page_to_page()
    {
        // A model of this set-up's wdn votes by out-of-fold distributions only where it has them; here it says something of items all the same.
        var wdn = browser.Versions[1];
        var model = wdn[..wdn.IndexOf("/versions/", StringComparison.Ordinal)];
        var answer = await _insight.ListLabelerInsightsAsync(new() { Parent = browser.LabelMe, Settings = new() { Model = new() { Model = model }, Intervals = true }, PageSize = 1 });
        Assert.Equal(("model", wdn), (answer.State.Method, answer.State.ModelVersion));
        await browser.VisitAsync("/datasets/labelme/labelers", async page =>
        {
            await page.Main.GetByText("By Hierarchical confusions").ClickAsync();
            await page.Tab.GetByLabel("Model that votes as well").SelectOptionAsync(new SelectOptionValue { Value = model });
            await Expect(page.Main).ToContainTextAsync("· model with wdn version 1,");
            await Expect(page.Main.Locator("summary").First).ToContainTextAsync("with the model wdn");

            // What takes no model leaves it out, and what needs one takes one.
            await page.Tab.GetByLabel("Method").SelectOptionAsync("Dawid–Skene");
            await Expect(page.Main).ToContainTextAsync("· ds, ");
            await Expect(page.Tab.GetByLabel("Model that votes as well")).ToHaveValueAsync("");
            await page.WaitUntilReadyAsync();
            await page.GoAsync("/datasets/labelme/suspects");
            await Expect(page.Main).ToContainTextAsync("· ds, ");
        });
    }

    [Fact]
    public async Task Names_and_tags_are_changed_and_who_comes_second_loses_nothing()
    {
        var dataset = await SmallCrowd.CreateAsync(browser.Service);
        var name = (await browser.Service.Labelers.ListLabelersAsync(new() { Parent = dataset })).Labelers.Single(entry => entry.LabelerId == "good-1").Name;
        await _insight.ListLabelerInsightsAsync(new() { Parent = dataset, Settings = new() { Intervals = true } });
        await browser.VisitAsync($"/{dataset}/labelers/good-1", async page =>
        {
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Change name or tags" }).ClickAsync();
            await page.Tab.GetByLabel("Name for people").FillAsync("Anna <script>alert(1)</script>");
            await page.Tab.GetByLabel("Tags").FillAsync("site=Porto\nsenior");
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
            await Expect(page.Main).ToContainTextAsync("Anna <script>alert(1)</script> · key good-1");
            await Expect(page.Main).ToContainTextAsync("site: Porto");
            var stored = await browser.Service.Labelers.GetLabelerAsync(new() { Name = name });
            Assert.Equal(("Anna <script>alert(1)</script>", "Porto", ""), (stored.DisplayName, stored.Tags["site"], stored.Tags["senior"]));

            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Change name or tags" }).ClickAsync();
            await page.Tab.GetByLabel("Name for people").FillAsync("Mine");
            await browser.Service.Labelers.UpdateLabelerAsync(new() { Labeler = new Labeler { Name = name, DisplayName = "Somebody else's" }, UpdateMask = new() { Paths = { "display_name" } } });
            page.ExpectStatus(409);
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
            await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("etag");
            await Expect(page.Tab.GetByLabel("Name for people")).ToHaveValueAsync("Mine");
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Show what is there now" }).ClickAsync();
            await Expect(page.Main).ToContainTextAsync("Somebody else's · key good-1");
        });
    }

    [Fact]
    public Task Who_may_not_see_labelers_is_told_so() => browser.VisitAsync("/service", async page =>
    {
        // As the service answers a labeler's key.
        await page.Tab.RouteAsync("**/session", route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = """{"authenticated":true,"name":"anna's","role":"LABELER","labelerId":"anna"}""",
        }));
        await page.ReloadAsync();
        foreach (var name in new[] { "labelers", "labelers/labeler-20", "agreement", "suspects", "next" })
        {
            await page.GoAsync($"/datasets/labelme/{name}");
            await Expect(page.Main).ToContainTextAsync("a labeler's key does not open it");
            await Expect(page.Main.GetByRole(AriaRole.Table)).ToHaveCountAsync(0);
        }

        await page.AssertAccessibleAsync();
    });

    [Fact]
    public async Task A_page_goes_on_by_itself_when_the_service_is_back_and_after_signing_in_again()
    {
        await _insight.ListLabelerInsightsAsync(new() { Parent = browser.LabelMe, Settings = new() { Intervals = true } });
        await browser.VisitAsync("/datasets/labelme/labelers", async page =>
        {
            page.ExpectStatus(503);
            await page.Tab.RouteAsync("**/v1/**", route => route.FulfillAsync(new() { Status = 503, Body = "{}" }));
            await page.Tab.RouteAsync("**/session", route => route.FulfillAsync(new() { Status = 503, Body = "{}" }));
            await page.Tab.GetByLabel("Order").SelectOptionAsync("As they were registered");
            await Expect(page.Tab.Locator("#connection")).ToContainTextAsync("The service does not answer");
            await Expect(page.Main.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
            await page.Tab.UnrouteAsync("**/session");
            await page.Tab.UnrouteAsync("**/v1/**");
            await Expect(page.Rows("Labelers").First).ToContainTextAsync("labeler-0");
            await Expect(page.Tab.Locator("#connection")).ToBeEmptyAsync();

            page.ExpectStatus(401);
            await page.Tab.RouteAsync("**/v1/**", route => route.FulfillAsync(new() { Status = 401, Body = """{"code":16,"message":"The session has expired.","details":[]}""" }));
            await page.Tab.GetByLabel("Order").SelectOptionAsync("The most active first");
            var dialog = page.Tab.GetByRole(AriaRole.Dialog);
            await Expect(dialog).ToContainTextAsync("sign in to go on");
            await page.Tab.UnrouteAsync("**/v1/**");
            await page.Tab.RouteAsync("**/session", route => route.FulfillAsync(new()
            {
                ContentType = "application/json",
                Body = """{"authenticated":true,"name":"anonymous","role":"ADMIN","anonymous":true}""",
            }));
            await page.SignInAsync("lbl_any");
            await Expect(page.Rows("Labelers").First).ToContainTextAsync("182");
        });
    }
}
