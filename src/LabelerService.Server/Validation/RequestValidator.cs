using System.Text;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;

namespace LabelerService.Server.Validation;

/// <summary>
/// Collects what is wrong with a request, so that one answer names every field at fault (up to a cap), and then throws. Paths are as in
/// the proto, with indexes.
/// </summary>
internal sealed class RequestValidator
{
    private readonly List<FieldViolation> _violations = [];

    /// <summary>Violations so far.</summary>
    public int Count => _violations.Count;

    /// <summary>Whether so much is wrong that looking further would only add noise.</summary>
    public bool IsFull => _violations.Count >= Limits.Violations;

    /// <summary>Records a violation.</summary>
    public void Add(string field, string description)
    {
        if (!IsFull)
        {
            _violations.Add(new FieldViolation(field, description));
        }
    }

    /// <summary>Records a violation unless the condition holds.</summary>
    public bool Require(bool condition, string field, string description)
    {
        if (!condition)
        {
            Add(field, description);
        }

        return condition;
    }

    /// <summary>A key chosen by users outside the service: 1 to 256 bytes of UTF-8 without NUL.</summary>
    public bool ExternalId(string id, string field)
    {
        if (TextRules.ExternalIdProblem(id) is { } problem)
        {
            Add(field, problem);
            return false;
        }

        return true;
    }

    /// <summary>Text for people: at most 256 bytes of UTF-8 without NUL.</summary>
    public void Text(string text, string field)
    {
        if (text.Length > Limits.TextBytes || Encoding.UTF8.GetByteCount(text) > Limits.TextBytes)
        {
            Add(field, $"is longer than {Limits.TextBytes} bytes");
        }
        else if (text.Contains('\0'))
        {
            Add(field, "contains a NUL character");
        }
    }

    /// <summary>Tags: at most 64, keys 1 to 256 bytes, values at most 256 bytes.</summary>
    public void Tags(IDictionary<string, string> tags, string field)
    {
        Require(tags.Count <= Limits.Tags, field, $"has more than {Limits.Tags} entries");
        foreach (var (key, value) in tags)
        {
            if (IsFull)
            {
                return;
            }

            ExternalId(key, $"{field}[{key}]");
            Text(value, $"{field}[{key}]");
        }
    }

    /// <summary>An optional <c>request_id</c>: empty or a UUID.</summary>
    public Guid? RequestId(string id, string field = "request_id")
    {
        if (id.Length == 0)
        {
            return null;
        }

        if (Guid.TryParseExact(id, "D", out var parsed))
        {
            return parsed;
        }

        Add(field, "must be a UUID such as 123e4567-e89b-42d3-a456-426614174000, or empty");
        return null;
    }

    /// <summary>The size of a batch.</summary>
    public bool BatchSize(int count, string field) => BatchSize(count, Limits.Batch, field);

    /// <summary>The size of a batch of things of which fewer are taken.</summary>
    public bool BatchSize(int count, int most, string field) =>
        Require(count > 0, field, "must not be empty")
        && Require(count <= most, field, $"has {count} entries; a batch takes at most {most}");

    /// <summary>Throws INVALID_ARGUMENT if anything was recorded.</summary>
    public void ThrowIfInvalid() => ThrowIf(ErrorKind.InvalidArgument, "INVALID_FIELD");

    /// <summary>Throws FAILED_PRECONDITION (ITEM_UNFIT) if anything was recorded: about stored items, which are right but not for the model asked.</summary>
    public void ThrowIfUnfit() => ThrowIf(ErrorKind.FailedPrecondition, "ITEM_UNFIT");

    private void ThrowIf(ErrorKind kind, string reason)
    {
        if (_violations.Count > 0)
        {
            var first = _violations[0];
            throw new ServiceException(
                kind, reason,
                _violations.Count == 1 ? $"{first.Field}: {first.Description}" : $"{first.Field}: {first.Description} (and {_violations.Count - 1} more)",
                [.. _violations]);
        }
    }
}
