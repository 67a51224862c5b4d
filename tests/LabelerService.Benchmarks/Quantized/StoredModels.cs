using System.Diagnostics;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;
using Microsoft.ML.OnnxRuntime;

namespace LabelerService.Benchmarks.Quantized;

/// <summary>
/// Size and speed of one net stored as float32, int8 and packed bits: a net of 784 inputs and 1,024 units as it comes out of a short training,
/// with the heads of 60 labelers where the algorithm has such. What its weights are is of no matter to either.
/// </summary>
internal static class StoredModels
{
    private const int Inputs = 784;
    private const int Units = 1024;
    private const int Classes = 10;
    private const int Labelers = 60;
    private const int Items = 300;
    private static readonly string[] Algorithms = ["bn", "dn", "wdn", "iwdn", "biwdn", "raykar", "crowd_layer"];
    private static readonly string[] Outputs = [ServingGraph.Probabilities];

    /// <summary>Measures sizes of all, and times of a net with one head and of one with many.</summary>
    public static void Measure(BenchRun run, TimeSpan duration, CancellationToken cancel)
    {
        var snapshot = Snapshot();
        var trainer = new ModelTrainer(run.Time, "bench");
        var sizes = new BenchTable(
            $"Serving graphs of {Inputs} inputs, {Units} units, {Labelers} labelers", "algorithm", "float32 bytes", "int8 bytes", "packed bytes",
            "float32/int8", "float32/packed", "of the weights alone");
        run.Result.Table(sizes);
        var (worst, worstWeights) = (double.PositiveInfinity, double.PositiveInfinity);
        foreach (var algorithm in Algorithms)
        {
            byte[] Train(string scheme, string serving) => trainer.Train(
                snapshot,
                AlgorithmCatalogue.Validate(algorithm, new Dictionary<string, string>
                {
                    ["backbone"] = "mlp",
                    ["hidden"] = Units.ToString(CultureInfo.InvariantCulture),
                    ["epochs"] = "1",
                    ["bootstrap_resamples"] = "0",
                    ["quantisation"] = scheme,
                    ["serving"] = serving,
                }.Where(setting => AlgorithmCatalogue.Find(algorithm)!.Settings.Any(known => known.Key == setting.Key)).ToDictionary()),
                1, null, cancel).Onnx;

            var (plain, eight, packed) = (Train("bc", "float32"), Train("none", "int8"), Train("bc", "packed"));
            // Layers of one grid have one scale each; weights are those of the hidden layer and of all heads.
            var heads = algorithm.EndsWith("dn", StringComparison.Ordinal) ? Labelers + 1 : 1;
            var weights = ((long)Inputs * Units) + ((long)heads * Classes * Units);
            var weightRatio = 4.0 * weights / ((weights / 8.0) + 8);
            var ratio = plain.Length / (double)packed.Length;
            (worst, worstWeights) = (Math.Min(worst, ratio), Math.Min(worstWeights, weightRatio));
            if (algorithm == "bn")
            {
                run.Result.Figure("one_bit_size_ratio", ratio);
            }

            run.Result.Figure($"{algorithm}.one_bit_size_ratio", ratio);
            run.Result.Figure($"{algorithm}.int8_size_ratio", plain.Length / (double)eight.Length);
            sizes.Row(
                algorithm, Whole(plain.Length), Whole(eight.Length), Whole(packed.Length), Text(plain.Length / (double)eight.Length), Text(ratio),
                Text(weightRatio));
            run.Note($"{algorithm}: float32 {plain.Length} bytes, int8 {eight.Length}, packed {packed.Length}");
            if (algorithm is "bn" or "wdn")
            {
                Times(run, algorithm, [("float32", plain), ("int8", eight), ("packed", packed)], duration, cancel);
            }
        }

        // Where averaging weights of items or confusions of labelers stay float32, they are most of what is left.
        run.Result.Figure("one_bit_size_ratio_worst", worst);
        run.Result.Figure("one_bit_weights_ratio", worstWeights);
    }

    // The files take turns, so that what else the machine does falls on all of them.
    private static void Times(BenchRun run, string algorithm, (string Name, byte[] Onnx)[] files, TimeSpan duration, CancellationToken cancel)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, EnableMemoryPattern = false };
        var loads = new Dictionary<string, double>(StringComparer.Ordinal);
        var sessions = new List<(string Name, InferenceSession Session)>();
        try
        {
            foreach (var (name, onnx) in files)
            {
                var started = Stopwatch.GetTimestamp();
                sessions.Add((name, new InferenceSession(onnx, options)));
                loads[name] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }

            var table = new BenchTable($"{algorithm}: a call in ONNX Runtime, medians", "rows", "stored as", "microseconds", "of float32", "load ms");
            run.Result.Table(table);
            foreach (var rows in (int[])[1, 64])
            {
                var features = new float[rows * Inputs];
                var random = new Random(1);
                foreach (ref var value in features.AsSpan())
                {
                    value = (float)random.NextDouble();
                }

                using var input = OrtValue.CreateTensorValueFromMemory(features, [rows, Inputs]);
                using var call = new RunOptions();
                var times = sessions.ToDictionary(session => session.Name, _ => new List<double>(), StringComparer.Ordinal);
                var clock = Stopwatch.StartNew();
                for (var turn = 0; clock.Elapsed < duration || turn < 20; turn++)
                {
                    cancel.ThrowIfCancellationRequested();
                    for (var s = 0; s < sessions.Count; s++)
                    {
                        // Each is first, and each follows each: what one leaves in caches is of use to none more than to others.
                        var (name, session) = sessions[(turn % 2 == 0 ? (turn / 2) + s : (turn / 2) + sessions.Count - s) % sessions.Count];
                        var started = Stopwatch.GetTimestamp();
                        session.Run(call, [ServingGraph.Features], [input], Outputs).Dispose();
                        times[name].Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
                    }
                }

                var medians = times.ToDictionary(pair => pair.Key, pair => Statistics.Median(pair.Value), StringComparer.Ordinal);
                foreach (var (name, median) in medians)
                {
                    table.Row(
                        rows.ToString(CultureInfo.InvariantCulture), name, Text(median), Text(median / medians["float32"]), Text(loads[name]));
                    run.Result.Figure($"{algorithm}.rows{rows}.{name}.microseconds", median);
                }

                if (algorithm == "bn" && rows == 1)
                {
                    run.Result.Figure("one_bit_forward_ratio", medians["packed"] / medians["float32"]);
                    run.Result.Figure("int8_forward_ratio", medians["int8"] / medians["float32"]);
                }
            }
        }
        finally
        {
            sessions.ForEach(session => session.Session.Dispose());
        }
    }

    private static TrainingSnapshot Snapshot()
    {
        var random = new Random(3);
        var features = new float[Items * Inputs];
        foreach (ref var value in features.AsSpan())
        {
            value = (float)random.NextDouble() - 0.5f;
        }

        int[] items = [.. Enumerable.Range(0, Items)];
        return Datasets.SnapshotBuilder.Vectors(
            "stored", Classes, features, [.. items.Select(_ => Split.Train)], [.. items.Select(_ => -1)], null,
            new AnnotationTable(Items, Labelers, Classes, items, [.. items.Select(n => n % Labelers)], [.. items.Select(_ => random.Next(Classes))]));
    }

    private static string Whole(int value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
