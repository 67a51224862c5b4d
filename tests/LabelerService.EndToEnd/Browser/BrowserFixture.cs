using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using Microsoft.Playwright;

namespace LabelerService.EndToEnd.Browser;

/// <summary>
/// One service with the LabelMe sample and two trained models, and one Chromium, for all tests of pages. Callers of this machine are admins
/// here; who needs keys starts a service of its own. Tests that write do so in datasets of their own, or undo it.
/// </summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private ChromiumBrowser? _chromium;

    public RunningService Service { get; private set; } = null!;

    /// <summary>Name of the dataset with the sample, <c>datasets/labelme</c>.</summary>
    public string LabelMe { get; private set; } = "";

    /// <summary>The runs that trained the models: dn, then wdn.</summary>
    internal IReadOnlyList<TrainingRun> Runs { get; private set; } = [];

    /// <summary>Names of the versions of <see cref="LabelMe"/> that were trained: dn, then wdn; both evaluated on the gold of the test split.</summary>
    internal IReadOnlyList<string> Versions => [.. Runs.Select(run => run.ModelVersion)];

    internal IBrowser Chromium => _chromium!.Browser;

    public async Task InitializeAsync()
    {
        // The browser starts while the service gets ready.
        var chromium = ChromiumBrowser.StartAsync();
        Service = await RunningService.StartAsync();
        _chromium = await chromium;
        LabelMe = await LabelMeSample.ImportAsync(Service);
        var queued = new List<TrainingRun>();
        foreach (var algorithm in new[] { "dn", "wdn" })
        {
            queued.Add(await TrainAndPredictTests.StartAsync(Service, LabelMe, algorithm, ("epochs", "8")));
        }

        var ended = new List<TrainingRun>();
        foreach (var run in queued)
        {
            var last = await TrainAndPredictTests.WatchToEndAsync(Service, run);
            Assert.True(last.State == TrainingRun.Types.State.Succeeded, last.ToString());
            await Service.Models.EvaluateModelAsync(new EvaluateModelRequest { Name = last.ModelVersion, Split = Split.Test });
            ended.Add(last);
        }

        Runs = ended;
    }

    public async Task DisposeAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }

        // A fixture that failed to start is disposed of too.
        if (Service is not null)
        {
            await Service.DisposeAsync();
        }
    }

    /// <summary>
    /// Opens a page of the dashboard in a browser profile of its own, waits until it is ready, runs the test on it, and fails if anything on
    /// the way went wrong that the test did not say it expects: see <see cref="DashboardPage"/>.
    /// </summary>
    /// <param name="path">What follows <c>#</c>, such as <c>/datasets/labelme/labelers</c>.</param>
    /// <param name="test">What is done and asserted there.</param>
    internal Task VisitAsync(string path, Func<DashboardPage, Task> test) => DashboardPage.VisitAsync(Chromium, Service.HttpAddress, path, test);
}

/// <summary>The tests of pages; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class SharedBrowser : ICollectionFixture<BrowserFixture>
{
    public const string Name = "shared browser";
}
