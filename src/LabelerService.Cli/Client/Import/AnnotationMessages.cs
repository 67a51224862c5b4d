using Google.Protobuf.WellKnownTypes;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>Rows of labels as the API takes them.</summary>
internal sealed class AnnotationMessages(ClassNames classes)
{
    // Tag and length of an entry.
    private const int Framing = 6;

    /// <summary>An annotation.</summary>
    public Annotation ToAnnotation(LabelRow row)
    {
        var annotation = new Annotation { ItemId = row.Item, LabelerId = row.Labeler };
        if (row.Retracted)
        {
            // What was taken back has nothing else.
            annotation.Retracted = true;
            return annotation;
        }

        annotation.ClassIndex = classes.IndexOf(row.Label);
        if (row.Confidence is { } confidence)
        {
            annotation.Confidence = confidence;
        }

        if (row.Duration is { } duration)
        {
            annotation.Duration = Duration.FromTimeSpan(duration);
        }

        if (row.Time is { } time)
        {
            annotation.AnnotateTime = Timestamp.FromDateTimeOffset(time);
        }

        return annotation;
    }

    /// <summary>Rows in groups that fit a message.</summary>
    public static async IAsyncEnumerable<List<(T Row, Annotation Annotation)>> GroupAsync<T>(
        IAsyncEnumerable<(T Row, Annotation Annotation)> rows)
    {
        var group = new List<(T, Annotation)>();
        var bytes = 0;
        await foreach (var (row, annotation) in rows)
        {
            var size = annotation.CalculateSize() + Framing;
            if (group.Count > 0 && (group.Count == ClientStream.MaximumEntries || bytes + size > ClientStream.MaximumMessage))
            {
                yield return group;
                group = [];
                bytes = 0;
            }

            group.Add((row, annotation));
            bytes += size;
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }
}
