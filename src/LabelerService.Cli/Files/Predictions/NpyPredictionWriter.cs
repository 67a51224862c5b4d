using LabelerService.Core.Tensors;

namespace LabelerService.Cli.Files.Predictions;

/// <summary>NPY: the ensemble's distributions as float32 [N, K], rows and classes in order.</summary>
internal sealed class NpyPredictionWriter(Stream stream, int rows) : IPredictionWriter
{
    private NpyWriter? _writer;

    public Task WriteAsync(PredictionRows batch, CancellationToken cancellationToken)
    {
        _writer ??= NpyWriter.Open(stream, new NpyHeader(NpyType.Float32, [rows, batch.Classes]));
        _writer.Write(batch.Probabilities);
        return Task.CompletedTask;
    }

    public Task CompleteAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
