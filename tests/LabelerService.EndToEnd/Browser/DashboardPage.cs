using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using LabelerService.EndToEnd.Harness;
using Microsoft.Playwright;

namespace LabelerService.EndToEnd.Browser;

/// <summary>
/// A tab with the dashboard. It keeps what a user must never meet: errors and warnings on the console (violations of the content policy are
/// among them), exceptions, dialogs of scripts, requests that fail, answers of 400 and above. What a test expects of these it says before with
/// <see cref="Expect"/> or <see cref="ExpectStatus"/>; anything else fails the test, which leaves a picture in
/// <c>artifacts/screenshots/failures</c>.
/// </summary>
internal sealed partial class DashboardPage
{
    // Far beyond what a page takes: these machines are busy.
    private const float Patience = 30_000;

    private const string WidestElement = """
        () => [...document.querySelectorAll("main *")].filter(element => element.getBoundingClientRect().right > innerWidth)
          .map(element => `${element.localName}.${element.className} to ${Math.round(element.getBoundingClientRect().right)}`).slice(0, 5).join("; ")
        """;

    // The heading first: the shell shows none while it asks who is there.
    private const string IsReady = "() => document.querySelector('main h1') !== null && document.querySelector('[aria-busy=true]') === null";

    // Its rules by themselves: axe's own wrapper for Playwright loads the script into a second tab for every run.
    private const string RunAxe = """
        rules => axe.run(document, { resultTypes: ["violations"], ...(rules.length > 0 ? { runOnly: rules } : {}) }).then(result =>
          result.violations.map(violation => `${violation.id} (${violation.impact}): ${violation.help}` + violation.nodes.slice(0, 5).map(node =>
            `\n  ${node.target.join(" ")}: ${node.html}\n    ${node.failureSummary.replaceAll("\n", "\n    ")}`).join("")))
        """;

    private static readonly string[] ColorRules = ["color-contrast"];

    private static readonly Lazy<string> AxeScript = new(() => new BundledAxeScriptProvider().GetScript());

    private static readonly string Screenshots = Path.Combine(Assemblies.Repository, "artifacts", "screenshots");

    private readonly List<string> _problems = [];
    private readonly List<Regex> _expected = [];

    private DashboardPage(IPage tab)
    {
        Tab = tab;
        tab.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Keep($"console {message.Type}: {message.Text} ({message.Location})");
            }
        };
        tab.PageError += (_, error) => Keep($"exception: {error}");
        tab.Response += (_, response) =>
        {
            if (response.Status >= 400)
            {
                Keep($"HTTP {response.Status}: {response.Request.Method} {response.Url}");
            }
        };
        tab.RequestFailed += (_, request) =>
        {
            // A page that is left takes its calls back: that is no failure.
            if (request.Failure != "net::ERR_ABORTED")
            {
                Keep($"failed: {request.Method} {request.Url} {request.Failure}");
            }
        };
        tab.Dialog += async (_, dialog) =>
        {
            Keep($"dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
    }

    /// <summary>Playwright's own page, for everything that this class has no word for.</summary>
    public IPage Tab { get; }

    /// <summary>The part of the shell that pages are shown in.</summary>
    public ILocator Main => Tab.Locator("main");

    /// <summary>The heading of the page.</summary>
    public ILocator Heading => Tab.Locator("main h1");

    /// <summary>Opens a page, runs a test on it and checks that nothing went wrong.</summary>
    public static async Task VisitAsync(IBrowser browser, string address, string path, Func<DashboardPage, Task> test)
    {
        await using var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = 1280, Height = 900 },
            ColorScheme = ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            TimezoneId = "UTC",
            Locale = "en-GB",
        });
        context.SetDefaultTimeout(Patience);
        Assertions.SetDefaultExpectTimeout(Patience);
        var page = new DashboardPage(await context.NewPageAsync());
        try
        {
            await page.Tab.GotoAsync($"{address}/dashboard/#{path}");
            await page.WaitUntilReadyAsync();
            await test(page);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{error.Message}\n{await page.DescribeAsync()}", error);
        }

        var problems = page.Unexpected();
        Assert.True(problems.Count == 0, problems.Count == 0 ? "" : await page.DescribeAsync());
    }

    /// <summary>Says that problems whose text matches are part of the test.</summary>
    public void Expect(string pattern) => _expected.Add(new Regex(pattern, RegexOptions.Singleline, TimeSpan.FromSeconds(1)));

    /// <summary>Says that answers with this status are part of the test; Chromium reports each on the console too.</summary>
    public void ExpectStatus(int status)
    {
        Expect($"^HTTP {status}:");
        Expect($"^console error: Failed to load resource: the server responded with a status of {status} ");
    }

    /// <summary>Says that the service will be gone for a while: requests that nobody answers are part of the test.</summary>
    public void ExpectAway()
    {
        Expect("^failed: .*net::ERR_(CONNECTION|EMPTY_RESPONSE|INCOMPLETE|NETWORK|SOCKET)");
        Expect("^console error: Failed to load resource: net::ERR_(CONNECTION|EMPTY_RESPONSE|INCOMPLETE|NETWORK|SOCKET)");
        ExpectStatus(503);
    }

    /// <summary>Goes to another page of the dashboard, as a link would.</summary>
    public async Task GoAsync(string path)
    {
        // The shell's listener is older than this one: when the promise is kept, the shell has begun to show the page.
        await Tab.EvaluateAsync(
            "hash => new Promise(done => { if (location.hash === hash) { done(); return; } "
            + "addEventListener('hashchange', () => done(), { once: true }); location.hash = hash; })",
            "#" + path);
        await WaitUntilReadyAsync();
    }

    /// <summary>Loads the page anew.</summary>
    public async Task ReloadAsync()
    {
        await Tab.ReloadAsync();
        await WaitUntilReadyAsync();
    }

    /// <summary>Waits until nothing on the page is still loading.</summary>
    public async Task WaitUntilReadyAsync() => await Tab.WaitForFunctionAsync(IsReady);

    /// <summary>Signs in through the form of the dashboard.</summary>
    public async Task SignInAsync(string credential)
    {
        await Tab.GetByLabel("API key").FillAsync(credential);
        await Tab.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    /// <summary>
    /// Checks the page as it is against the rules of axe, in light and in dark. What axe cannot decide by itself (<c>incomplete</c>) is not counted.
    /// </summary>
    public async Task AssertAccessibleAsync()
    {
        // Colours are all that the scheme changes.
        await Tab.EvaluateAsync(AxeScript.Value);
        await Tab.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
        var dark = await Tab.EvaluateAsync<string[]>(RunAxe, ColorRules);
        await Tab.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light });
        var light = await Tab.EvaluateAsync<string[]>(RunAxe, Array.Empty<string>());
        Assert.True(
            dark.Length + light.Length == 0,
            $"{Tab.Url} is not accessible.\nIn light:\n{string.Join('\n', light)}\nIn dark:\n{string.Join('\n', dark)}");
    }

    /// <summary>
    /// Checks that nothing of the page is beside the window. Charts take the width of a window that was made smaller with one of the next frames, so this waits a little.
    /// </summary>
    public async Task AssertFitsWindowAsync()
    {
        try
        {
            await Tab.WaitForFunctionAsync("() => document.documentElement.scrollWidth <= innerWidth");
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{Tab.Url} is wider than the window: {await Tab.EvaluateAsync<string>(WidestElement)}");
        }
    }

    /// <summary>Keeps a picture of the page in <c>artifacts/screenshots</c>, in light and in dark.</summary>
    /// <param name="name">Of the file, without extension; <c>-dark</c> is added for the second.</param>
    /// <param name="whole">Whether to show all of a page that is longer than the window.</param>
    public async Task SaveScreenshotAsync(string name, bool whole = false)
    {
        foreach (var (scheme, suffix) in new[] { (ColorScheme.Dark, "-dark"), (ColorScheme.Light, "") })
        {
            await Tab.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
            await PictureAsync(Path.Combine(Screenshots, $"{name}{suffix}.png"), whole);
        }
    }

    private async Task PictureAsync(string file, bool whole) => await Tab.ScreenshotAsync(new PageScreenshotOptions
    {
        Path = file,
        FullPage = whole,
        Animations = ScreenshotAnimations.Disabled,
    });

    private async Task<string> DescribeAsync()
    {
        var file = Path.Combine(Screenshots, "failures", $"{NoFileCharacter().Replace(new Uri(Tab.Url).Fragment, "-")}-{Guid.NewGuid():N}.png");
        await PictureAsync(file, whole: true);
        var problems = Unexpected();
        return $"On {Tab.Url} ({file}):\n{(problems.Count == 0 ? "nothing unexpected on the console or the network" : string.Join('\n', problems))}\n"
            + $"The page says:\n{await Tab.Locator("body").InnerTextAsync()}";
    }

    private void Keep(string problem)
    {
        lock (_problems)
        {
            _problems.Add(problem);
        }
    }

    private List<string> Unexpected()
    {
        lock (_problems)
        {
            return [.. _problems.Where(problem => !_expected.Exists(expected => expected.IsMatch(problem)))];
        }
    }

    [GeneratedRegex("[^A-Za-z0-9.]+", RegexOptions.None, 1000)]
    private static partial Regex NoFileCharacter();
}
