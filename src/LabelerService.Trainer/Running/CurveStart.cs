using LabelerService.Core.Curves;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Learning;
using LabelerService.Learning.Checkpoints;
using LabelerService.Storage.Curves;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Runs;

namespace LabelerService.Trainer.Running;

/// <summary>What a run that measures a curve begins with.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="Snapshot">All data, with gold to measure by; owned.</param>
/// <param name="Basis">What that gold is.</param>
/// <param name="Points">The points that are measured, by place in the plan.</param>
/// <param name="Checkpoint">Of the point that was under way; null for none.</param>
/// <param name="Backbone">What the backbone of every point's net starts from; null for nothing.</param>
internal sealed record CurveData(
    CurveRecord Curve, TrainingSnapshot Snapshot, CurveBasis Basis, IReadOnlyDictionary<int, CurvePoint> Points, TrainingCheckpoint? Checkpoint,
    BackboneStart? Backbone) : IDisposable
{
    public void Dispose() => Snapshot.Dispose();
}

/// <summary>
/// Finds out where a run that measures a curve begins. All points of a curve are parts of the data that its first run began with, whichever run
/// measures them; where those are there no longer, all points are measured anew, on the data as they are.
/// </summary>
internal sealed class CurveStart(RunStore runs, CurveStore curves, SnapshotReader snapshots, PretrainedReader pretrained, RunStart start)
{
    /// <summary>Reads curve, data and points.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE), FailedPrecondition (CURVE_GONE; PRETRAINED_MISMATCH), NotFound, or what reading a snapshot may fail with.</exception>
    public async Task<CurveData> ReadAsync(RunLease lease, CancellationToken cancel)
    {
        var (curve, kept, points) = await curves.BeginAsync(lease, cancel);
        var settings = CurveSettings.Of(curve.Algorithm, curve.Settings, curve.Plan.Cells()[0]);
        using var named = await pretrained.ReadAsync(lease.Run.DatasetId, settings, cancel);
        var (snapshot, pin) = kept is null ? await snapshots.ReadAndPinAsync(lease.Run.DatasetId, cancel) : (null, kept);
        if (snapshot is null)
        {
            try
            {
                snapshot = await snapshots.ReadPinnedAsync(lease.Run.DatasetId, pin, cancel);
            }
            catch (ServiceException error) when (error.Reason == "SNAPSHOT_CHANGED")
            {
                await start.StartOverAsync(lease, error.Message, cancel);
                (kept, points) = (null, new Dictionary<int, CurvePoint>());
                (snapshot, pin) = await snapshots.ReadAndPinAsync(lease.Run.DatasetId, cancel);
            }
        }

        // The rows of an item are the same in all parts: what is learnt from items to make them is learnt from all, without their labels.
        snapshot = (await start.EncodeAsync(snapshot, settings, null, named, cancel)).Snapshot;
        try
        {
            var basis = BasisOf(snapshot);
            var measured = basis == CurveBasis.HeldOutAnnotations ? snapshot.MeasuredByAnnotations() : snapshot;
            if (kept is null)
            {
                await curves.PinAsync(lease, pin, measured.TrainingSize(), basis, cancel);
            }

            var checkpoint = await CheckpointAsync(lease, pin, cancel);
            if (points.Count > 0)
            {
                await runs.MarkResumedAsync(lease, new RunProgress("points", points.Count, curve.PointCount), cancel);
            }

            return new CurveData(curve, measured, basis, points, checkpoint, named.Backbone);
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    private async Task<TrainingCheckpoint?> CheckpointAsync(RunLease lease, SnapshotPin pin, CancellationToken cancel)
    {
        if (await runs.ReadCheckpointAsync(lease, cancel) is not { } kept || kept.Pin.SnapshotId != pin.SnapshotId)
        {
            await runs.PinSnapshotAsync(lease, pin, cancel);
            return null;
        }

        try
        {
            return kept.Bytes is null ? null : TrainingCheckpoint.Read(kept.Bytes);
        }
        catch (CheckpointUnusableException)
        {
            // One point is trained anew; the points before it are safe.
            return null;
        }
    }

    private static CurveBasis BasisOf(TrainingSnapshot snapshot)
    {
        bool HasGold(Split split) => Enumerable.Range(0, snapshot.Gold.Length).Any(n => snapshot.Splits[n] == split && snapshot.Gold[n] >= 0);
        return HasGold(Split.Test) ? CurveBasis.TestGold : HasGold(Split.Validation) ? CurveBasis.ValidationGold : CurveBasis.HeldOutAnnotations;
    }
}
