using Microsoft.Playwright;

namespace LabelerService.Benchmarks.Pages;

/// <summary>One visit to a page, in a tab of its own.</summary>
/// <param name="Milliseconds">From the start of the navigation until the page has its heading and nothing on it is loading.</param>
/// <param name="SlowestCall">The call of the API that took longest, with its milliseconds.</param>
/// <param name="Failure">What the page says went wrong; null for nothing.</param>
internal sealed record PageVisit(double Milliseconds, string SlowestCall, string? Failure)
{
    private const float Patience = 300_000;

    // Looked at with every frame; the browser's own clock says when.
    private const string WhenReady = """
        () => new Promise(done => {
          const look = () => document.querySelector("main h1") && !document.querySelector("[aria-busy=true]") ? done(performance.now()) : requestAnimationFrame(look);
          look();
        })
        """;

    private const string Slowest = """
        () => {
          const calls = performance.getEntriesByType("resource").filter(entry => entry.name.includes("/v1/")).sort((a, b) => b.duration - a.duration);
          return calls.length === 0 ? "" : `${Math.round(calls[0].duration)} ${new URL(calls[0].name).pathname}`;
        }
        """;

    private const string Alerts = "() => [...document.querySelectorAll('main [role=alert]')].map(alert => alert.textContent).join('; ')";

    /// <summary>A browser profile that knows nothing yet.</summary>
    public static async Task<IBrowserContext> NewProfileAsync(IBrowser browser)
    {
        var profile = await browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        profile.SetDefaultTimeout(Patience);
        return profile;
    }

    /// <summary>Visits in a new profile: the dashboard's code, too, has to come.</summary>
    public static async Task<PageVisit> MeasureAnewAsync(IBrowser browser, Uri address, string path)
    {
        await using var profile = await NewProfileAsync(browser);
        return await MeasureAsync(profile, address, path);
    }

    /// <summary>Visits in a profile.</summary>
    public static async Task<PageVisit> MeasureAsync(IBrowserContext context, Uri address, string path)
    {
        var tab = await context.NewPageAsync();
        await tab.GotoAsync($"{address}dashboard/#{path}", new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
        var ready = await tab.EvaluateAsync<double>(WhenReady);
        var slowest = await tab.EvaluateAsync<string>(Slowest);
        var alerts = await tab.EvaluateAsync<string>(Alerts);
        await tab.CloseAsync();
        return new PageVisit(ready, slowest, alerts.Length > 0 ? alerts : null);
    }
}
