using System.Diagnostics;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Quantising;
using static TorchSharp.torch;

namespace LabelerService.Benchmarks.Quantized;

/// <summary>
/// Products of matrix and vector with one bit a weight (<see cref="BitMatrix"/>) against float32 by libtorch, on one thread, the three in turn.
/// </summary>
internal static class KernelTimes
{
    private static readonly (int Units, int Inputs)[] Shapes = [(128, 784), (1024, 784), (1024, 1024), (4096, 4096)];

    public static void Measure(BenchRun run, TimeSpan duration, CancellationToken cancel)
    {
        var table = new BenchTable(
            "Matrix times vector, one thread, medians", "units × inputs", "float32 µs", "bits × float µs", "bits × int8 µs", "float ratio", "int8 ratio");
        run.Result.Table(table);
        foreach (var (units, inputs) in Shapes)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var random = new Random(units);
            var weights = new float[units * inputs];
            foreach (ref var weight in weights.AsSpan())
            {
                weight = random.Next(2) == 0 ? -0.05f : 0.05f;
            }

            float[] x = [.. Enumerable.Range(0, inputs).Select(_ => (float)random.NextDouble())];
            sbyte[] bytes = [.. x.Select(value => (sbyte)(value * 127))];
            var bits = new BitMatrix(weights, inputs);
            var (y, scratch, planes) = (new float[units], new float[bits.ScratchLength], new ulong[bits.PlanesLength]);
            var (matrix, vector) = (tensor(weights).view(units, inputs), tensor(x));
            var names = (string[])["float32", "float", "int8"];
            var actions = (Action[])[() => matrix.mv(vector).Dispose(), () => bits.Multiply(x, y, scratch), () => bits.Multiply(bytes, y, planes)];
            var times = names.ToDictionary(name => name, _ => new List<double>(), StringComparer.Ordinal);
            var clock = Stopwatch.StartNew();
            for (var turn = 0; clock.Elapsed < duration || turn < 50; turn++)
            {
                cancel.ThrowIfCancellationRequested();
                for (var a = 0; a < actions.Length; a++)
                {
                    var started = Stopwatch.GetTimestamp();
                    actions[a]();
                    times[names[a]].Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
                }
            }

            var medians = names.ToDictionary(name => name, name => Statistics.Median(times[name]), StringComparer.Ordinal);
            var (ofFloat, ofInt8) = (medians["float"] / medians["float32"], medians["int8"] / medians["float32"]);
            run.Result.Figure($"kernel.{units}x{inputs}.float_ratio", ofFloat);
            run.Result.Figure($"kernel.{units}x{inputs}.int8_ratio", ofInt8);
            table.Row(
                $"{units} × {inputs}", Text(medians["float32"]), Text(medians["float"]), Text(medians["int8"]), Text(ofFloat), Text(ofInt8));
        }
    }

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
