using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using StoredCounts = LabelerService.Storage.Datasets.DatasetCounts;
using WireCounts = LabelerService.Contracts.V1.DatasetCounts;

namespace LabelerService.Server.Mapping;

/// <summary>Datasets between proto and domain.</summary>
internal static class DatasetMapping
{
    private const int VectorLength = 65_536;
    private const int ImageSide = 4_096;
    private const int StepLength = 4_096;

    /// <summary>What a watcher is told: what there is, and what came since the sample before.</summary>
    public static DatasetActivity ToActivity(ActivitySample now, ActivitySample? before)
    {
        var activity = new DatasetActivity
        {
            Time = Timestamp.FromDateTimeOffset(now.Time),
            Items = now.Items,
            Labelers = now.Labelers,
            Annotations = now.Annotations,
            AnnotationWrites = now.AnnotationWrites,
            ItemWrites = now.ItemWrites,
        };
        if (before is not null)
        {
            activity.NewAnnotationWrites = now.AnnotationWrites - before.AnnotationWrites;
            activity.NewItemWrites = now.ItemWrites - before.ItemWrites;

            // The database's clock may be set back.
            var seconds = (now.Time - before.Time).TotalSeconds;
            activity.AnnotationWritesPerSecond = seconds > 0 ? activity.NewAnnotationWrites / seconds : 0;
        }

        return activity;
    }

    /// <summary>The resource of a stored dataset.</summary>
    public static Dataset ToResource(DatasetRecord record, StoredCounts? counts = null)
    {
        var dataset = new Dataset
        {
            Name = ResourceName.Dataset(record.Id),
            Uid = record.Uid.ToString(),
            DisplayName = record.DisplayName,
            Classes = { record.Schema.Classes },
            LabelKind = (Dataset.Types.LabelKind)record.Schema.LabelKind,
            ItemType = ToItemType(record.Schema),
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
            UpdateTime = Timestamp.FromDateTimeOffset(record.UpdateTime),
            Etag = Etag.Of(record.Version),
        };
        if (record.Quota != new DatasetQuota())
        {
            dataset.Quota = new Quota
            {
                MaxItems = record.Quota.MaxItems,
                MaxAnnotations = record.Quota.MaxAnnotations,
                MaxLabelers = record.Quota.MaxLabelers,
                MaxBytes = record.Quota.MaxBytes,
            };
        }

        foreach (var (key, value) in record.Tags)
        {
            dataset.Tags.Add(key, value);
        }

        if (counts is not null)
        {
            dataset.Counts = new WireCounts
            {
                Items = counts.Items,
                TrainItems = counts.TrainItems,
                ValidationItems = counts.ValidationItems,
                TestItems = counts.TestItems,
                GoldItems = counts.GoldItems,
                Labelers = counts.Labelers,
                Annotations = counts.Annotations,
            };
        }

        return dataset;
    }

    /// <summary>The quota of a request; none without one.</summary>
    public static DatasetQuota ReadQuota(Quota? quota) => quota is null
        ? new DatasetQuota()
        : new DatasetQuota(quota.MaxItems, quota.MaxAnnotations, quota.MaxLabelers, quota.MaxBytes);

    /// <summary>Checks the fixed shape of a dataset to create and reads it.</summary>
    /// <returns>The schema; only meaningful if the validator has no violation.</returns>
    public static DatasetSchema ReadSchema(Dataset dataset, RequestValidator validator)
    {
        CheckClasses(dataset, validator);
        var kind = ReadLabelKind(dataset, validator);
        var (itemKind, shape) = ReadItemType(dataset.ItemType, validator);
        return new DatasetSchema([.. dataset.Classes], kind, itemKind, shape);
    }

    private static void CheckClasses(Dataset dataset, RequestValidator validator)
    {
        var classes = dataset.Classes;
        validator.Require(classes.Count >= 2, "dataset.classes", "must name at least two classes");
        if (!validator.Require(classes.Count <= Limits.Classes, "dataset.classes", $"has {classes.Count} classes; at most {Limits.Classes} are possible"))
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var k = 0; k < classes.Count; k++)
        {
            var field = $"dataset.classes[{k}]";
            if (validator.ExternalId(classes[k], field))
            {
                validator.Require(System.Text.Encoding.UTF8.GetByteCount(classes[k]) <= Limits.ClassNameBytes, field, $"is longer than {Limits.ClassNameBytes} bytes");
                validator.Require(seen.Add(classes[k]), field, $"repeats the class '{classes[k]}'");
            }
        }
    }

    private static LabelKind ReadLabelKind(Dataset dataset, RequestValidator validator)
    {
        const string Field = "dataset.label_kind";
        var two = dataset.Classes.Count == 2;
        switch (dataset.LabelKind)
        {
            case Dataset.Types.LabelKind.Unspecified:
                return two ? LabelKind.Binary : LabelKind.MultiClass;
            case Dataset.Types.LabelKind.Binary:
                validator.Require(two, Field, $"BINARY takes two classes, not {dataset.Classes.Count}");
                return LabelKind.Binary;
            case Dataset.Types.LabelKind.MultiClass:
                return LabelKind.MultiClass;
            case Dataset.Types.LabelKind.Ordinal:
                return LabelKind.Ordinal;
            default:
                validator.Add(Field, "is not a kind this service knows");
                return LabelKind.MultiClass;
        }
    }

    private static (ItemKind Kind, int[] Shape) ReadItemType(ItemType? type, RequestValidator validator)
    {
        const string Field = "dataset.item_type";
        switch (type?.KindCase)
        {
            case ItemType.KindOneofCase.Vector:
                Side(type.Vector.Length, VectorLength, $"{Field}.vector.length", validator);
                return (ItemKind.Vector, [type.Vector.Length]);
            case ItemType.KindOneofCase.Image:
                var image = type.Image;
                Side(image.Height, ImageSide, $"{Field}.image.height", validator);
                Side(image.Width, ImageSide, $"{Field}.image.width", validator);
                validator.Require(image.Channels is 1 or 3, $"{Field}.image.channels", "must be 1 or 3");
                return (ItemKind.Image, [image.Height, image.Width, image.Channels]);
            case ItemType.KindOneofCase.Text:
                return (ItemKind.Text, []);
            case ItemType.KindOneofCase.Sequence:
                Side(type.Sequence.StepLength, StepLength, $"{Field}.sequence.step_length", validator);
                return (ItemKind.Sequence, [type.Sequence.StepLength]);
            default:
                validator.Add(Field, "must be set: vector, image, text or sequence");
                return (ItemKind.Vector, []);
        }
    }

    private static void Side(int value, int maximum, string field, RequestValidator validator) =>
        validator.Require(value >= 1 && value <= maximum, field, $"must be from 1 to {maximum}, not {value}");

    private static ItemType ToItemType(DatasetSchema schema) => schema.ItemKind switch
    {
        ItemKind.Vector => new ItemType { Vector = new ItemType.Types.Vector { Length = schema.ItemShape[0] } },
        ItemKind.Image => new ItemType
        {
            Image = new ItemType.Types.Image { Height = schema.ItemShape[0], Width = schema.ItemShape[1], Channels = schema.ItemShape[2] },
        },
        ItemKind.Text => new ItemType { Text = new ItemType.Types.Text() },
        ItemKind.Sequence => new ItemType { Sequence = new ItemType.Types.Sequence { StepLength = schema.ItemShape[0] } },
        _ => throw new InvalidOperationException($"Item kind {schema.ItemKind} has no proto."),
    };
}
