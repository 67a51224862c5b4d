using System.Diagnostics;
using LabelerService.Core.Models;
using Microsoft.ML.OnnxRuntime;

namespace LabelerService.Benchmarks.Predict;

/// <summary>What the same model takes by itself: the graph in ONNX Runtime in this process, one thread a call, nothing around it.</summary>
internal sealed class RawForward : IDisposable
{
    private static readonly string[] Inputs = [ServingGraph.Features];
    private static readonly string[] Ensemble = [ServingGraph.Probabilities, ServingGraph.LabelerProbabilities, ServingGraph.LabelerWeights];
    private static readonly string[] Distilled = [ServingGraph.Distilled];

    private readonly InferenceSession _session;

    public RawForward(byte[] onnx)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, EnableMemoryPattern = false };
        _session = new InferenceSession(onnx, options);
    }

    /// <summary>The first output for some items: distributions, row-major.</summary>
    public float[] Run(float[] features, int rows, bool distilled)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(features, [rows, features.Length / rows]);
        using var run = new RunOptions();
        using var outputs = _session.Run(run, Inputs, [input], distilled ? Distilled : Ensemble);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Milliseconds of single calls, one after the other.</summary>
    public List<double> Latencies(int rows, bool distilled, TimeSpan duration, CancellationToken cancel)
    {
        var milliseconds = new List<double>();
        Loop(rows, distilled, duration, milliseconds, cancel);
        return milliseconds;
    }

    /// <summary>Items a second with one caller on each core, and items a second of processor time.</summary>
    public (double PerSecond, double PerProcessorSecond) Throughput(int rows, bool distilled, TimeSpan duration, CancellationToken cancel)
    {
        using var process = Process.GetCurrentProcess();
        Loop(rows, distilled, TimeSpan.FromMilliseconds(100), null, cancel);
        var (calls, busy, clock) = (0L, process.TotalProcessorTime, Stopwatch.StartNew());
        var threads = Enumerable.Range(0, Environment.ProcessorCount)
            .Select(_ => new Thread(() => Interlocked.Add(ref calls, Loop(rows, distilled, duration, null, cancel)))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        process.Refresh();
        var items = (double)calls * rows;
        return (items / clock.Elapsed.TotalSeconds, items / (process.TotalProcessorTime - busy).TotalSeconds);
    }

    public void Dispose() => _session.Dispose();

    private long Loop(int rows, bool distilled, TimeSpan duration, List<double>? milliseconds, CancellationToken cancel)
    {
        var features = PredictLoad.Features(rows, seed: 1);
        using var input = OrtValue.CreateTensorValueFromMemory(features, [rows, PredictModels.FeatureLength]);
        using var run = new RunOptions();
        var (calls, clock) = (0L, Stopwatch.StartNew());
        while (clock.Elapsed < duration && !cancel.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            using (_session.Run(run, Inputs, [input], distilled ? Distilled : Ensemble))
            {
                calls++;
            }

            milliseconds?.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return calls;
    }
}
