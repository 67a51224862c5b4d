using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Benchmarks.Reporting;
using LabelerService.EndToEnd.Browser;

namespace LabelerService.Benchmarks.Pages;

/// <summary>
/// <c>bench pages</c>: every page of the dashboard in Chromium, against a service with a large simulated crowd: time from opening the address
/// until nothing on the page is loading any more. First: the service has worked out nothing of these data yet. In a new profile the browser fetches and
/// compiles the dashboard's code, in a known one it has it.
/// </summary>
internal static class PagesBench
{
    public static Command Create(BenchHost host)
    {
        var items = Number("--items", "Items", 100_000);
        var each = Number("--each", "Annotations of each item", 10);
        var labelers = Number("--labelers", "Labelers", 1_000);
        var visits = Number("--visits", "Visits after the first; medians count", 3);
        var train = new Option<bool>("--train") { Description = "Train a model first, so that the pages of runs and models have one to show", DefaultValueFactory = _ => true };
        var command = new Command("pages", "Every page of the dashboard on a million annotations: time until it is ready, first and later visits")
        {
            items, each, labelers, visits, train,
        };
        host.Handle(command, async (run, cancel) =>
        {
            Check(run.Get(items), "--items", 100, 10_000_000);
            Check(run.Get(each), "--each", 1, 1_000);
            Check(run.Get(labelers), "--labelers", run.Get(each), 100_000);
            Check(run.Get(visits), "--visits", 1, 100);
            var crowd = new PageCrowd(run.Get(items), run.Get(labelers), run.Get(each));
            run.Result.Settings["items"] = crowd.Items;
            run.Result.Settings["annotations"] = crowd.Annotations;
            run.Result.Settings["labelers"] = crowd.Labelers;
            await using var service = await ServiceUnderTest.StartAsync(run, cancel);
            var dataset = await crowd.SendAsync(run, service, cancel);
            var trained = run.Get(train) ? await crowd.TrainAsync(run, service, dataset, cancel) : null;
            await MeasureAsync(run, service, crowd, dataset, trained, run.Get(visits), cancel);
        });
        return command;
    }

    private static async Task MeasureAsync(
        BenchRun run, ServiceUnderTest service, PageCrowd crowd, string dataset, PageCrowd.Trained? trained, int visits, CancellationToken cancel)
    {
        await using var chromium = await ChromiumBrowser.StartAsync();
        var table = new BenchTable(
            $"{crowd.Items:N0} items, {crowd.Annotations:N0} annotations, {crowd.Labelers:N0} labelers", "page", "first ms", "slowest call ms", "new profile ms", "known profile ms", "slowest call ms");
        await using var known = await PageVisit.NewProfileAsync(chromium.Browser);
        foreach (var (name, path) in Paths(crowd, dataset, trained))
        {
            cancel.ThrowIfCancellationRequested();
            var first = await PageVisit.MeasureAnewAsync(chromium.Browser, service.HttpAddress, path);
            var (anew, later) = (new List<double>(), new List<PageVisit>());
            for (var i = 0; i < visits; i++)
            {
                anew.Add((await PageVisit.MeasureAnewAsync(chromium.Browser, service.HttpAddress, path)).Milliseconds);
            }

            for (var i = 0; i <= visits; i++)
            {
                later.Add(await PageVisit.MeasureAsync(known, service.HttpAddress, path));
            }

            // The first of them has the code of this page to fetch.
            later.RemoveAt(0);
            var (newProfile, knownProfile) = (Statistics.Median(anew), Statistics.Median([.. later.Select(visit => visit.Milliseconds)]));
            run.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {first.Milliseconds:0} ms, then {newProfile:0} ms in a new profile, {knownProfile:0} ms in a known one; {later[^1].SlowestCall}"));
            run.Result.Figure($"{name}_first_ms", first.Milliseconds);
            run.Result.Figure($"{name}_new_profile_ms", newProfile);
            run.Result.Figure($"{name}_ms", knownProfile);
            table.Row(name, Text(first.Milliseconds), first.SlowestCall, Text(newProfile), Text(knownProfile), later[^1].SlowestCall);
            if (first.Failure is { } failure)
            {
                run.Result.Failures.Add(new BenchFailure(name, failure));
            }
        }

        run.Result.Table(table);
    }

    private static IEnumerable<(string Name, string Path)> Paths(PageCrowd crowd, string dataset, PageCrowd.Trained? trained)
    {
        var home = $"/datasets/{dataset}";
        yield return ("datasets", "/");
        yield return ("service", "/service");
        yield return ("overview", home);
        yield return ("items", $"{home}/items");
        yield return ("item", $"{home}/items/{PageCrowd.ItemId(crowd.Items / 2)}");
        yield return ("label", $"{home}/label");
        yield return ("labelers", $"{home}/labelers");
        yield return ("labeler", $"{home}/labelers/{PageCrowd.LabelerId(crowd.Labelers / 2)}");
        yield return ("agreement", $"{home}/agreement");
        yield return ("suspects", $"{home}/suspects");
        yield return ("next", $"{home}/next");
        yield return ("runs", $"{home}/runs");
        yield return ("models", $"{home}/models");
        yield return ("compare", $"{home}/compare");
        if (trained is not null)
        {
            yield return ("run", $"{home}/runs/{trained.RunId}");
            yield return ("model", $"{home}/models/{trained.ModelId}");
        }
    }

    private static string Text(double value) => value.ToString("0", CultureInfo.InvariantCulture);

    private static Option<int> Number(string name, string description, int otherwise) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        DefaultValueFactory = _ => otherwise,
    };

    private static void Check(int value, string option, int least, int most)
    {
        if (value < least || value > most)
        {
            throw new BenchUsageException($"{option} {value} is not from {least} to {most}");
        }
    }
}
