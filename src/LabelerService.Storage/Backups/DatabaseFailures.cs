using LabelerService.Core.Errors;
using LabelerService.Storage.Database;

namespace LabelerService.Storage.Backups;

/// <summary>Failures of the database in words, for work that holds a connection of its own.</summary>
internal static class DatabaseFailures
{
    public static async Task<T> TranslateAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception exception) when (exception is not (ServiceException or OperationCanceledException or IOException)
            && DatabaseErrors.Translate(exception) is { } known)
        {
            // Whoever backs up runs the database: what it said itself helps them.
            throw new ServiceException(known.Kind, known.Reason, $"{known.Message} ({exception.Message})");
        }
    }
}
