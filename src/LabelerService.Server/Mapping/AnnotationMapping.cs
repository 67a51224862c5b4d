using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using StoredItems = LabelerService.Storage.Ingest.UnknownItems;
using StoredLabelers = LabelerService.Storage.Ingest.UnknownLabelers;
using WireItems = LabelerService.Contracts.V1.UnknownItems;
using WireLabelers = LabelerService.Contracts.V1.UnknownLabelers;

namespace LabelerService.Server.Mapping;

/// <summary>Annotations between proto and domain.</summary>
internal static class AnnotationMapping
{
    /// <summary>How far a client's clock may be ahead.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

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
    /// <param name="annotations">The batch.</param>
    /// <param name="caller">Who submits it.</param>
    /// <param name="classes">The dataset's classes.</param>
    /// <param name="now">The service's clock.</param>
    /// <param name="validator">Takes the violations.</param>
    /// <returns>The annotations; only meaningful if the validator has no violation.</returns>
    /// <exception cref="ServiceException">PERMISSION_DENIED: the caller speaks for one labeler, and an annotation is another's.</exception>
    public static AnnotationWrite[] ReadBatch(
        RepeatedField<Annotation> annotations, Caller caller, ClassReader classes, DateTimeOffset now, RequestValidator validator)
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
            int? index = annotation.LabelCase switch
            {
                Annotation.LabelOneofCase.ClassName when classes.TryGet(annotation.ClassName, out var known) => known,
                Annotation.LabelOneofCase.ClassName => classes.ByName(annotation.ClassName, $"annotations[{i}].class_name", validator),
                Annotation.LabelOneofCase.ClassIndex => classes.ByIndex(annotation.ClassIndex, i, validator),
                _ => annotation.Retracted ? null : Missing(i, validator),
            };
            if (annotation.Retracted && index is not null)
            {
                validator.Add($"annotations[{i}].retracted", "takes back what was said; it cannot stand beside a class");
            }

            writes[i] = new AnnotationWrite(
                annotation.ItemId, annotation.LabelerId, index, annotation.HasConfidence ? annotation.Confidence : null,
                ReadDuration(annotation.Duration, i, validator), ReadTime(annotation.AnnotateTime, now, i, validator));
        }

        return writes;
    }

    /// <summary>What to do with unknown labelers and items.</summary>
    /// <exception cref="ServiceException">PERMISSION_DENIED: a labeler may not create items.</exception>
    public static UnknownIds ReadUnknown(WireLabelers labelers, WireItems items, Caller caller, RequestValidator validator)
    {
        validator.Require(System.Enum.IsDefined(labelers), "unknown_labelers", "is not a choice this service knows");
        validator.Require(System.Enum.IsDefined(items), "unknown_items", "is not a choice this service knows");
        if (items == WireItems.Register && caller.Role == Role.Labeler)
        {
            throw new ServiceException(
                ErrorKind.PermissionDenied, "ITEMS_FORBIDDEN", "unknown_items: a labeler's credential creates no items. Label items that exist.",
                new FieldViolation("unknown_items", "must not be REGISTER with a labeler's credential"));
        }

        return new UnknownIds(
            labelers == WireLabelers.Register ? StoredLabelers.Register : StoredLabelers.Reject,
            items == WireItems.Register ? StoredItems.Register : StoredItems.Reject);
    }

    /// <summary>What a write did.</summary>
    public static AnnotationWriteCounts ToCounts(AnnotationWriteResult result) =>
        new() { Created = result.Created, Revised = result.Revised, Unchanged = result.Unchanged, Retracted = result.Retracted };

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
        if (milliseconds is >= 0 and <= int.MaxValue && duration.Nanos is > -1_000_000_000 and < 1_000_000_000)
        {
            return (int)milliseconds;
        }

        validator.Add($"annotations[{i}].duration", "must be from 0 to 2,147,483 seconds");
        return null;
    }

    private static DateTimeOffset? ReadTime(Timestamp? time, DateTimeOffset now, int i, RequestValidator validator)
    {
        // Years 1 to 9999, the range that Timestamp documents and both ends of the store can hold.
        const long First = -62_135_596_800;
        const long Last = 253_402_300_799;
        if (time is null)
        {
            return null;
        }

        if (time.Seconds is < First or > Last || time.Nanos is < 0 or >= 1_000_000_000)
        {
            validator.Add($"annotations[{i}].annotate_time", "must be a time from year 1 to 9999");
            return null;
        }

        var read = time.ToDateTimeOffset();
        if (read - now > ClockSkew)
        {
            validator.Add($"annotations[{i}].annotate_time", $"is in the future: here it is {now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        }

        return read;
    }
}
