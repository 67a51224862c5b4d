using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Benchmarks.Reporting;

namespace LabelerService.Benchmarks.Predict;

/// <summary>
/// <c>bench predict</c>: predictions through gRPC from a server's own process, against the forward pass of the same graph by itself, by
/// turns in one run. Clients, server and forward pass share the same cores.
/// </summary>
internal static class PredictBench
{
    // Of the model that is measured: 58 labelers and the head that is nobody's.
    private const int Labelers = 58;
    private static readonly int[] Batches = [1, 16, 256];
    private static readonly int[] Clients = [1, 64];

    public static Command Create(BenchHost host)
    {
        var seconds = new Option<double>("--seconds") { Description = "Length of each measurement", DefaultValueFactory = _ => 3, HelpName = "NUMBER" };
        var overload = new Option<bool>("--overload") { Description = "Instead: offer four times what the server can do, and show what the admitted wait" };
        var soak = new Option<double>("--soak")
        {
            Description = "Instead: so many minutes at 80 % load with a promotion every 10 s; counts failed and wrong answers",
            DefaultValueFactory = _ => 0,
            HelpName = "MINUTES",
        };
        var command = new Command("predict", "Predictions through gRPC against the bare forward pass: latency, throughput, overload, hot swap")
        {
            seconds, overload, soak,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            if (run.Get(seconds) is < 0.1 or > 600)
            {
                throw new BenchUsageException($"--seconds {run.Get(seconds)} is not from 0.1 to 600");
            }

            if (run.Get(soak) is < 0 or > 1_440)
            {
                throw new BenchUsageException($"--soak {run.Get(soak)} is not from 0 to 1440");
            }

            run.Result.Settings["seconds"] = run.Get(seconds);
            var duration = TimeSpan.FromSeconds(run.Get(seconds));
            await using var service = await ServiceUnderTest.StartAsync(run, cancellationToken);
            await using var models = new PredictModels(service.ConnectionString, run.Time);
            using var load = new PredictLoad(service.Address, service.ServerProcessId);
            if (run.Get(soak) > 0)
            {
                run.Result.Settings["minutes"] = run.Get(soak);
                await PredictSoak.MeasureAsync(run, service, models, load, TimeSpan.FromMinutes(run.Get(soak)), cancellationToken);
            }
            else if (run.Get(overload))
            {
                await PredictOverload.MeasureAsync(run, service, models, load, duration, cancellationToken);
            }
            else
            {
                await MeasureAsync(run, service, models, load, duration, cancellationToken);
            }
        });
        return command;
    }

    private static async Task MeasureAsync(
        BenchRun run, ServiceUnderTest service, PredictModels models, PredictLoad load, TimeSpan duration, CancellationToken cancel)
    {
        run.Result.Details["units"] =
            "unary_overhead_ms = p50 of Predict, 1 client, minus p50 of the forward pass of one item; saturated_ratio = items/s of 64 clients with "
            + "256 items a call / items/s of the forward pass in blocks of 256 with one caller a core, all on the same cores; "
            + "saturated_processor_ratio: the same per second of the server's processor time; distilled_ratio = items/s distilled / ensemble, both saturated; a refused call is repeated after the delay in its RetryInfo, and its latency counts from the first attempt";
        run.Note("training the model");
        var dataset = $"datasets/{await service.CreateDatasetAsync(PredictModels.FeatureLength, PredictModels.ClassCount, cancel)}";
        var model = models.Train(Labelers, seed: 1, distil: true, cancel);
        await models.PublishAsync(dataset["datasets/".Length..], model, cancel);
        using var raw = new RawForward(model.Onnx);
        var table = new BenchTable(
            $"512 features, 8 classes, {model.Manifest.Heads.Count} heads, hidden layer of 128; client and server on {Environment.ProcessorCount} cores",
            "what", "clients", "batch", "p50 ms", "p95 ms", "p99 ms", "items/s", "of raw", "of raw, processor");
        var saturated = new Dictionary<bool, double>();
        foreach (var distilled in new[] { false, true })
        {
            foreach (var batch in Batches)
            {
                var forward = new LoadTimes(raw.Latencies(batch, distilled, duration / 2, cancel), 0, 0, 0);
                var most = raw.Throughput(batch, distilled, duration / 2, cancel);
                var kind = distilled ? "distilled" : "ensemble";
                table.Row(
                    $"{kind}, forward pass", "", $"{batch}", Text(forward.Percentile(0.5)), Text(forward.Percentile(0.95)), Text(forward.Percentile(0.99)),
                    Text(most.PerSecond, "N0"), "1.00", "1.00");
                run.Result.Figure($"{kind}.raw.{batch}.p50_ms", forward.Percentile(0.5));
                run.Result.Figure($"{kind}.raw.{batch}.items_per_second", most.PerSecond);
                var request = PredictLoad.Request(dataset, PredictLoad.Features(batch, seed: 2), distilled);
                foreach (var clients in Clients)
                {
                    var times = await load.ClosedAsync(clients, request, batch == 1, duration, cancel);
                    var items = (double)times.Milliseconds.Count * batch;
                    var (perSecond, ratio) = (items / times.Seconds, items / times.Seconds / most.PerSecond);
                    var processor = items / times.ServerSeconds / most.PerProcessorSecond;
                    var name = $"{kind}.{clients}x{batch}";
                    run.Result.Figure($"{name}.p50_ms", times.Percentile(0.5));
                    run.Result.Figure($"{name}.p95_ms", times.Percentile(0.95));
                    run.Result.Figure($"{name}.p99_ms", times.Percentile(0.99));
                    run.Result.Figure($"{name}.items_per_second", perSecond);
                    table.Row(
                        $"{kind}, gRPC", $"{clients}", $"{batch}", Text(times.Percentile(0.5)), Text(times.Percentile(0.95)),
                        Text(times.Percentile(0.99)), Text(perSecond, "N0"), Text(ratio), Text(processor));
                    run.Note(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name}: p50 {times.Percentile(0.5):0.000} ms, {perSecond:N0} items/s, {ratio:0.00} of the forward pass ({processor:0.00} by processor time; client {times.ClientSeconds / times.Seconds:0.0} cores, server {times.ServerSeconds / times.Seconds:0.0})"));
                    if (clients == 1 && batch == 1 && !distilled)
                    {
                        run.Result.Figure("unary_overhead_ms", times.Percentile(0.5) - forward.Percentile(0.5));
                    }

                    if (clients == 64 && batch == 256)
                    {
                        saturated[distilled] = perSecond;
                        if (!distilled)
                        {
                            run.Result.Figure("saturated_ratio", ratio);
                            run.Result.Figure("saturated_processor_ratio", processor);
                        }
                    }
                }
            }
        }

        run.Result.Figure("distilled_ratio", saturated[true] / saturated[false]);
        run.Result.Figure("refusals", load.Refusals);
        run.Result.Figure("server_peak_mib", service.Memory().Peak);
        run.Result.Table(table);
    }

    private static string Text(double value, string format = "0.00") => value.ToString(format, CultureInfo.InvariantCulture);
}
