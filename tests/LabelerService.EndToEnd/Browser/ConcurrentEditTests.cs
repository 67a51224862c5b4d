using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>Two people with the same page open: whoever comes second is told, nothing of the first is overwritten, nothing of the second is lost.</summary>
[Collection(SharedBrowser.Name)]
public sealed class ConcurrentEditTests(BrowserFixture browser)
{
    private const string Somebody = "Somebody changed this in the meantime";
    private readonly RunningService _service = browser.Service;

    [Fact]
    public async Task Of_two_who_rename_a_dataset_the_second_is_told_and_keeps_what_was_typed()
    {
        var dataset = await _service.CreateDatasetAsync();
        await browser.VisitAsync($"/{dataset}", first => browser.VisitAsync($"/{dataset}", async second =>
        {
            second.ExpectStatus(409);
            foreach (var (page, name) in new[] { (first, "the first's"), (second, "the second's") })
            {
                await page.Tab.GetByText("Change its name").ClickAsync();
                await page.Tab.GetByLabel("Name for people").FillAsync(name);
            }

            await first.Tab.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
            await Expect(first.Heading).ToHaveTextAsync("the first's");
            await second.Tab.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
            await Expect(second.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync(Somebody);
            await Expect(second.Tab.GetByLabel("Name for people")).ToHaveValueAsync("the second's");
            await second.Tab.GetByRole(AriaRole.Button, new() { Name = "Show it as it is now" }).ClickAsync();
            await Expect(second.Heading).ToHaveTextAsync("the first's");
        }));
        Assert.Equal("the first's", (await _service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = dataset })).DisplayName);
    }

    [Fact]
    public async Task Of_two_who_promote_at_once_one_does_and_the_other_is_told()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        foreach (var epochs in new[] { "1", "2", "3" })
        {
            var run = await TrainAndPredictTests.WatchToEndAsync(_service, await TrainAndPredictTests.StartAsync(_service, crowd.Dataset, "bn", ("epochs", epochs), ("hidden", "4")));
            Assert.True(run.State == TrainingRun.Types.State.Succeeded, run.ToString());
        }

        var name = $"{crowd.Dataset}/models/bn";
        await _service.Models.PromoteModelVersionAsync(new PromoteModelVersionRequest { Name = $"{name}/versions/1" });
        await browser.VisitAsync($"/{name}?version=2", first => browser.VisitAsync($"/{name}?version=3", async second =>
        {
            second.ExpectStatus(409);
            await PromoteAsync(first, 2);
            await Expect(first.Heading).ToContainTextAsync("champion");
            await PromoteAsync(second, 3);
            await Expect(second.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync(Somebody);
        }));
        var model = await _service.Models.GetModelAsync(new GetModelRequest { Name = name });
        Assert.Equal($"{name}/versions/2", model.Aliases.Single(alias => alias.Alias == "champion").Version);

        static async Task PromoteAsync(DashboardPage page, int version)
        {
            await page.Main.GetByRole(AriaRole.Button, new() { Name = $"Promote v{version} to champion" }).ClickAsync();
            await page.Tab.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Promote", Exact = true }).ClickAsync();
        }
    }
}
