using System.Globalization;
using LabelerService.Core.Curves;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Learning;
using LabelerService.Learning.Checkpoints;
using LabelerService.Storage.Curves;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Telemetry;

namespace LabelerService.Trainer.Running;

/// <summary>
/// A run that measures a learning curve: models are trained one after the other on parts of one snapshot, and of each only its accuracy is
/// kept, as soon as it is known. Whoever takes the run up again goes on with the point that was under way, from its checkpoint.
/// </summary>
internal sealed class CurveRun(RunStore runs, CurveStore curves, CurveStart start, ModelTrainer trainer, TimeProvider time) : IRunWork
{
    // More than any one point takes.
    private const long StepsOfPoint = 1L << 40;

    // What comes of there being too little data: the point is left out. Whatever else fails would fail with all data.
    private static readonly string[] TooLittle = ["NO_ANNOTATIONS", "TOO_FEW_ANNOTATIONS", "TRAINING_DIVERGED"];

    /// <inheritdoc/>
    public bool CarriesOut(RunRecord run) => run.CurveId is not null;

    /// <inheritdoc/>
    public async Task DoAsync(RunAttempt attempt)
    {
        await MeasureAsync(attempt);
        await attempt.PersistAsync(token => runs.SucceedAsync(attempt.Lease, token));
    }

    private async Task MeasureAsync(RunAttempt attempt)
    {
        var run = attempt.Run;
        await using var progress = attempt.ReportProgress();
        progress.Report(new RunProgress("read", 0, 1));
        using var data = await RunTrace.PartAsync("read", () => attempt.PersistAsync(token => start.ReadAsync(attempt.Lease, token)));
        var (curve, points) = (data.Curve, new Dictionary<int, CurvePoint>(data.Points));
        var cells = curve.Plan.Cells();
        await attempt.PersistAsync(token => runs.SetEffectiveSettingsAsync(
            attempt.Lease, CurveSettings.Of(curve.Algorithm, curve.Settings, cells[^1]).Effective, token));
        var resume = data.Checkpoint;
        var pace = new CurvePace(cells, points.Values);
        for (var place = 0; place < cells.Count; place++)
        {
            if (points.ContainsKey(place))
            {
                continue;
            }

            progress.Report(pace.At(place, points.Values.LastOrDefault()?.Accuracy));
            points[place] = await MeasureAsync(attempt, data, cells, place, resume, new PointProgress(progress, pace, place));
            resume = null;
            pace.Add(points[place]);
        }

        if (points.Values.All(point => point.Accuracy is null))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "CURVE_EMPTY",
                $"No model could be trained on any part of datasets/{run.DatasetId}. On the largest: {points[cells.Count - 1].Problem}");
        }
    }

    private async Task<CurvePoint> MeasureAsync(
        RunAttempt attempt, CurveData data, IReadOnlyList<CurveCell> cells, int place, TrainingCheckpoint? resume, IProgress<TrainingProgress> progress)
    {
        await using var checkpoints = attempt.WriteCheckpoints(place * StepsOfPoint);
        var plan = new CheckpointPlan(() => checkpoints.IsDue, checkpoints.Take, resume);
        CurvePoint point;
        try
        {
            point = await attempt.ComputeAsync(cancel => Train(data, cells[place], progress, plan, cancel));
        }
        catch (CheckpointUnusableException)
        {
            // It is of the point before, or of another version of the code: this point begins at its beginning.
            point = await attempt.ComputeAsync(cancel => Train(data, cells[place], progress, plan with { Resume = null }, cancel));
        }

        await attempt.PersistAsync(token => curves.WritePointAsync(attempt.Lease, place, point, token));
        return point;
    }

    private CurvePoint Train(CurveData data, CurveCell cell, IProgress<TrainingProgress> progress, CheckpointPlan plan, CancellationToken cancel)
    {
        var part = data.Snapshot.Thinned(cell.ItemShare, cell.LabelShare, cell.Seed);
        var size = part.TrainingSize();
        var began = time.GetTimestamp();
        try
        {
            var model = trainer.Train(
                part, CurveSettings.Of(data.Curve.Algorithm, data.Curve.Settings, cell), cell.Seed, progress, plan, warmStart: null, data.Backbone, cancel);
            var split = data.Basis == CurveBasis.ValidationGold ? "validation" : "test";
            var metric = model.Manifest.Metrics.FirstOrDefault(metric => metric.Split == split && metric.Name == "accuracy");
            return metric is null
                ? new CurvePoint(cell, size.Items, size.Labels, null, 0, model.Manifest.TrainingSeconds, "There is nothing to measure it by.")
                : new CurvePoint(cell, size.Items, size.Labels, metric.Value, metric.Count, model.Manifest.TrainingSeconds);
        }
        catch (ServiceException error) when (TooLittle.Contains(error.Reason))
        {
            return new CurvePoint(cell, size.Items, size.Labels, null, 0, time.GetElapsedTime(began).TotalSeconds, error.Message);
        }
    }

    // A point's own progress, under the curve's name and with the time that the whole curve will take.
    private sealed class PointProgress(ProgressReporter reporter, CurvePace pace, int place) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => reporter.Report(new RunProgress(
            string.Create(CultureInfo.InvariantCulture, $"point {place + 1} of {pace.Count}, {value.Phase}"), value.Epoch, value.Epochs, value.Loss,
            value.ValidationValue, pace.SecondsAfter(place) is { } after ? after + value.Remaining.TotalSeconds : null, value.ValidationMetric));
    }
}
