using System.Runtime.InteropServices;
using LabelerService.Core.Models;
using LabelerService.Formats.Tables;
using LabelerService.Storage.Predictions;

namespace LabelerService.Server.Inference.Jobs;

/// <summary>
/// A job's predictions as rows of a table: item, predicted class, a probability a class, entropy and disagreement in nats; then, as far as the
/// job keeps them, likeliest class and weight of every head. The columns are named as those of <c>labeler predict</c>.
/// </summary>
internal sealed class PredictionTable
{
    private readonly PredictionJobOutputs _outputs;
    private readonly Cell[] _classNames;
    private readonly int _heads;
    private readonly Cell[] _cells;

    /// <summary>Lays the table out.</summary>
    public PredictionTable(ModelManifest manifest, PredictionJobOutputs outputs)
    {
        _outputs = outputs;
        _classNames = [.. manifest.Classes.Select(name => Cell.Of(name))];
        _heads = manifest.Heads.Count;
        Columns = [.. Layout(manifest, outputs)];
        _cells = new Cell[Columns.Count];
    }

    /// <summary>The columns.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>The cells of a prediction; valid until the next call.</summary>
    public ReadOnlyMemory<Cell> Row(PredictionRecord record)
    {
        var stored = record.Prediction;
        var at = 0;
        _cells[at++] = Cell.Of(record.ItemId);
        _cells[at++] = _classNames[stored.ClassIndex];
        foreach (var probability in MemoryMarshal.Cast<byte, float>(stored.Probabilities))
        {
            _cells[at++] = Cell.Of((double)probability);
        }

        _cells[at++] = Cell.Of((double)stored.Entropy);
        if (!_outputs.Distilled)
        {
            _cells[at++] = stored.Disagreement is { } disagreement ? Cell.Of((double)disagreement) : default;
        }

        var probabilities = MemoryMarshal.Cast<byte, float>(stored.LabelerProbabilities);
        var weights = MemoryMarshal.Cast<byte, float>(stored.LabelerWeights);
        for (var head = 0; head < _heads; head++)
        {
            if (_outputs.LabelerProbabilities)
            {
                _cells[at++] = _classNames[Top(probabilities.Slice(head * _classNames.Length, _classNames.Length))];
            }

            if (_outputs.LabelerWeights)
            {
                _cells[at++] = Cell.Of((double)weights[head]);
            }
        }

        return _cells;
    }

    private static IEnumerable<Column> Layout(ModelManifest manifest, PredictionJobOutputs outputs)
    {
        yield return new Column("item");
        yield return new Column("predicted");
        foreach (var name in manifest.Classes)
        {
            yield return new Column($"p_{name}", ColumnType.Single);
        }

        yield return new Column("entropy", ColumnType.Single);
        if (!outputs.Distilled)
        {
            yield return new Column("disagreement", ColumnType.Single);
        }

        foreach (var head in manifest.Heads)
        {
            // The head that is nobody's has columns of its own kind, which no labeler's key can lead to.
            if (outputs.LabelerProbabilities)
            {
                yield return new Column(head.LabelerId is null ? "shared_class" : $"class_by_{head.LabelerId}");
            }

            if (outputs.LabelerWeights)
            {
                yield return new Column(head.LabelerId is null ? "shared_weight" : $"weight_of_{head.LabelerId}", ColumnType.Single);
            }
        }
    }

    private static int Top(ReadOnlySpan<float> distribution)
    {
        var top = 0;
        for (var k = 1; k < distribution.Length; k++)
        {
            top = distribution[k] > distribution[top] ? k : top;
        }

        return top;
    }
}
