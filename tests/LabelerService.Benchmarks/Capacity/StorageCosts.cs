using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Benchmarks.Speed;
using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Capacity;

/// <summary>What the database holds after so much was sent, and what sending took.</summary>
/// <param name="Amount">Annotations, or items.</param>
/// <param name="TableBytes">Of their table, indexes and TOAST included.</param>
/// <param name="LogBytes">WAL written meanwhile, since the first measurement.</param>
/// <param name="Seconds">Processor time of server and PostgreSQL, since the first measurement.</param>
/// <param name="InsightBytes">Memory that the server took for a consensus of the dataset; 0 where none was asked for.</param>
internal sealed record StoragePoint(double Amount, double TableBytes, double LogBytes, double Seconds, double InsightBytes);

/// <summary>Measures what is stored, on datasets that are sent through gRPC as clients send them.</summary>
internal sealed class StorageCosts(ServiceUnderTest service, TimeProvider time)
{
    private const int Classes = 8;
    private const int Labelers = 200;
    private const int Each = 10;
    private const double Mebibyte = 1 << 20;

    private static readonly StreamShape Shape = new(4, 2_000, 4, Full: false);

    /// <summary>Sends datasets one after the other; the amounts are sums of what there is.</summary>
    public async Task<IReadOnlyList<StoragePoint>> AnnotationsAsync(IReadOnlyList<int> sizes, CancellationToken cancel)
    {
        var points = new List<StoragePoint>();
        var (sum, log, seconds) = (0.0, 0.0, 0.0);
        foreach (var size in sizes)
        {
            var rows = new AnnotationRows(size / Each, Labelers, Each, Classes);
            var dataset = await service.CreateDatasetAsync(1, Classes, cancel);
            await service.PrepareAsync(dataset, rows, cancel);
            await service.SettleAsync(cancel);
            var (logBefore, secondsBefore) = (await NumberAsync("SELECT pg_current_wal_lsn() - '0/0'", cancel), Seconds());
            await new AnnotationStreams(service.Service, time).SendAsync(dataset, rows, Shape, static _ => { }, cancel);
            log += await NumberAsync("SELECT pg_current_wal_lsn() - '0/0'", cancel) - logBefore;
            seconds += Seconds() - secondsBefore;
            sum += rows.Count;
            var memory = ProcessMemory.AnonymousMebibytes(service.ServerProcessId);
            await service.Service.Insight.ListItemConsensusAsync(
                new ListItemConsensusRequest { Parent = $"datasets/{dataset}", PageSize = 1 }, cancellationToken: cancel);
            var grown = Math.Max(0, ProcessMemory.AnonymousMebibytes(service.ServerProcessId) - memory) * Mebibyte;
            points.Add(new StoragePoint(sum, await TableAsync("annotations", cancel), log, seconds, grown));
        }

        return points;
    }

    /// <summary>Sends items of random features, which no compression makes smaller.</summary>
    public async Task<IReadOnlyList<StoragePoint>> ItemsAsync(int length, IReadOnlyList<int> sizes, CancellationToken cancel)
    {
        const int batchRows = 1_000;
        var random = new Random(1);
        var dataset = $"datasets/{await service.CreateDatasetAsync(length, Classes, cancel)}";
        var before = await TableAsync("items", cancel);
        var points = new List<StoragePoint>();
        var sent = 0;
        foreach (var size in sizes)
        {
            for (; sent < size; sent += batchRows)
            {
                var values = new float[batchRows * length];
                foreach (ref var value in values.AsSpan())
                {
                    value = random.NextSingle();
                }

                var batch = new ItemBatch
                {
                    Features = new Tensor { DataType = Tensor.Types.DataType.Float32, Shape = { batchRows, length }, Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())) },
                };
                batch.ItemIds.AddRange(Enumerable.Range(sent, batchRows).Select(AnnotationRows.ItemId));
                await service.Service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = batch }, cancellationToken: cancel);
            }

            points.Add(new StoragePoint(sent, await TableAsync("items", cancel) - before, 0, 0, 0));
        }

        return points;
    }

    /// <summary>Revises annotations; returns the bytes that a revision takes in the history.</summary>
    public async Task<double> RevisionBytesAsync(int count, CancellationToken cancel)
    {
        var before = await TableAsync("annotation_history", cancel);
        await using var revise = service.Database.CreateCommand(
            $"""
            WITH chosen AS (SELECT dataset_id, item_key, labeler_key FROM annotations ORDER BY dataset_id, item_key, labeler_key LIMIT {count})
            UPDATE annotations a SET class_index = (a.class_index + 1) % {Classes}, revision = a.revision + 1 FROM chosen s
            WHERE a.dataset_id = s.dataset_id AND a.item_key = s.item_key AND a.labeler_key = s.labeler_key
            """);
        var revised = await revise.ExecuteNonQueryAsync(cancel);
        return (await TableAsync("annotation_history", cancel) - before) / revised;
    }

    private double Seconds() => ProcessorTime.Of(service.ServerProcessId) + ProcessorTime.OfFamily(service.PostmasterId);

    private Task<double> TableAsync(string table, CancellationToken cancel) => NumberAsync($"SELECT pg_total_relation_size('{table}')", cancel);

    private async Task<double> NumberAsync(string query, CancellationToken cancel)
    {
        await using var command = service.Database.CreateCommand(query);
        return Convert.ToDouble(await command.ExecuteScalarAsync(cancel), System.Globalization.CultureInfo.InvariantCulture);
    }
}
