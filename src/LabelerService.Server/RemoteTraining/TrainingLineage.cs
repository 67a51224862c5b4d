using System.Text.Json;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Server.Paging;
using LabelerService.Storage.Runs;

namespace LabelerService.Server.RemoteTraining;

/// <summary>What a model of others was trained on, in numbers.</summary>
/// <param name="SnapshotId">Hash of the data.</param>
/// <param name="AnnotationCount">Annotations in the snapshot.</param>
/// <param name="Data">The data in numbers.</param>
internal sealed record DataLineage(string SnapshotId, int AnnotationCount, ModelDataSummary Data);

/// <summary>
/// Lets a trainer of others bring back what data it was given: the note is authenticated for its run, so a model cannot be said to be trained on
/// other data than were sent, and no replica has to remember.
/// </summary>
internal sealed class TrainingLineage(PageTokens tokens)
{
    /// <summary>Notes a run's data.</summary>
    public string Create(RunRecord run, TrainingSnapshot snapshot) => tokens.Create(
        Scope(run), JsonSerializer.Serialize(new DataLineage(snapshot.SnapshotId, snapshot.Annotations.Count, ModelDataSummary.Of(snapshot))));

    /// <summary>Reads the note of a run.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT: it is not of this run.</exception>
    public DataLineage Read(RunRecord run, string note, string field)
    {
        try
        {
            if (tokens.Read(Scope(run), note) is { } text)
            {
                return JsonSerializer.Deserialize<DataLineage>(text) ?? throw new InvalidDataException("An authenticated note is empty.");
            }
        }
        catch (ServiceException)
        {
            // Said below in words for this field.
        }

        throw ServiceException.InvalidField(field, "must be the lineage that ReadTrainingData sent for this run");
    }

    private static string Scope(RunRecord run) => $"lineage|{run.Uid}";
}
