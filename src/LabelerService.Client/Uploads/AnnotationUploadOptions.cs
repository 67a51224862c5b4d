using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>How annotations are uploaded.</summary>
public sealed record AnnotationUploadOptions
{
    /// <summary>What to do with labelers who are not registered: they are registered.</summary>
    public UnknownLabelers UnknownLabelers { get; init; } = UnknownLabelers.Register;

    /// <summary>What to do with items that do not exist: they are refused.</summary>
    public UnknownItems UnknownItems { get; init; } = UnknownItems.Reject;

    /// <summary>Most annotations of a message, 1 to 10,000: 10,000. Each message is committed as a whole.</summary>
    public int MessageRows { get; init; } = ClientStream.MaximumEntries;

    /// <summary>Most messages that are sent and not acknowledged: 4. The source is not read further while they are under way.</summary>
    public int Window { get; init; } = 4;

    /// <summary>How long an unfinished message waits for the source's next annotation before it is sent: 0.2 seconds.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Told of each annotation that the service refuses, and why; it is left out and the rest is stored. Null: the first that is refused
    /// ends the upload.
    /// </summary>
    public Action<Annotation, string>? OnRefused { get; init; }

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MessageRows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MessageRows, ClientStream.MaximumEntries);
        ArgumentOutOfRangeException.ThrowIfLessThan(Window, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Linger, TimeSpan.Zero);
    }
}
