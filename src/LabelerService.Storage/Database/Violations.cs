using LabelerService.Core.Errors;

namespace LabelerService.Storage.Database;

/// <summary>Collects what is wrong with the entries of a batch; the list is capped, since a batch may be wrong from end to end.</summary>
internal sealed class Violations
{
    /// <summary>Violations reported at most.</summary>
    public const int Cap = 20;

    private readonly List<FieldViolation> _fields = [];

    public bool Full => _fields.Count >= Cap;

    public void Add(string field, string description)
    {
        if (!Full)
        {
            _fields.Add(new FieldViolation(field, description));
        }
    }

    public void ThrowInvalid() =>
        Throw(Create(ErrorKind.InvalidArgument, "INVALID_FIELD", "Correct it and send the batch again: nothing of it was stored."));

    public void ThrowNotFound(string hint) => Throw(NotFound(hint));

    /// <summary>The error of a batch that names what does not exist; null if it does not.</summary>
    public ServiceException? NotFound(string hint) => Create(ErrorKind.NotFound, "RESOURCE_NOT_FOUND", hint);

    private static void Throw(ServiceException? error)
    {
        if (error is not null)
        {
            throw error;
        }
    }

    private ServiceException? Create(ErrorKind kind, string reason, string hint)
    {
        if (_fields.Count == 0)
        {
            return null;
        }

        var more = _fields.Count == 1 ? "" : Full ? $" (and at least {_fields.Count - 1} more)" : $" (and {_fields.Count - 1} more)";
        return new ServiceException(kind, reason, $"{_fields[0].Field}: {_fields[0].Description}{more}. {hint}", [.. _fields]);
    }
}
