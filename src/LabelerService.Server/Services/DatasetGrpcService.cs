using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.DatasetService</c>.</summary>
internal sealed class DatasetGrpcService(
    DatasetStore store, DatasetResolver datasets, PageTokens pages, ActivitySampler sampler, AnnotationStore annotations, Drain drain, TimeProvider time)
    : DatasetService.DatasetServiceBase
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(60);

    public override async Task<Dataset> CreateDataset(CreateDatasetRequest request, ServerCallContext context)
    {
        var validator = new RequestValidator();
        validator.Require(
            ResourceName.IsId(request.DatasetId), "dataset_id", "must match [a-z0-9-]{1,63}: lower-case letters, digits and hyphens");
        if (!validator.Require(request.Dataset is not null, "dataset", "must be set"))
        {
            validator.ThrowIfInvalid();
        }

        var dataset = request.Dataset!;
        validator.Text(dataset.DisplayName, "dataset.display_name");
        validator.Tags(dataset.Tags, "dataset.tags");
        var schema = DatasetMapping.ReadSchema(dataset, validator);
        var requestId = validator.RequestId(request.RequestId);
        validator.ThrowIfInvalid();

        request.RequestId = "";
        var record = await store.CreateAsync(
            new DatasetWrite(request.DatasetId, schema, dataset.DisplayName, new Dictionary<string, string>(dataset.Tags), DatasetMapping.ReadQuota(dataset.Quota)),
            RequestIds.Identify(requestId, context.Method, request), context.CancellationToken);
        return DatasetMapping.ToResource(record);
    }

    public override async Task<Dataset> GetDataset(GetDatasetRequest request, ServerCallContext context)
    {
        var record = await datasets.ResolveAsync(request.Name, "name", context.CancellationToken);
        return DatasetMapping.ToResource(record, await store.CountAsync(record, context.CancellationToken));
    }

    public override async Task<ListDatasetsResponse> ListDatasets(ListDatasetsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var caller = Caller.Of(context);
        var scope = $"datasets|{caller.ScopeText()}";
        var after = pages.Read(scope, request.PageToken);
        var records = await store.ListAsync(after, size + 1, context.CancellationToken, caller.Datasets);
        var response = new ListDatasetsResponse();
        response.Datasets.AddRange(records.Take(size).Select(record => DatasetMapping.ToResource(record)));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].Id);
        }

        return response;
    }

    public override async Task<Dataset> UpdateDataset(UpdateDatasetRequest request, ServerCallContext context)
    {
        var dataset = request.Dataset ?? throw ServiceException.InvalidField("dataset", "must be set");
        var validator = new RequestValidator();
        validator.Text(dataset.DisplayName, "dataset.display_name");
        validator.Tags(dataset.Tags, "dataset.tags");
        validator.ThrowIfInvalid();
        var fields = UpdateMask.Read(
            request.UpdateMask, ("display_name", dataset.DisplayName.Length > 0), ("tags", dataset.Tags.Count > 0), ("quota", dataset.Quota is not null));
        var expected = Etag.Read(dataset.Etag, "dataset.etag");
        var record = await datasets.ResolveAsync(dataset.Name, "dataset.name", context.CancellationToken);
        var change = new DatasetChange(
            fields.Contains("display_name") ? dataset.DisplayName : null,
            fields.Contains("tags") ? new Dictionary<string, string>(dataset.Tags) : null,
            fields.Contains("quota") ? DatasetMapping.ReadQuota(dataset.Quota) : null);
        return DatasetMapping.ToResource(await store.UpdateAsync(record.Id, change, expected, context.CancellationToken));
    }

    public override async Task<Empty> DeleteDataset(DeleteDatasetRequest request, ServerCallContext context)
    {
        var expected = Etag.Read(request.Etag, "etag");
        var record = await datasets.ResolveAsync(request.Name, "name", context.CancellationToken);
        await store.DeleteAsync(record.Id, expected, context.CancellationToken);
        return new Empty();
    }

    public override async Task WatchDatasetActivity(
        WatchDatasetActivityRequest request, IServerStreamWriter<DatasetActivity> responseStream, ServerCallContext context)
    {
        var validator = new RequestValidator();
        var interval = ReadInterval(request.Interval, validator);
        validator.Require(request.MaxMessages >= 0, "max_messages", "must not be negative; 0 is no limit");
        validator.ThrowIfInvalid();
        var cancel = context.CancellationToken;
        var record = await datasets.ResolveAsync(request.Name, "name", cancel);
        var seesQueue = Caller.Of(context).Datasets is null;
        using var watch = sampler.Begin(record);
        ActivitySample? before = null;
        for (var sent = 1; ; sent++)
        {
            var now = await watch.LookAsync(cancel);
            var message = DatasetMapping.ToActivity(now, before);
            message.QueuedBytes = seesQueue ? annotations.QueuedBytes : 0;
            await responseStream.WriteAsync(message, cancel);
            if (sent == request.MaxMessages)
            {
                return;
            }

            before = now;
            await drain.UnlessStoppingAsync(
                async token =>
                {
                    await Task.Delay(interval, time, token);
                    return true;
                },
                cancel);
        }
    }

    private static TimeSpan ReadInterval(Duration? interval, RequestValidator validator)
    {
        if (interval is null)
        {
            return ShortestInterval;
        }

        // Beyond an hour a duration need not even be one of .NET's.
        var seconds = interval.Seconds is < -3_600 or > 3_600 ? -1 : interval.Seconds + (interval.Nanos / 1e9);
        return validator.Require(
            seconds >= ShortestInterval.TotalSeconds && seconds <= LongestInterval.TotalSeconds, "interval",
            $"must be {ShortestInterval.TotalSeconds} s to {LongestInterval.TotalSeconds} s")
            ? TimeSpan.FromSeconds(seconds)
            : ShortestInterval;
    }
}
