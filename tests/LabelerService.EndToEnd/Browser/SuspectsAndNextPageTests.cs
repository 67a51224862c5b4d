using System.Globalization;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The pages of suspected annotations and of what to annotate next.</summary>
[Collection(SharedBrowser.Name)]
public sealed class SuspectsAndNextPageTests(BrowserFixture browser)
{
    private readonly InsightService.InsightServiceClient _insight = browser.Service.Insight;

    [Fact]
    public async Task Suspected_annotations_come_with_reasons_and_an_item_is_settled_by_hand()
    {
        var dataset = await SmallCrowd.CreateAsync(browser.Service);
        var suspects = await _insight.ListSuspectedAnnotationsAsync(new() { Parent = dataset, PageSize = 25 });
        var own = await _insight.ListSuspectedAnnotationsAsync(new() { Parent = dataset, LabelerId = SmallCrowd.Constant, MinProbabilityWrong = 0.9, PageSize = 25 });
        var first = suspects.Annotations[0];
        await browser.VisitAsync($"/{dataset}/suspects", async page =>
        {
            var rows = page.Rows("Suspected annotations");
            await Expect(rows).ToHaveCountAsync(25);
            await Expect(rows.First).ToContainTextAsync(first.ItemId);
            await Expect(rows.First).ToContainTextAsync($"{first.LikelyClassName}{Texts.Percent(first.LikelyClassProbability)}{Texts.Percent(first.ProbabilityWrong)}");
            foreach (var reason in first.Reasons)
            {
                await Expect(rows.First).ToContainTextAsync(reason);
            }

            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("suspects");
            await Expect(rows.First.GetByRole(AriaRole.Link, new() { Name = $"Ask again about {first.ItemId}" }))
                .ToHaveAttributeAsync("href", $"#/{dataset}/label?item={first.ItemId}");

            // Only after a second thought.
            await rows.First.GetByRole(AriaRole.Button, new() { Name = $"Is gold: {first.ItemId}" }).ClickAsync();
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Leave it" }).ClickAsync();
            Assert.Equal(0, (await browser.Service.CountAsync(dataset)).GoldItems);
            await rows.First.GetByRole(AriaRole.Button, new() { Name = $"Is gold: {first.ItemId}" }).ClickAsync();
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Set the gold class" }).ClickAsync();
            await Expect(rows.First).ToContainTextAsync($"Gold: {first.LikelyClassName}");
            var item = (await browser.Service.Items.ListItemsAsync(new() { Parent = dataset, ItemId = first.ItemId })).Items[0];
            Assert.Equal(first.LikelyClassName, item.GoldClass);

            await page.Tab.GetByLabel("Only of the labeler").FillAsync(SmallCrowd.Constant);
            await page.Tab.GetByLabel("Wrong with at least").SelectOptionAsync("90 %");
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
            await Expect(rows).ToHaveCountAsync(own.Annotations.Count);
            await Expect(rows.Last).ToContainTextAsync(own.Annotations[^1].ItemId);
            page.ExpectStatus(404);
            await page.Tab.GetByLabel("Only of the labeler").FillAsync("nobody");
            await page.Tab.GetByLabel("Only of the labeler").PressAsync("Enter");
            await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("Labeler 'nobody'");
        });
    }

    [Fact]
    public async Task Keys_that_a_spreadsheet_would_run_are_harmless_in_the_file()
    {
        var dataset = await browser.Service.CreateDatasetAsync();
        await browser.Service.CreateItemsAsync(dataset, 6, "=i");
        string[] labelers = ["@sum", "+sum", "-sum"];
        await browser.Service.AnnotateAsync(
            dataset, [.. Enumerable.Range(0, 6).SelectMany(i => labelers.Take(2 - (i % 2)).Select(labeler => Requests.Says(labeler, $"=i{i}", i % 3 == 0 ? "a" : "b")))]);
        await browser.VisitAsync($"/{dataset}/next", async page =>
        {
            var file = await page.Tab.RunAndWaitForDownloadAsync(() => page.Tab.GetByRole(AriaRole.Button, new() { Name = "Download all as CSV" }).ClickAsync());
            var lines = (await File.ReadAllTextAsync(await file.PathAsync())).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.True(lines.Length > 1);
            Assert.All(lines.Skip(1), line => Assert.Matches("^'=i[0-9],'[@+-]sum,", line));
        });
    }

    [Fact]
    public async Task Suggestions_follow_terms_and_go_into_a_file()
    {
        var dataset = await SmallCrowd.CreateAsync(browser.Service);
        var request = new SuggestAnnotationsRequest { Parent = dataset, Count = 100 };
        var usual = await _insight.SuggestAnnotationsAsync(request);
        request.Count = 60;
        request.OnlyListedLabelers = true;
        request.Labelers.Add(new LabelerTerms { LabelerId = "good-0", Cost = 0.5, MaxAnnotations = 2 });
        request.Labelers.Add(new LabelerTerms { LabelerId = "good-1", Cost = 1 });
        var termed = await _insight.SuggestAnnotationsAsync(request);
        Assert.Equal(60, termed.Suggestions.Count);
        Assert.Equal(2, termed.Suggestions.Count(suggestion => suggestion.LabelerId == "good-0"));
        await browser.VisitAsync($"/{dataset}/next", async page =>
        {
            var rows = page.Rows("Suggestions");
            await Expect(rows).ToHaveCountAsync(50);
            await ShowsAsync(rows, usual.Suggestions);
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("next");

            await page.Main.GetByText("Who is asked, and what it costs").ClickAsync();
            foreach (var labeler in new[] { "good-0", "good-1" })
            {
                await page.Tab.GetByLabel("Labeler", new() { Exact = true }).FillAsync(labeler);
                await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
            }

            await page.Tab.GetByLabel("Cost of an annotation by good-0").FillAsync("0.5");
            await page.Tab.GetByLabel("Most annotations by good-0").FillAsync("2");
            await page.Tab.GetByLabel("Ask only those listed here").CheckAsync();
            await page.Tab.GetByRole(AriaRole.Spinbutton, new() { Name = "Annotations", Exact = true }).FillAsync("60");
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Suggest", Exact = true }).ClickAsync();
            await Expect(page.Main).ToContainTextAsync("60 suggestions of 300 items looked at");
            await ShowsAsync(rows, termed.Suggestions);
            await page.AssertAccessibleAsync();
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Show the other 10" }).ClickAsync();
            await Expect(page.Rows("Further suggestions")).ToHaveCountAsync(10);

            var file = await page.Tab.RunAndWaitForDownloadAsync(() => page.Tab.GetByRole(AriaRole.Button, new() { Name = "Download all as CSV" }).ClickAsync());
            Assert.Equal($"{dataset["datasets/".Length..]}-next.csv", file.SuggestedFilename);
            var lines = (await File.ReadAllTextAsync(await file.PathAsync())).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("item,labeler,score,expected_information_gain,probability_wrong,class,annotations,reason", lines[0]);
            Assert.Equal(
                termed.Suggestions.Select(suggestion => $"{suggestion.ItemId},{suggestion.LabelerId}"), lines.Skip(1).Select(line => string.Join(',', line.Split(',')[..2])));
            var fields = lines[1].Split(',');
            Assert.Equal(termed.Suggestions[0].Score, double.Parse(fields[2], CultureInfo.InvariantCulture), 1e-12);

            // Nobody is left who may be asked.
            await page.Tab.GetByLabel("good-0 is not available").CheckAsync();
            await page.Tab.GetByLabel("good-1 is not available").CheckAsync();
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Suggest", Exact = true }).ClickAsync();
            await Expect(page.Main).ToContainTextAsync("None is worth it or possible");
        });

        static async Task ShowsAsync(ILocator rows, IReadOnlyList<SuggestedAnnotation> suggestions)
        {
            foreach (var index in new[] { 0, 49 })
            {
                await Expect(rows.Nth(index)).ToContainTextAsync(suggestions[index].ItemId);
                await Expect(rows.Nth(index)).ToContainTextAsync(suggestions[index].LabelerId[..Math.Min(12, suggestions[index].LabelerId.Length)]);
                await Expect(rows.Nth(index)).ToContainTextAsync($"{Texts.Number(suggestions[index].ExpectedInformationGain, 3)} nats");
                await Expect(rows.Nth(index)).ToContainTextAsync(suggestions[index].Reason);
            }
        }
    }

    [Fact]
    public Task Of_a_dataset_that_is_all_gold_the_training_items_are_proposed_and_an_empty_filter_is_explained() =>
        browser.VisitAsync("/datasets/labelme/next", async page =>
        {
            await Expect(page.Rows("Suggestions")).ToHaveCountAsync(50);
            await page.Tab.GetByLabel("Items", new() { Exact = true }).FillAsync("");
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Suggest", Exact = true }).ClickAsync();
            await Expect(page.Main).ToContainTextAsync("All items have a gold class");
            page.ExpectStatus(400);
            await page.Tab.GetByLabel("Items", new() { Exact = true }).FillAsync("nonsense");
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Suggest", Exact = true }).ClickAsync();
            await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("filter");
            await Expect(page.Tab.GetByLabel("Items", new() { Exact = true })).ToHaveValueAsync("nonsense");
        });
}
