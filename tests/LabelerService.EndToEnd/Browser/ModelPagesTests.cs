using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The pages of all models, of one, and of two compared.</summary>
[Collection(SharedBrowser.Name)]
public sealed class ModelPagesTests(BrowserFixture browser)
{
    private readonly RunningService _service = browser.Service;

    [Fact]
    public async Task Models_are_listed_with_what_was_measured_of_their_champions()
    {
        var wdn = await VersionAsync(browser.Versions[1]);
        await browser.VisitAsync("/datasets/labelme/models", async page =>
        {
            var row = page.Rows("Models").Filter(new() { Has = page.Tab.GetByRole(AriaRole.Link, new() { Name = "wdn", Exact = true }) });
            await Expect(row.Locator("td").Nth(1)).ToHaveTextAsync("wdn v1");
            var accuracy = Measured(wdn, "accuracy");
            await Expect(row.Locator("td").Nth(3)).ToHaveTextAsync(
                $"{Texts.Percent(accuracy.Value)}{Texts.Number(100 * accuracy.Lower, 1)}–{Texts.Number(100 * accuracy.Upper, 1)} % test");
            await Expect(row.Locator("td").Nth(4)).ToContainTextAsync(Texts.Number(Measured(wdn, "log_loss").Value, 3));
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("models");
        });
    }

    [Fact]
    public async Task A_version_tells_whom_it_trusts_and_is_measured_anew_on_demand()
    {
        var wdn = await VersionAsync(browser.Versions[1]);
        var heaviest = wdn.Heads.MaxBy(head => head.Weight)!;
        var measured = await _service.Models.EvaluateModelAsync(new EvaluateModelRequest { Name = wdn.Name, Split = Split.Validation });
        await browser.VisitAsync("/datasets/labelme/models/wdn?version=1", async page =>
        {
            await Expect(page.Tile("Accuracy on test")).ToContainTextAsync(Texts.Percent(Measured(wdn, "accuracy").Value));
            await page.Main.GetByText("60 heads as a table").ClickAsync();
            await Expect(page.Rows("Heads")).ToHaveCountAsync(wdn.Heads.Count);
            await Expect(page.Rows("Heads").First).ToContainTextAsync(heaviest.LabelerId.Length > 0 ? heaviest.LabelerId : "all labelers together");
            await Expect(page.Rows("Heads").First).ToContainTextAsync(Texts.Percent(heaviest.Weight, 2));
            await Expect(page.Main.GetByText("Its probabilities are off by " + Texts.Percent(Measured(wdn, "ece").Value))).ToBeVisibleAsync();
            await Expect(page.Main.GetByText("Giving items like those of the dataset a probability for one of 8 classes")).ToBeVisibleAsync();
            await Expect(page.Rows("Lineage")).ToContainTextAsync(["wdn v1"]);

            await page.Main.GetByLabel("On the split").SelectOptionAsync("validation");
            await page.Main.GetByRole(AriaRole.Button, new() { Name = "Measure", Exact = true }).ClickAsync();
            await Expect(page.Rows("Measured now").First).ToContainTextAsync(Texts.Percent(measured.Metrics.Single(metric => metric.Metric_ == "accuracy").Value));
            var confusion = page.Main.Locator("figure").Filter(new() { HasText = "Gold class (row)" });
            await confusion.GetByText("Figures").ClickAsync();
            await Expect(confusion.Locator("tbody tr").First).ToContainTextAsync($"{measured.Confusion[0]} of {measured.Confusion.Take(8).Sum()}");
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("model", whole: true);

            var download = await page.Tab.RunAndWaitForDownloadAsync(() => page.Main.GetByRole(AriaRole.Button, new() { Name = "Keep the model card" }).ClickAsync());
            Assert.Equal("wdn-v1.md", download.SuggestedFilename);
            Assert.StartsWith("# Model card: datasets/labelme/models/wdn/versions/1", await File.ReadAllTextAsync(await download.PathAsync()), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_version_is_tried_promoted_and_rolled_back_and_nothing_is_done_over_anothers_change()
    {
        var model = Requests.NewId("pages");
        for (var seed = 1; seed <= 2; seed++)
        {
            var run = new TrainingRun { Algorithm = "bn", ModelId = model, Seed = seed, Settings = { ["epochs"] = "1", ["bootstrap_resamples"] = "0" } };
            run = await _service.Training.CreateTrainingRunAsync(new CreateTrainingRunRequest { Parent = browser.LabelMe, TrainingRun = run });
            Assert.Equal(TrainingRun.Types.State.Succeeded, (await TrainAndPredictTests.WatchToEndAsync(_service, run)).State);
        }

        var name = $"{browser.LabelMe}/models/{model}";
        await browser.VisitAsync($"/datasets/labelme/models/{model}?version=2", async page =>
        {
            await Expect(page.Main.Locator(".serving")).ToContainTextAsync($"go to {model} v1");
            await ConfirmAsync("Try v2 on a share", "Begin", dialog => dialog.GetByLabel("Share in percent").FillAsync("25"));
            await Expect(page.Heading).ToContainTextAsync("on trial, 25 %");
            Assert.Equal((name + "/versions/2", 0.25), ((await ModelAsync()).Canary.Version, (await ModelAsync()).Canary.Share));
            await ConfirmAsync("End the trial of", "End the trial");
            await Expect(page.Main.Locator(".serving")).Not.ToContainTextAsync("on trial");
            Assert.Null((await ModelAsync()).Canary);

            // Somebody promotes it and takes it back while this page shows what was before.
            await _service.Models.PromoteModelVersionAsync(new PromoteModelVersionRequest { Name = name + "/versions/2" });
            page.ExpectStatus(409);
            await ConfirmAsync("Promote v2 to champion", "Promote");
            await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("Somebody changed this in the meantime, so nothing was done.");
            await page.Main.GetByRole(AriaRole.Button, new() { Name = "Show it as it is now" }).ClickAsync();
            await Expect(page.Main.Locator(".serving")).ToContainTextAsync($"go to {model} v2");

            await ConfirmAsync("Roll back to", "Roll back", dialog => dialog.GetByLabel("Why").FillAsync("<b>worse</b> on owls"));
            await Expect(page.Main.Locator(".serving")).ToContainTextAsync($"go to {model} v1");
            Assert.Equal(name + "/versions/1", (await ModelAsync()).Aliases.Single().Version);
            await Expect(page.Rows("History of aliases and trials").First).ToContainTextAsync("<b>worse</b> on owls");
            await ConfirmAsync("Promote v2 to champion", "Promote", dialog => dialog.GetByLabel("Why").FillAsync("better on owls"));
            await Expect(page.Heading).ToContainTextAsync("champion");
            Assert.Equal(name + "/versions/2", (await ModelAsync()).Aliases.Single().Version);
            await Expect(page.Rows("History of aliases and trials").First).ToContainTextAsync("better on owls");
            await page.AssertAccessibleAsync();

            async Task ConfirmAsync(string button, string yes, Func<ILocator, Task>? fill = null)
            {
                await page.Main.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
                var dialog = page.Tab.GetByRole(AriaRole.Dialog);
                if (fill is not null)
                {
                    await fill(dialog);
                }

                await dialog.GetByRole(AriaRole.Button, new() { Name = yes, Exact = true }).ClickAsync();
            }
        });
        await _service.Models.DeleteModelAsync(new DeleteModelRequest { Name = name, Force = true });

        Task<Model> ModelAsync() => _service.Models.GetModelAsync(new GetModelRequest { Name = name }).ResponseAsync;
    }

    [Fact]
    public async Task Two_models_are_compared_and_which_is_better_is_said_plainly()
    {
        var answer = await _service.Models.CompareModelsAsync(new CompareModelsRequest
        {
            Parent = browser.LabelMe,
            FirstModel = browser.Versions[0],
            SecondModel = browser.Versions[1],
            Split = Split.Test,
        });
        await browser.VisitAsync("/datasets/labelme/compare", async page =>
        {
            await page.Main.GetByLabel("First").SelectOptionAsync("dn/versions/1");
            await page.Main.GetByLabel("Second").SelectOptionAsync("wdn/versions/1");
            await page.Main.GetByRole(AriaRole.Button, new() { Name = "Compare", Exact = true }).ClickAsync();
            var said = page.Main.GetByRole(AriaRole.Status).Filter(new() { HasText = "Accuracy" });
            await Expect(said).ToContainTextAsync(answer.Verdict switch
            {
                ComparisonVerdict.FirstBetter => "dn v1 is better than wdn v1.",
                ComparisonVerdict.SecondBetter => "wdn v1 is better than dn v1.",
                _ => "Neither is shown to be better",
            });
            var accuracy = answer.Metrics.Single(metric => metric.Metric == "accuracy");
            var row = page.Rows("Metrics of both").First;
            await Expect(row.Locator("td").Nth(1)).ToHaveTextAsync(Texts.Percent(accuracy.First));
            await Expect(row.Locator("td").Nth(2)).ToHaveTextAsync(Texts.Percent(accuracy.Second));
            await Expect(row.Locator("td").Nth(4)).ToHaveTextAsync($"{Points(accuracy.Lower)} to {Points(accuracy.Upper)}");
            await Expect(page.Main.GetByText($"Only dn v1: {answer.Mcnemar.OnlyFirstRight} items.")).ToBeVisibleAsync();
            await page.WaitUntilReadyAsync();
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("compare");
            await page.Tab.SetViewportSizeAsync(360, 740);
            await page.AssertFitsWindowAsync();
        });
    }

    // Nothing has a sign.
    private static string Points(double difference) => Texts.Number(100 * difference, 1).Replace("-0.0", "0.0", StringComparison.Ordinal) + " points";

    private Task<ModelVersion> VersionAsync(string name) => _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = name }).ResponseAsync;

    private static Metric Measured(ModelVersion version, string name) => version.Metrics.Single(metric => metric.Metric_ == name && metric.Split == "test");
}
