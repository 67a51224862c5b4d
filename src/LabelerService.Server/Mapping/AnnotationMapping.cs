using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using StoredUnknown = LabelerService.Storage.Ingest.UnknownLabelers;
using WireUnknown = LabelerService.Contracts.V1.UnknownLabelers;

namespace LabelerService.Server.Mapping;

/// <summary>Annotations between proto and domain.</summary>
internal static class AnnotationMapping
{
    /// <summary>The resource of a stored annotation.</summary>
    public static Annotation ToResource(DatasetRecord dataset, AnnotationRecord record)
    {
        var annotation = new Annotation
        {
            Name = ResourceName.Annotation(dataset.Id, record.ItemKey, record.LabelerKey),
            ItemId = record.ItemId,
            LabelerId = record.LabelerId,
            ReceiveTime = Timestamp.FromDateTimeOffset(record.ReceivedAt),
            Revision = record.Revision,
        };
        if (record.ClassIndex is { } index)
        {
            annotation.ClassName = dataset.Schema.Classes[index];
        }
        else
        {
            annotation.Retracted = true;
        }

        if (record.Confidence is { } confidence)
        {
            annotation.Confidence = confidence;
        }

        if (record.DurationMs is { } milliseconds)
        {
            annotation.Duration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(milliseconds));
        }

        if (record.AnnotatedAt is { } time)
        {
            annotation.AnnotateTime = Timestamp.FromDateTimeOffset(time);
        }

        return annotation;
    }

    /// <summary>
    /// Reads a batch. Ids, repetitions and ranges are checked where they are stored (<see cref="AnnotationStore"/>), under the same
    /// field paths; here only what exists in the proto alone: the class by name and the well-known types.
    /// </summary>
    /// <returns>The annotations; only meaningful if the validator has no violation.</returns>
    /// <exception cref="ServiceException">PERMISSION_DENIED: the caller speaks for one labeler, and an annotation is another's.</exception>
    public static AnnotationWrite[] ReadBatch(
        RepeatedField<Annotation> annotations, Caller caller, ClassReader classes, RequestValidator validator)
    {
        LabelerView.CheckSubmission(caller, annotations);
        if (!validator.BatchSize(annotations.Count, "annotations"))
        {
            return [];
        }

        var writes = new AnnotationWrite[annotations.Count];
        for (var i = 0; i < writes.Length && !validator.IsFull; i++)
        {
            var annotation = annotations[i];
            var index = annotation.LabelCase switch
            {
                Annotation.LabelOneofCase.ClassName when classes.TryGet(annotation.ClassName, out var known) => known,
                Annotation.LabelOneofCase.ClassName => classes.ByName(annotation.ClassName, $"annotations[{i}].class_name", validator),
                Annotation.LabelOneofCase.ClassIndex => classes.ByIndex(annotation.ClassIndex, i, validator),
                _ => Missing(i, validator),
            };
            writes[i] = new AnnotationWrite(
                annotation.ItemId, annotation.LabelerId, index, annotation.HasConfidence ? annotation.Confidence : null,
                ReadDuration(annotation.Duration, i, validator), ReadTime(annotation.AnnotateTime, i, validator));
        }

        return writes;
    }

    /// <summary>What to do with unknown labelers.</summary>
    public static StoredUnknown ReadUnknownLabelers(WireUnknown value, RequestValidator validator)
    {
        validator.Require(System.Enum.IsDefined(value), "unknown_labelers", "is not a choice this service knows");
        return value == WireUnknown.Register ? StoredUnknown.Register : StoredUnknown.Reject;
    }

    /// <summary>What a write did.</summary>
    public static AnnotationWriteCounts ToCounts(AnnotationWriteResult result) =>
        new() { Created = result.Created, Revised = result.Revised, Unchanged = result.Unchanged };

    private static int Missing(int i, RequestValidator validator)
    {
        validator.Add($"annotations[{i}].class_name", "must be set, or class_index");
        return -1;
    }

    private static int? ReadDuration(Duration? duration, int i, RequestValidator validator)
    {
        if (duration is null)
        {
            return null;
        }

        // int32 milliseconds: 24 days, more than any labeler takes.
        var milliseconds = (duration.Seconds * 1000m) + (duration.Nanos / 1_000_000m);
        if (milliseconds is >= 0 and <= int.MaxValue && Math.Abs(duration.Nanos) < 1_000_000_000)
        {
            return (int)milliseconds;
        }

        validator.Add($"annotations[{i}].duration", "must be from 0 to 2,147,483 seconds");
        return null;
    }

    private static DateTimeOffset? ReadTime(Timestamp? time, int i, RequestValidator validator)
    {
        // Years 1 to 9999, the range that Timestamp documents and both ends of the store can hold.
        const long First = -62_135_596_800;
        const long Last = 253_402_300_799;
        if (time is null)
        {
            return null;
        }

        if (time.Seconds is >= First and <= Last && time.Nanos is >= 0 and < 1_000_000_000)
        {
            return time.ToDateTimeOffset();
        }

        validator.Add($"annotations[{i}].annotate_time", "must be a time from year 1 to 9999");
        return null;
    }
}
