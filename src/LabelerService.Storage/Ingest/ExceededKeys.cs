using LabelerService.Core.Errors;
using LabelerService.Storage.Security;

namespace LabelerService.Storage.Ingest;

/// <summary>
/// Keys whose last message was refused because of their quota. What else they send is likely to be refused too, and a group in which
/// something is refused is written once more message by message: theirs go alone, so that no neighbour pays for them. Only a guess, which
/// decides about grouping and nothing else. Guarded by the queue's lock.
/// </summary>
internal sealed class ExceededKeys
{
    // Who is forgotten is in a group with others once more, and comes back.
    private const int Most = 10_000;

    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    /// <summary>Whether a message of this key is to be written alone.</summary>
    public bool Contains(KeyAllowance? key) => key is not null && _keys.Contains(key.KeyId);

    /// <summary>Takes note of what became of a message.</summary>
    public void Note(KeyAllowance? key, MessageOutcome outcome)
    {
        if (key is null)
        {
            return;
        }

        if (outcome.Error is ServiceException { Reason: ServiceException.KeyQuotaExceeded })
        {
            if (_keys.Count >= Most)
            {
                _keys.Clear();
            }

            _keys.Add(key.KeyId);
        }
        else if (outcome.Result is { } result && result.Created + result.Revised + result.Retracted > 0)
        {
            // Another day, or another quota. What changes nothing is always let through, and says nothing.
            _keys.Remove(key.KeyId);
        }
    }
}
