using System.Globalization;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The whole way, as somebody goes it who has a key and a crowd: from an empty service to labels that are better than before.</summary>
[Collection(SharedBrowser.Name)]
public sealed class JourneyTests(BrowserFixture browser, KeyedService keyed) : IClassFixture<KeyedService>
{
    private const string Dataset = "datasets/journey";
    private const int Length = 6;
    private const int TrainItems = 240;
    private const int OtherItems = 80;
    private const int LabelsEach = 3;
    private static readonly double[] Accuracies = [0.95, 0.9, 0.8, 0.7, 0.6];

    [Fact]
    public Task From_signing_in_to_a_model_that_serves_and_a_label_of_ones_own() =>
        DashboardPage.VisitAsync(browser.Chromium, keyed.Address, "/", async page =>
        {
            page.ExpectStatus(401);
            await page.SignInAsync(keyed.AdminKey);
            await CreateDatasetAsync(page);
            await WatchIngestionAsync(page);
            await TrainAsync(page, "dn");
            await TrainAsync(page, "wdn");
            await CompareAsync(page);
            await PromoteAsync(page);
            await LookAtPeopleAndItemsAsync(page);
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
            await Expect(page.Heading).ToHaveTextAsync("Sign in");

            var (_, key) = await keyed.CreateKeyAsync(ApiKey.Types.Role.Labeler, Dataset, "newcomer");
            await page.SignInAsync(key);
            await LabelAsync(page);
            await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
            await Expect(page.Heading).ToHaveTextAsync("Sign in");
        });

    private static async Task CreateDatasetAsync(DashboardPage page)
    {
        await Expect(page.Heading).ToHaveTextAsync("Datasets");
        await page.WaitUntilReadyAsync();
        await page.Tab.GetByLabel("Id", new() { Exact = true }).FillAsync("journey");
        await page.Tab.GetByLabel("Name", new() { Exact = true }).FillAsync("A journey");
        await page.Tab.GetByLabel("Classes, one a line").FillAsync("no\nyes");
        await page.Tab.GetByLabel("Numbers a vector").FillAsync(Length.ToString(CultureInfo.InvariantCulture));
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await Expect(page.Heading).ToHaveTextAsync("A journey");
        await page.WaitUntilReadyAsync();
    }

    // Nothing is loaded again: the page that is open tells what comes.
    private async Task WatchIngestionAsync(DashboardPage page)
    {
        await Expect(page.Main.GetByText("live", new() { Exact = true })).ToBeVisibleAsync();
        await ExpectTileAsync(page, "Annotations", "0");
        var random = new Random(5);
        var truth = await StoreItemsAsync("train", TrainItems, Split.Train, random);
        await StoreItemsAsync("valid", OtherItems, Split.Validation, random);
        await StoreItemsAsync("test", OtherItems, Split.Test, random);
        await ExpectTileAsync(page, "Items", "400");

        using var ingest = keyed.Annotations.IngestAnnotations();
        for (var part = 0; part < 4; part++)
        {
            var request = new IngestAnnotationsRequest { Parent = Dataset, Sequence = part + 1, UnknownLabelers = UnknownLabelers.Register };
            for (var i = part * TrainItems / 4; i < (part + 1) * TrainItems / 4; i++)
            {
                foreach (var labeler in Enumerable.Range(0, Accuracies.Length).OrderBy(_ => random.Next()).Take(LabelsEach))
                {
                    var right = random.NextDouble() < Accuracies[labeler];
                    request.Annotations.Add(new Annotation { ItemId = $"train-{i}", LabelerId = $"labeler-{labeler}", ClassIndex = right ? truth[i] : 1 - truth[i] });
                }
            }

            await ingest.RequestStream.WriteAsync(request);
            Assert.True(await ingest.ResponseStream.MoveNext(CancellationToken.None));
            await ExpectTileAsync(page, "Annotations", ((part + 1) * TrainItems / 4 * LabelsEach).ToString(CultureInfo.InvariantCulture));
        }

        await ingest.RequestStream.CompleteAsync();
        await ExpectTileAsync(page, "Labelers", Accuracies.Length.ToString(CultureInfo.InvariantCulture));
        await Expect(page.Tile("Items")).ToContainTextAsync($"{TrainItems} train, {OtherItems} validation, {OtherItems} test");
        await Expect(page.Main).ToContainTextAsync("Annotations are coming in.");
        await page.SaveScreenshotAsync("journey-ingestion");
    }

    private static async Task TrainAsync(DashboardPage page, string algorithm)
    {
        await page.GoAsync($"/{Dataset}/runs");
        await page.Tab.GetByLabel("Algorithm", new() { Exact = true }).SelectOptionAsync(algorithm);
        await page.Tab.GetByLabel("Name of what it makes").FillAsync("votes");
        await page.Tab.Locator("summary").Filter(new() { HasText = "Settings" }).ClickAsync();
        await page.Tab.GetByLabel("epochs", new() { Exact = true }).FillAsync("12");
        await page.Tab.GetByLabel("hidden", new() { Exact = true }).FillAsync("8");
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();

        // The run's own page, which stays as it is until the run has ended.
        await Expect(page.Heading).ToContainTextAsync("Run …");
        await Expect(page.Heading).ToContainTextAsync("succeeded", new() { Timeout = 120_000 });
        await Expect(page.Main.Locator("figure").Filter(new() { HasText = "Training loss" })).ToBeVisibleAsync();
        await Expect(page.Main).ToContainTextAsync("It made votes v");
    }

    private static async Task CompareAsync(DashboardPage page)
    {
        await page.GoAsync($"/{Dataset}/compare?first=votes/versions/1&second=votes/versions/2");
        await Expect(page.Main).ToContainTextAsync(new System.Text.RegularExpressions.Regex("is better than|Neither is shown to be better"));
        await Expect(page.Main).ToContainTextAsync("95 % interval");
    }

    private async Task PromoteAsync(DashboardPage page)
    {
        var champion = Champion(await ModelAsync());
        var other = champion.EndsWith('1') ? 2 : 1;
        await page.GoAsync($"/{Dataset}/models/votes?version={other}");
        await page.Main.GetByRole(AriaRole.Button, new() { Name = $"Promote v{other} to champion" }).ClickAsync();
        var dialog = page.Tab.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Why").FillAsync("the journey wants it");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Promote", Exact = true }).ClickAsync();
        await Expect(page.Heading).ToContainTextAsync("champion");
        await Expect(page.Main).ToContainTextAsync("the journey wants it");
        Assert.EndsWith($"/{other}", Champion(await ModelAsync()), StringComparison.Ordinal);
    }

    private async Task<Model> ModelAsync() => await keyed.Models.GetModelAsync(new GetModelRequest { Name = $"{Dataset}/models/votes" });

    private static string Champion(Model model) => model.Aliases.Single(alias => alias.Alias == "champion").Version;

    private static async Task LookAtPeopleAndItemsAsync(DashboardPage page)
    {
        await page.GoAsync($"/{Dataset}/labelers");
        await page.Main.GetByRole(AriaRole.Link, new() { Name = "labeler-4", Exact = true }).First.ClickAsync();
        await Expect(page.Heading).ToHaveTextAsync("Labeler labeler-4");
        await page.WaitUntilReadyAsync();
        await page.GoAsync($"/{Dataset}/items/train-7");
        await Expect(page.Heading).ToHaveTextAsync("Item train-7");
        await Expect(page.Main.GetByRole(AriaRole.Region, new() { Name = "Annotations", Exact = true }).Locator("tbody tr")).ToHaveCountAsync(LabelsEach);
    }

    // The page goes on to the next item while the label is on its way.
    private async Task LabelAsync(DashboardPage page)
    {
        await page.GoAsync($"/{Dataset}/label?item=train-7");
        await Expect(page.Main.GetByRole(AriaRole.Heading, new() { Name = "train-7" })).ToBeVisibleAsync();
        await page.SaveScreenshotAsync("journey-label");
        await page.Main.GetByRole(AriaRole.Group, new() { Name = "Classes" }).GetByRole(AriaRole.Button, new() { Name = "yes" }).ClickAsync();
        await Expect(page.Main.GetByRole(AriaRole.Heading, new() { Name = "train-7" })).Not.ToBeVisibleAsync();
        var request = new ListAnnotationsRequest { Parent = Dataset, LabelerId = "newcomer" };
        var limit = DateTime.UtcNow.AddMinutes(1);
        ListAnnotationsResponse said;
        do
        {
            said = await keyed.Annotations.ListAnnotationsAsync(request);
        }
        while (said.Annotations.Count == 0 && DateTime.UtcNow < limit);
        Assert.Equal(("train-7", "yes"), (Assert.Single(said.Annotations).ItemId, said.Annotations[0].ClassName));
    }

    private static async Task ExpectTileAsync(DashboardPage page, string name, string figure) => await Expect(
        page.Main.Locator(".tile").Filter(new() { Has = page.Tab.GetByText(name, new() { Exact = true }) }).Locator("dd")).ToContainTextAsync(figure);

    private async Task<int[]> StoreItemsAsync(string prefix, int count, Split split, Random random)
    {
        var classes = new int[count];
        var values = new float[count * Length];
        var batch = new ItemBatch { Split = split };
        var gold = new BatchSetGoldClassesRequest { Parent = Dataset };
        for (var i = 0; i < count; i++)
        {
            classes[i] = random.Next(2);
            for (var d = 0; d < Length; d++)
            {
                values[(i * Length) + d] = (float)((classes[i] == 0 ? -1 : 1) + (1.5 * (random.NextDouble() - 0.5)));
            }

            batch.ItemIds.Add($"{prefix}-{i}");
            gold.GoldClasses.Add(new GoldClass { ItemId = $"{prefix}-{i}", ClassIndex = classes[i] });
        }

        batch.Features = Requests.Floats(values, count, Length);
        await keyed.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = Dataset, Batch = batch });
        await keyed.Items.BatchSetGoldClassesAsync(gold);
        return classes;
    }
}
