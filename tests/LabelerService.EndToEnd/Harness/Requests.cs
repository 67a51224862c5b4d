using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.EndToEnd.Harness;

/// <summary>Short forms for requests of the tests, and for what errors say.</summary>
internal static class Requests
{
    private static int _count;

    /// <summary>An id that no other test uses.</summary>
    public static string NewId(string prefix = "t") => $"{prefix}-{Interlocked.Increment(ref _count)}-{Guid.NewGuid():N}"[..24];

    /// <summary>Creates a dataset of vectors of length 4 with classes a, b, c.</summary>
    public static async Task<string> CreateDatasetAsync(this RunningService service, int length = 4, params string[] classes)
    {
        var dataset = await service.Datasets.CreateDatasetAsync(new CreateDatasetRequest
        {
            DatasetId = NewId(),
            Dataset = new Dataset
            {
                Classes = { classes.Length == 0 ? ["a", "b", "c"] : classes },
                ItemType = new ItemType { Vector = new ItemType.Types.Vector { Length = length } },
            },
        });
        return dataset.Name;
    }

    /// <summary>Stores items <c>{prefix}0</c>, <c>{prefix}1</c>, … of a dataset of vectors of length 4.</summary>
    public static async Task CreateItemsAsync(this RunningService service, string dataset, int count, string prefix = "i", Split split = Split.Train)
    {
        var batch = Batch(count, 4, prefix);
        batch.Split = split;
        await service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = batch });
    }

    /// <summary>A batch of items whose values are their row's number.</summary>
    public static ItemBatch Batch(int count, int length, string prefix = "i")
    {
        var values = new float[count * length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = i / length;
        }

        return new ItemBatch { ItemIds = { Enumerable.Range(0, count).Select(i => $"{prefix}{i}") }, Features = Floats(values, count, length) };
    }

    /// <summary>A FLOAT32 tensor.</summary>
    public static Tensor Floats(float[] values, params long[] shape) => new()
    {
        DataType = Tensor.Types.DataType.Float32,
        Shape = { shape },
        Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
    };

    /// <summary>An annotation by class name.</summary>
    public static Annotation Says(string labeler, string item, string className) =>
        new() { ItemId = item, LabelerId = labeler, ClassName = className };

    /// <summary>Stores annotations, registering labelers.</summary>
    public static async Task<AnnotationWriteCounts> AnnotateAsync(this RunningService service, string dataset, params Annotation[] annotations)
    {
        var request = new BatchCreateAnnotationsRequest { Parent = dataset, UnknownLabelers = UnknownLabelers.Register };
        request.Annotations.AddRange(annotations);
        return (await service.Annotations.BatchCreateAnnotationsAsync(request)).Counts;
    }

    /// <summary>All annotations of a dataset that are not retracted.</summary>
    public static async Task<List<Annotation>> ExportAnnotationsAsync(this RunningService service, string dataset)
    {
        var annotations = new List<Annotation>();
        using var export = service.Annotations.ExportAnnotations(new ExportAnnotationsRequest { Parent = dataset });
        await foreach (var part in export.ResponseStream.ReadAllAsync())
        {
            annotations.AddRange(part.Annotations);
        }

        return annotations;
    }

    /// <summary>What a dataset holds.</summary>
    public static async Task<DatasetCounts> CountAsync(this RunningService service, string dataset) =>
        (await service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = dataset })).Counts;

    /// <summary>Calls and expects a refusal with this code whose BadRequest names this field.</summary>
    public static async Task<RpcException> RefusedAsync(StatusCode code, string field, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(error.StatusCode == code, $"expected {code}, got {error.StatusCode}: {error.Status.Detail}");
        var status = error.GetRpcStatus();
        Assert.NotNull(status);
        Assert.Equal("labeler.service", status.GetDetail<ErrorInfo>().Domain);
        var fields = status.GetDetail<BadRequest>()?.FieldViolations.Select(violation => violation.Field) ?? [];
        Assert.Contains(field, fields);
        return error;
    }
}
