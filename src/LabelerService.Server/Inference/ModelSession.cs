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
    private readonly RunOptions _runOptions = new();
    private readonly Lock _gate = new();
    private readonly Stack<BlockBuffers> _buffers = new();
    private readonly BatchLane[] _lanes;
    private readonly Dictionary<string, int> _headOfLabeler = new(StringComparer.Ordinal);

    /// <summary>Loads a serving graph.</summary>
    /// <param name="onnx">The graph's bytes.</param>
    /// <param name="manifest">What is known of it.</param>
    public ModelSession(byte[] onnx, ModelManifest manifest)
    {
        Manifest = manifest;
        Mixture = HeadMixture.Of(manifest);
        (ClassCount, HeadCount) = (manifest.Classes.Count, manifest.Heads.Count);
        MaxRows = (int)Math.Clamp(BlockValues / Math.Max((long)HeadCount * ClassCount, manifest.FeatureLength), 1, MostRows);
        for (var head = 0; head < HeadCount; head++)
        {
            if (manifest.Heads[head].LabelerId is { } labeler)
            {
                _headOfLabeler[labeler] = head;
            }
        }

        _lanes = [new(this, false, false), new(this, false, true), new(this, true, false), new(this, true, true)];

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

    /// <summary>What is known of the model.</summary>
    public ModelManifest Manifest { get; }

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
    public BatchLane Lane(bool distilled, bool background) => _lanes[(distilled ? 2 : 0) + (background ? 1 : 0)];

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
                part.Request.Features.Span.Slice(part.Start * length, part.Count * length)
                    .CopyTo(buffers.Input(MaxRows * length)[(rows * length)..]);
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
