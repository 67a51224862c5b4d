using LabelerService.Core.Errors;

namespace LabelerService.Server.Errors;

/// <summary>Puts the path of the request's own field on a NOT_FOUND of the storage, which does not know how the caller named the thing.</summary>
internal static class FieldNaming
{
    /// <summary>Awaits a look-up; what it does not find is reported under <paramref name="field"/>.</summary>
    public static async Task<T> NamedBy<T>(this Task<T> lookUp, string field)
    {
        try
        {
            return await lookUp;
        }
        catch (ServiceException error) when (error.Kind == ErrorKind.NotFound)
        {
            throw error.NamedBy(field);
        }
    }

    /// <summary>Awaits a guarded change; an etag that is not the current one is reported under <paramref name="field"/>.</summary>
    public static async Task<T> EtagNamedBy<T>(this Task<T> change, string field)
    {
        try
        {
            return await change;
        }
        catch (ServiceException error) when (error.Reason == "ETAG_MISMATCH")
        {
            throw error.NamedBy(field);
        }
    }

    /// <summary>The same error under the path of the request's own field.</summary>
    public static ServiceException NamedBy(this ServiceException error, string field) => new(
        error.Kind, error.Reason, error.Message, [.. error.Violations.Select(violation => violation with { Field = field })]);
}
