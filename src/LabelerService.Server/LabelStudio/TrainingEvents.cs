using System.Text.Json;
using LabelerService.Contracts;
using LabelerService.Core.Errors;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// Label Studio's button "Start training": another run of what serves, with the settings and the seed that made it, on the annotations of now; where nothing
/// serves yet, of the automatic choice. While one waits or runs, pressing again starts none.
/// </summary>
internal sealed class TrainingEvents(StudioModel models, ModelStore versions, RunStore runs, AnnotationStore annotations)
{
    private const string CreateRun = "labeler.v1.TrainingService/CreateTrainingRun";
    private const string Automatic = "auto";

    /// <summary>Starts a run.</summary>
    /// <exception cref="ServiceException">PERMISSION_DENIED; FAILED_PRECONDITION (NO_ANNOTATIONS).</exception>
    public async Task<Action<Utf8JsonWriter>> StartAsync(StudioCall call, CancellationToken cancel)
    {
        call.Require(CreateRun, "start training");
        if (!await annotations.AnyAsync(call.Dataset, cancel))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NO_ANNOTATIONS", $"datasets/{call.Dataset.Id} has no annotations to train on. Label some tasks first.");
        }

        var write = await NextAsync(call, cancel);
        var waiting = (await UnderWayAsync(call, cancel)).FirstOrDefault(run => run.ModelId == write.ModelId);
        var run = waiting ?? await runs.CreateAsync(call.Dataset, write, null, cancel);
        return json =>
        {
            json.WriteString("status", waiting is null ? "ok" : "running");
            json.WriteString("job", ResourceName.TrainingRun(call.Dataset.Id, run.RunId));
        };
    }

    private async Task<RunWrite> NextAsync(StudioCall call, CancellationToken cancel)
    {
        var id = Guid.CreateVersion7().ToString("N");
        if (await models.ServingAsync(call, cancel) is not var (model, number))
        {
            return new RunWrite(id, Automatic, call.Settings.Model ?? Automatic, Seed: 1, new Dictionary<string, string>());
        }

        var version = await versions.GetVersionAsync(call.Dataset, model, number, cancel);
        var made = await runs.GetAsync(call.Dataset, version.RunId, cancel);
        return new RunWrite(id, made.Algorithm, model, made.Seed, made.RequestedSettings);
    }

    private async Task<IEnumerable<RunRecord>> UnderWayAsync(StudioCall call, CancellationToken cancel)
    {
        const int Most = 1_000;
        return (await runs.ListAsync(call.Dataset, RunState.Queued, null, Most, cancel)).Concat(await runs.ListAsync(call.Dataset, RunState.Running, null, Most, cancel));
    }
}
