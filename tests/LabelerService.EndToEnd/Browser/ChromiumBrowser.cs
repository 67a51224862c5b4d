using Microsoft.Playwright;

namespace LabelerService.EndToEnd.Browser;

/// <summary>Chromium as the distribution packages it, driven through Playwright, which brings no browser of its own here.</summary>
internal sealed class ChromiumBrowser : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private readonly IPlaywright _playwright;

    private ChromiumBrowser(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        Browser = browser;
    }

    public IBrowser Browser { get; }

    public static async Task<ChromiumBrowser> StartAsync()
    {
        var executable = Environment.GetEnvironmentVariable("LABELER_CHROMIUM") is { Length: > 0 } named ? named : Array.Find(Places, File.Exists)
            ?? throw new FileNotFoundException("There is no Chromium for the tests of the dashboard: apt-get install chromium, or name one with LABELER_CHROMIUM.");
        var playwright = await Playwright.CreateAsync();
        try
        {
            var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = executable,

                // Chromium's sandbox refuses to run as root, as CI does; /dev/shm is small in containers.
                Args = [.. Environment.IsPrivilegedProcess ? new[] { "--no-sandbox" } : [], "--disable-dev-shm-usage"],
            });
            return new ChromiumBrowser(playwright, browser);
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.CloseAsync();
        _playwright.Dispose();
    }
}
