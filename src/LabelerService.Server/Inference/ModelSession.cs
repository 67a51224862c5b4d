using System.Diagnostics;
using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Core.Uncertainty;
using LabelerService.Server.Inference.Batching;
using Microsoft.ML.OnnxRuntime;
using OnnxSessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace LabelerService.Server.Inference;

/// <summary>
/// One model version loaded into ONNX Runtime. Safe for concurrent use. Loaded only from bytes that a trainer of this service published
/// and whose hash the artefact store has verified.
/// </summary>
internal sealed class ModelSession : IBlockModel, IDisposable
{
    // Larger blocks are hardly faster for each item, and small requests wait for them.
    private const int MostRows = 128;

    // 64 MiB of float32: what one tensor of a block may take.
    private const long BlockValues = 16 * 1024 * 1024;

    private readonly InferenceSession _session;
    private readonly LoadedEncoder? _encoder;
    private readonly RunOptions _runOptions = new();
    private readonly Lock _gate = new();
    private readonly Stack<BlockBuffers> _buffers = new();
    private readonly BatchLane[] _lanes;
    private readonly Dictionary<string, int> _headOfLabeler = new(StringComparer.Ordinal);

    /// <summary>Loads a serving graph.</summary>
    /// <param name="onnx">The graph's bytes.</param>
    /// <param name="manifest">What is known of it.</param>
    /// <param name="encoder">Makes rows of items; null where items are rows already. Disposed of with this.</param>
    public ModelSession(byte[] onnx, ModelManifest manifest, LoadedEncoder? encoder = null)
    {
        Manifest = manifest;
        _encoder = encoder;
        Encoder = encoder?.Encoder ?? new ValuesEncoder(ItemEncoding.OfValues(manifest.FeatureLength));
        Mixture = HeadMixture.Of(manifest);
        (ClassCount, HeadCount) = (manifest.Classes.Count, manifest.Heads.Count);
        MaxRows = RowsOf(manifest);
        for (var head = 0; head < HeadCount; head++)
        {
            if (manifest.Heads[head].LabelerId is { } labeler)
            {
                _headOfLabeler[labeler] = head;
            }
        }

        _lanes = [.. Enumerable.Range(0, 8).Select(lane => new BatchLane(this, (lane & 2) != 0, (lane & 1) != 0))];

        // One thread a block: as many blocks run at once as there are cores, and threads that share one block would wait for each other.
        // Patterns of memory are kept for each number of rows that ever ran; the arena alone does as well.
        using var options = new OnnxSessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            EnableMemoryPattern = false,
        };
        _session = new InferenceSession(onnx, options);
    }

    /// <summary>Items that a model is run on at once, at most.</summary>
    public static int RowsOf(ModelManifest manifest)
    {
        var outputs = (long)manifest.Heads.Count * manifest.Classes.Count;
        return (int)Math.Clamp(BlockValues / Math.Max(Math.Max(outputs, manifest.FeatureLength), manifest.ValuesPerItem), 1, MostRows);
    }

    /// <summary>What is known of the model.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>Makes rows of items.</summary>
    public IItemEncoder Encoder { get; }

    /// <summary>Estimated memory of the encoder, in bytes.</summary>
    public long EncoderBytes => _encoder?.Bytes ?? 0;

    /// <summary>How its heads are mixed; null where its distribution is no mixture of theirs.</summary>
    public HeadMixture? Mixture { get; }

    /// <inheritdoc/>
    public int MaxRows { get; }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public int HeadCount { get; }

    /// <summary>The head that is nobody's; null if there is none.</summary>
    public int? SharedHead => Manifest.Heads[^1].LabelerId is null ? HeadCount - 1 : null;

    /// <summary>A labeler's own head; null if it has none.</summary>
    public int? HeadOf(string labelerId) => _headOfLabeler.TryGetValue(labelerId, out var head) ? head : null;

    /// <summary>Where requests wait that may share a block.</summary>
    /// <param name="distilled">Whether the distilled head answers.</param>
    /// <param name="background">Whether clients' requests come first.</param>
    /// <param name="ready">
    /// Whether all rows are there that others' items have yet to become: how long an item takes is another question for these.
    /// </param>
    public BatchLane Lane(bool distilled, bool background, bool ready = false) =>
        _lanes[(ready ? 4 : 0) + (distilled ? 2 : 0) + (background ? 1 : 0)];

    /// <summary>Runs the graph once, so that the first request does not pay for what ONNX Runtime does at first.</summary>
    public void WarmUp()
    {
        foreach (var distilled in Manifest.Distilled ? (ReadOnlySpan<bool>)[false, true] : [false])
        {
            foreach (var rows in (ReadOnlySpan<int>)[1, Math.Min(8, MaxRows)])
            {
                var buffers = Rent();
                buffers.Input(rows * Manifest.FeatureLength).Clear();
                buffers.Run(rows, distilled);
                GiveBack(buffers);
            }
        }

        TimeEncoder();
    }

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<BlockPart> parts, bool distilled)
    {
        var buffers = Rent();
        try
        {
            var length = Manifest.FeatureLength;
            var rows = 0;
            foreach (var part in parts)
            {
                Fill(part, buffers.Input(MaxRows * length).Slice(rows * length, part.Count * length), length);
                rows += part.Count;
            }

            buffers.Run(rows, distilled);
            var row = 0;
            foreach (var part in parts)
            {
                Write(part, buffers, row, rows, distilled);
                row += part.Count;
            }
        }
        finally
        {
            GiveBack(buffers);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_buffers.TryPop(out var buffers))
        {
            buffers.Dispose();
        }

        _session.Dispose();
        _runOptions.Dispose();
        _encoder?.Dispose();
    }

    // Rows that are there are taken; of neighbours that have none, all are made at once.
    private void Fill(BlockPart part, Span<float> target, int length)
    {
        var features = part.Request.Features.Span;
        if (part.Request.Items.IsEmpty)
        {
            features.Slice(part.Start * length, part.Count * length).CopyTo(target);
            return;
        }

        var items = part.Request.Items.Span;
        var known = part.Request.Known.Span;
        var end = part.Start + part.Count;
        for (var first = part.Start; first < end;)
        {
            var isKnown = first < known.Length && known[first];
            var next = first + 1;
            while (next < end && (next < known.Length && known[next]) == isKnown)
            {
                next++;
            }

            var rows = target.Slice((first - part.Start) * length, (next - first) * length);
            if (isKnown)
            {
                features.Slice(first * length, rows.Length).CopyTo(rows);
            }
            else
            {
                // Not cancelled: others may be in the same block, and it is short.
                Encoder.Encode(items[first..next], rows, CancellationToken.None);
            }

            first = next;
        }
    }

    // An extractor may take a thousand times as long as the net behind it: blocks are cut by what an item takes from the first one on.
    private void TimeEncoder()
    {
        if (_encoder is not { ItemLength: > 0 and var length })
        {
            return;
        }

        var items = new RawItem[Math.Min(4, MaxRows)];
        Array.Fill(items, new RawItem(new float[length]));
        var rows = new float[items.Length * Manifest.FeatureLength];
        Encoder.Encode(items, rows, CancellationToken.None);
        var started = Stopwatch.GetTimestamp();
        Encoder.Encode(items, rows, CancellationToken.None);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds / items.Length;
        foreach (var lane in _lanes.AsSpan(0, 4))
        {
            lane.SecondsPerRow += seconds;
        }
    }

    private BlockBuffers Rent()
    {
        lock (_gate)
        {
            if (_buffers.TryPop(out var buffers))
            {
                return buffers;
            }
        }

        return new BlockBuffers(_session, _runOptions, this);
    }

    private void GiveBack(BlockBuffers buffers)
    {
        lock (_gate)
        {
            _buffers.Push(buffers);
        }
    }

    private void Write(BlockPart part, BlockBuffers buffers, int row, int rows, bool distilled)
    {
        var (classes, heads) = (ClassCount, HeadCount);
        var (answer, options) = (part.Request.Answer, part.Request.Options);
        var probabilities = buffers.Probabilities(rows).Slice(row * classes, part.Count * classes);
        probabilities.CopyTo(answer.Probabilities.AsSpan(part.Start * classes));
        if (distilled)
        {
            for (var i = 0; i < part.Count; i++)
            {
                answer.Entropies[part.Start + i] = (float)EnsembleUncertainty.PredictiveEntropy(probabilities.Slice(i * classes, classes));
            }

            return;
        }

        for (var i = 0; i < part.Count; i++)
        {
            var item = part.Start + i;
            var headRows = buffers.LabelerProbabilities(rows).Slice((row + i) * heads * classes, heads * classes);
            var weightRow = buffers.LabelerWeights(rows).Slice((row + i) * heads, heads);
            if (options.Labelers is { } subset)
            {
                HeadRows.WriteSubset(answer, item, options, subset, weightRow, headRows);
            }
            else
            {
                HeadRows.Write(answer, item, options, weightRow, headRows);
            }
        }
    }
}
