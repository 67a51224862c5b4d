using Google.Protobuf.WellKnownTypes;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>Rows of labels as the API takes them.</summary>
internal sealed class AnnotationMessages(ClassNames classes)
{
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
}
