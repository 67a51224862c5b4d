using System.Globalization;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The pages of all training runs and of one.</summary>
[Collection(SharedBrowser.Name)]
public sealed class RunPagesTests(BrowserFixture browser)
{
    private readonly RunningService _service = browser.Service;

    [Fact]
    public async Task A_run_that_has_ended_is_shown_with_its_curves_and_what_it_made()
    {
        var run = browser.Runs[1];
        var events = new List<TrainingRunEvent>();
        await TrainAndPredictTests.WatchToEndAsync(_service, run, events);
        var epochs = events.Where(happened => happened.Progress is { Epoch: > 0 }).Select(happened => happened.Progress).ToList();
        await browser.VisitAsync($"/{run.Name.Replace("trainingRuns", "runs", StringComparison.Ordinal)}", async page =>
        {
            await Expect(page.Heading).ToContainTextAsync("succeeded");
            await Expect(page.Main.GetByRole(AriaRole.Link, new() { Name = "wdn v1" })).ToBeVisibleAsync();
            await Expect(page.Main.Locator(".log li")).ToHaveTextAsync([.. events.Where(happened => happened.Message.Length > 0).Reverse().Select(happened => new System.Text.RegularExpressions.Regex(
                System.Text.RegularExpressions.Regex.Escape(happened.Message) + "$", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)))]);

            var losses = page.Main.Locator("figure").Filter(new() { HasText = "Training loss" });
            await losses.GetByText("Figures").ClickAsync();
            var rows = losses.Locator("tbody tr");
            await Expect(rows).ToHaveCountAsync(epochs.Count);
            var shown = double.Parse(await rows.Last.Locator("td").Nth(2).InnerTextAsync(), CultureInfo.InvariantCulture);
            Assert.Equal(epochs[^1].Loss, shown, 0.0005 * Math.Abs(epochs[^1].Loss));

            await page.Main.GetByText("settings, 1 of them given").ClickAsync();
            await Expect(page.Rows("Settings").Filter(new() { HasText = "given" })).ToHaveTextAsync("epochs given8");
            await Expect(page.Main.GetByRole(AriaRole.Button, new() { Name = "Cancel this run" })).ToHaveCountAsync(0);
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("run");
        });
    }

    [Fact]
    public Task A_run_is_started_by_the_form_watched_live_and_cancelled() => browser.VisitAsync("/datasets/labelme/runs", async page =>
    {
        await Expect(page.Rows("Training runs").Filter(new() { HasText = "wdn v1" })).ToContainTextAsync("succeeded");
        await Expect(page.Main.GetByText("takes 1 run at a time")).ToBeVisibleAsync();
        await page.AssertAccessibleAsync();
        await page.SaveScreenshotAsync("runs");

        await page.Main.GetByLabel("Algorithm").SelectOptionAsync("dn");
        await page.Main.GetByLabel("Name of what it makes").FillAsync("never-made");
        await page.Main.GetByText("Settings:").ClickAsync();
        var settings = (await _service.Training.ListAlgorithmsAsync(new ListAlgorithmsRequest())).Algorithms.Single(algorithm => algorithm.AlgorithmId == "dn").Settings;
        var epochs = settings.Single(setting => setting.Key == "epochs");
        await Expect(page.Main.GetByLabel("epochs", new() { Exact = true })).ToHaveValueAsync(epochs.DefaultValue);
        await Expect(page.Main.GetByLabel("epochs", new() { Exact = true })).ToHaveAttributeAsync("max", epochs.Maximum.ToString(CultureInfo.InvariantCulture));
        var capacities = settings.Single(setting => setting.Key == "capacity").Choices;
        Assert.Equal(["s", "m", "l"], capacities);
        await Expect(page.Main.GetByLabel("capacity", new() { Exact = true }).Locator("option")).ToHaveTextAsync([.. capacities]);
        await page.Main.GetByLabel("pretrained", new() { Exact = true }).FillAsync("none");
        await page.Main.GetByLabel("epochs", new() { Exact = true }).FillAsync("100000");
        await Expect(page.Main.GetByText("2 changed")).ToBeVisibleAsync();
        page.ExpectStatus(404);
        await StartAsync();
        await Expect(page.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("datasets/labelme/backbones/none does not exist");
        await Expect(page.Main.GetByLabel("pretrained", new() { Exact = true })).ToBeFocusedAsync();

        await page.Main.GetByLabel("pretrained", new() { Exact = true }).FillAsync("");
        await StartAsync();
        await Expect(page.Heading).ToContainTextAsync("running");
        await Expect(page.Main.GetByText("live", new() { Exact = true })).ToBeVisibleAsync();
        var losses = page.Main.Locator("figure").Filter(new() { HasText = "Training loss" });
        await losses.GetByText("Figures").ClickAsync();
        await Expect(losses.Locator("tbody tr").Nth(2)).ToBeVisibleAsync();
        var name = $"datasets/labelme/trainingRuns/{new Uri(page.Tab.Url).Fragment.Split('/')[^1]}";
        var run = await _service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = name });
        Assert.Equal(("dn", "never-made", "100000", TrainingRun.Types.State.Running), (run.Algorithm, run.ModelId, run.Settings["epochs"], run.State));
        Assert.Single(run.Settings);

        await page.Main.GetByRole(AriaRole.Button, new() { Name = "Cancel this run" }).ClickAsync();
        var dialog = page.Tab.GetByRole(AriaRole.Dialog);
        await page.AssertAccessibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Leave it" }).ClickAsync();
        Assert.False((await _service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = name })).CancelRequested);
        await page.Main.GetByRole(AriaRole.Button, new() { Name = "Cancel this run" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel the run" }).ClickAsync();
        await Expect(page.Heading).ToContainTextAsync("cancelled");
        Assert.Equal(TrainingRun.Types.State.Cancelled, (await _service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = name })).State);
        await page.GoAsync("/datasets/labelme/runs");
        await Expect(page.Rows("Training runs").First).ToContainTextAsync("cancelled");

        Task StartAsync() => page.Main.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
    });

    [Fact]
    public async Task A_run_goes_on_being_watched_after_the_service_was_gone()
    {
        await using var service = await RunningService.StartAsync();
        var dataset = await SmallCrowd.CreateAsync(service);
        var run = await TrainAndPredictTests.StartAsync(service, dataset, "dn", ("epochs", "100000"));
        await DashboardPage.VisitAsync(browser.Chromium, service.HttpAddress, $"/{run.Name.Replace("trainingRuns", "runs", StringComparison.Ordinal)}", async page =>
        {
            page.ExpectAway();
            var live = page.Main.GetByText("live", new() { Exact = true });

            // Pauses between attempts grow to 15 s.
            var reconnected = new LocatorAssertionsToBeVisibleOptions { Timeout = 60_000 };
            await Expect(live).ToBeVisibleAsync(reconnected);
            await service.StopAsync();
            await Expect(page.Tab.Locator("#connection")).ToContainTextAsync("The service does not answer");
            await Expect(page.Main.GetByText("not connected: trying again")).ToBeVisibleAsync();
            await service.StartAgainAsync();
            await Expect(live).ToBeVisibleAsync(reconnected);
            await Expect(page.Tab.Locator("#connection")).ToBeEmptyAsync();
            await service.Training.CancelTrainingRunAsync(new CancelTrainingRunRequest { Name = run.Name });
            await Expect(page.Heading).ToContainTextAsync("cancelled");

            // Nothing was shown twice: what came before the break is not asked for again.
            var events = new List<TrainingRunEvent>();
            await TrainAndPredictTests.WatchToEndAsync(service, run, events);
            await Expect(page.Main.Locator(".log li")).ToHaveCountAsync(events.Count(happened => happened.Message.Length > 0));
        });
    }
}
