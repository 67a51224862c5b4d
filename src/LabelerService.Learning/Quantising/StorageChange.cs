using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Quantising;

/// <summary>
/// What rounding weights for serving has changed, for the manifest: by split, the accuracy that the model had before
/// (<c>float32_accuracy</c>, where there is gold) and the share of items whose likeliest class is still the same
/// (<c>float32_agreement</c>). The accuracy beside them is that of the model as it is served.
/// </summary>
internal sealed class StorageChange
{
    // More would tell the same; evenly thinned.
    private const int MostItems = 20_000;
    private readonly TrainingSnapshot _snapshot;
    private readonly List<(string Split, int[] Rows, int[] Classes)> _before = [];

    /// <summary>Keeps what a model says before its weights are rounded.</summary>
    public StorageChange(TrainingSnapshot snapshot, EnsembleRunner runner)
    {
        _snapshot = snapshot;
        foreach (var (split, name) in (ReadOnlySpan<(Split, string)>)
            [(Split.Train, "train"), (Split.Validation, "validation"), (Split.Test, "test")])
        {
            int[] all = [.. Enumerable.Range(0, snapshot.Splits.Length).Where(n => snapshot.Splits[n] == split)];
            int[] rows = [.. Thinned.Indexes(all.Length, MostItems).Select(i => all[i])];
            if (rows.Length > 0)
            {
                _before.Add((name, rows, Classes(runner, rows)));
            }
        }
    }

    /// <summary>The metrics, of the same model after rounding.</summary>
    public IEnumerable<ModelMetric> Metrics(EnsembleRunner runner)
    {
        foreach (var (split, rows, before) in _before)
        {
            var after = Classes(runner, rows);
            yield return new ModelMetric(split, "float32_agreement", Share(rows.Length, i => after[i] == before[i]), rows.Length);
            int[] known = [.. Enumerable.Range(0, rows.Length).Where(i => _snapshot.Gold[rows[i]] >= 0)];
            if (known.Length > 0)
            {
                yield return new ModelMetric(
                    split, "float32_accuracy", Share(known.Length, i => before[known[i]] == _snapshot.Gold[rows[known[i]]]), known.Length);
            }
        }
    }

    private static double Share(int count, Func<int, bool> holds) => Enumerable.Range(0, count).Count(holds) / (double)count;

    private static int[] Classes(EnsembleRunner runner, int[] rows)
    {
        var (probabilities, classes) = (runner.Predict(rows), runner.ClassCount);
        return [.. Enumerable.Range(0, rows.Length).Select(i =>
        {
            var row = probabilities.AsSpan(i * classes, classes);
            var best = 0;
            for (var k = 1; k < classes; k++)
            {
                best = row[k] > row[best] ? k : best;
            }

            return best;
        })];
    }
}
