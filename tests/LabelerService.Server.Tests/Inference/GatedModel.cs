using LabelerService.Server.Inference.Batching;

namespace LabelerService.Server.Tests.Inference;

/// <summary>
/// A model whose blocks a test lets through one by one: what is scheduled with what can be looked at without a clock. It answers each item
/// with its first feature.
/// </summary>
internal sealed class GatedModel(bool open) : IBlockModel, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly SemaphoreSlim _gate = new(0);
    private readonly SemaphoreSlim _started = new(0);
    private readonly Lock _lock = new();
    private readonly List<(int Count, float First)[]> _blocks = [];

    public int MaxRows { get; init; } = 16;

    public int ClassCount => 1;

    public int HeadCount => 1;

    /// <summary>A block with such an item fails.</summary>
    public float Poison { get; init; } = float.NaN;

    /// <summary>The blocks so far: of each part the number of items and the first item's feature.</summary>
    public IReadOnlyList<(int Count, float First)[]> Blocks
    {
        get
        {
            lock (_lock)
            {
                return [.. _blocks];
            }
        }
    }

    /// <summary>Waits until one more block has begun.</summary>
    public async Task StartedAsync() => Assert.True(await _started.WaitAsync(Limit), "No block began.");

    /// <summary>Lets blocks through.</summary>
    public void Pass(int blocks = 1) => _gate.Release(blocks);

    public void Run(ReadOnlySpan<BlockPart> parts, bool distilled)
    {
        var block = new (int, float)[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            block[i] = (parts[i].Count, Rows(parts[i])[0]);
        }

        lock (_lock)
        {
            _blocks.Add(block);
        }

        _started.Release();
        if (!open)
        {
            Assert.True(_gate.Wait(Limit), "The test let no block through.");
        }

        foreach (var part in parts)
        {
            var features = Rows(part);
            if (features.Contains(Poison))
            {
                throw new InvalidOperationException("The block is poisoned.");
            }

            features.CopyTo(part.Request.Answer.Probabilities.AsSpan(part.Start));
        }
    }

    // Items are their first value.
    private static ReadOnlySpan<float> Rows(BlockPart part) => part.Request.Items.IsEmpty
        ? part.Request.Features.Span.Slice(part.Start, part.Count)
        : part.Request.Items.Slice(part.Start, part.Count).ToArray().Select(item => item.Values.Span[0]).ToArray();

    public void Dispose()
    {
        _gate.Dispose();
        _started.Dispose();
    }
}
