using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>Names and texts that people chose are shown as they are on every page: none becomes markup, code, an address or the page's width.</summary>
[Collection(SharedBrowser.Name)]
[Trait("Suite", "security")]
public sealed class HostileNameTests(BrowserFixture browser)
{
    private const string Image = "<img src=x onerror=document.title='hit'>";
    private const string Script = "\"><script>document.title='hit'</script>";
    private const string Address = "javascript:document.title='hit'//%0a?#&=/../";
    private static readonly string Wide = string.Concat(Enumerable.Repeat("寬", 85));
    private static readonly string Endless = new('W', 256);

    // Nothing that a name could have brought along.
    private const string IsClean = """
        () => document.title === "hit" ? "the title was changed"
          : [...document.querySelectorAll("main *")].map(element =>
              [...element.attributes].some(attribute => attribute.name.startsWith("on")) ? `${element.localName} has a handler`
              : element.localName === "script" || element.localName === "iframe" ? `a ${element.localName}`
              : element.localName === "img" && !/^(blob|data):/.test(element.getAttribute("src") ?? "blob:") ? `a picture from ${element.getAttribute("src")}`
              : element.localName === "a" && !/^(#|blob:|\/v1\/)/.test(element.getAttribute("href") ?? "#") ? `a link to ${element.getAttribute("href")}` : "").find(text => text) ?? ""
        """;

    [Fact]
    public async Task Nothing_that_a_name_or_text_holds_is_executed_or_breaks_a_page()
    {
        var service = browser.Service;
        var (dataset, run) = await CreateAsync(service);
        var keys = new[] { Image, Script, Address, Wide, Endless };
        await browser.VisitAsync("/", async page =>
        {
            var home = $"/{dataset}";
            string[] paths =
            [
                "/", home, $"{home}/items", $"{home}/label", $"{home}/labelers", $"{home}/agreement", $"{home}/suspects", $"{home}/next", $"{home}/runs",
                $"{home}/runs/{run.Name.Split('/')[^1]}", $"{home}/models", $"{home}/models/dn", $"{home}/compare",
                .. keys.Select(key => $"{home}/items/{Uri.EscapeDataString(key)}"), .. keys.Select(key => $"{home}/labelers/{Uri.EscapeDataString(key)}"),
            ];
            foreach (var path in paths)
            {
                await page.GoAsync(path);
                Assert.True(await page.Tab.EvaluateAsync<string>(IsClean) is "", $"{path}: {await page.Tab.EvaluateAsync<string>(IsClean)}");
                Assert.True(await page.Main.GetByRole(AriaRole.Alert).CountAsync() == 0, $"{path}: {await page.Main.InnerTextAsync()}");
                await page.AssertFitsWindowAsync();
            }

            // Literally, where it matters most.
            await page.GoAsync($"{home}/items/{Uri.EscapeDataString(Image)}");
            await Expect(page.Heading).ToContainTextAsync(Image);
            await Expect(page.Main).ToContainTextAsync("<b onmouseover=document.title='hit'>bold</b>");
            await page.GoAsync($"{home}/labelers/{Uri.EscapeDataString(Script)}");
            await Expect(page.Heading).ToContainTextAsync(Script);
            await page.GoAsync($"{home}/items/{Uri.EscapeDataString(Address)}");
            await Expect(page.Heading).ToContainTextAsync(Address);
            await page.GoAsync(home);
            await Expect(page.Heading).ToHaveTextAsync(Image);
            await page.AssertAccessibleAsync();
        });
    }

    private static async Task<(string Dataset, TrainingRun Run)> CreateAsync(RunningService service)
    {
        var classes = new[] { Image, Script, Wide[..42] };
        var keys = new[] { Image, Script, Address, Wide, Endless };
        var dataset = (await service.Datasets.CreateDatasetAsync(new CreateDatasetRequest
        {
            DatasetId = Requests.NewId(),
            Dataset = new Dataset { DisplayName = Image, Classes = { classes }, ItemType = new ItemType { Text = new ItemType.Types.Text() }, Tags = { ["note"] = Script } },
        })).Name;
        var batch = new ItemBatch();
        for (var i = 0; i < 60; i++)
        {
            batch.ItemIds.Add(i < keys.Length ? keys[i] : $"text-{i}");
            batch.Texts.Add($"{(i < keys.Length ? "<b onmouseover=document.title='hit'>bold</b> " : "")}{(i % 3) switch { 0 => "good fine", 1 => "bad poor", _ => "odd" }} {Script}");
            batch.Splits.Add(i % 6 == 5 ? Split.Validation : Split.Train);
        }

        await service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = batch });
        await service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 60).SelectMany(i => keys.Select((labeler, l) =>
            Requests.Says(labeler, batch.ItemIds[i], classes[(i + (l == 4 && i % 2 == 0 ? 1 : 0)) % 3])))]);
        var run = await TrainAndPredictTests.StartAsync(service, dataset, "dn", ("epochs", "2"), ("hidden", "4"));
        var ended = await TrainAndPredictTests.WatchToEndAsync(service, run);
        Assert.True(ended.State == TrainingRun.Types.State.Succeeded, ended.ToString());
        return (dataset, ended);
    }
}
