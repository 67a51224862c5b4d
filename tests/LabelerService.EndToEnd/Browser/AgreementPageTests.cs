using LabelerService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The page of agreement.</summary>
[Collection(SharedBrowser.Name)]
public sealed class AgreementPageTests(BrowserFixture browser)
{
    [Fact]
    public async Task Coefficients_matrix_and_pairs_are_those_of_the_service_on_the_scale_asked_for()
    {
        var insight = browser.Service.Insight;
        var nominal = await insight.GetAgreementAsync(new() { Name = $"{browser.LabelMe}/agreement" });
        var ordinal = await insight.GetAgreementAsync(new() { Name = $"{browser.LabelMe}/agreement", Scale = AgreementScale.Ordinal });
        var pairs = await insight.ListLabelerPairsAsync(new() { Parent = browser.LabelMe, Order = LabelerPairOrder.LeastAgreement, MinSharedItems = 8, PageSize = 25 });
        var matrix = await insight.ListLabelerPairsAsync(new() { Parent = browser.LabelMe, MostActive = 10, PageSize = 100 });
        await browser.VisitAsync("/datasets/labelme/agreement", async page =>
        {
            await Expect(page.Tile("Equal pairs of annotations")).ToContainTextAsync(
                $"{Texts.Percent(nominal.Percent.Value)}{Texts.Percent(nominal.Percent.Low)} to {Texts.Percent(nominal.Percent.High)}");
            await Expect(page.Tile("Fleiss’ κ")).ToContainTextAsync(Kappa(nominal.FleissKappa));
            await Expect(page.Tile("Krippendorff’s α, nominal")).ToContainTextAsync(Kappa(nominal.KrippendorffAlpha));

            await page.Tab.GetByLabel("Labelers", new() { Exact = true }).SelectOptionAsync("10");
            var map = page.Main.Locator("figure");
            await map.GetByText("Figures").ClickAsync();
            await Expect(map.Locator("tbody tr")).ToHaveCountAsync(2 * matrix.Pairs.Count);
            var pair = matrix.Pairs[0];
            await Expect(map.Locator("tbody tr").Filter(new() { HasText = pair.LabelerId + pair.OtherLabelerId + Texts.Percent(pair.PercentAgreement) })).ToHaveTextAsync(
                $"{pair.LabelerId}{pair.OtherLabelerId}{Texts.Percent(pair.PercentAgreement)} {pair.SharedItems} items of both");

            var rows = page.Rows("Pairs of labelers");
            await page.Tab.GetByLabel("Order").SelectOptionAsync("The least agreement first");
            await page.Tab.GetByLabel("Items of both, at least").FillAsync("8");
            await page.Tab.GetByLabel("Items of both, at least").PressAsync("Enter");
            await Expect(rows.First).ToHaveTextAsync(Row(pairs.Pairs[0]));
            await Expect(rows.Nth(pairs.Pairs.Count - 1)).ToHaveTextAsync(Row(pairs.Pairs[^1]));
            await page.AssertAccessibleAsync();
            await page.SaveScreenshotAsync("agreement", whole: true);

            await page.Tab.GetByLabel("Scale").SelectOptionAsync("Ordinal: classes are ordered");
            await Expect(page.Tile("Krippendorff’s α, ordinal")).ToContainTextAsync(Kappa(ordinal.KrippendorffAlpha));
            await Expect(page.Main.GetByRole(AriaRole.Columnheader, new() { Name = "Weighted κ" })).ToBeVisibleAsync();
        });

        static string Kappa(Estimate estimate) => $"{Texts.Number(estimate.Value, 3)}{Texts.Number(estimate.Low, 3)} to {Texts.Number(estimate.High, 3)}";
        static string Row(LabelerPair pair) =>
            $"{pair.LabelerId}{pair.OtherLabelerId}{pair.SharedItems}{Texts.Percent(pair.PercentAgreement)}{Texts.Number(pair.CohenKappa, 3)}";
    }
}
