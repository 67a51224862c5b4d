using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Curves;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Server.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Validation;
using LabelerService.Storage.Curves;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Runs;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.CurveService</c>.</summary>
internal sealed class CurveGrpcService(
    CurveStore curves, RunStore runs, AnnotationStore annotations, DatasetResolver datasets, PretrainedCheck pretrained, PageTokens pages)
    : CurveService.CurveServiceBase
{
    public override async Task<Curve> CreateCurve(CreateCurveRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        validator.ThrowIfInvalid();
        var write = CurveRequests.Read(request);
        foreach (var cell in write.Plan.Cells().DistinctBy(cell => cell.Capacity))
        {
            var settings = CurveSettings.Of(write.Algorithm, write.Settings, cell);
            CheckFit(dataset, settings);
            await pretrained.CheckAsync(dataset, settings, warmStart: false, "curve", cancel);
        }

        if (!await annotations.AnyAsync(dataset, cancel))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NO_ANNOTATIONS", $"{request.Parent} has no annotations to train on. Import labels first.",
                new FieldViolation("parent", "has no annotations"));
        }

        request.RequestId = "";
        return CurveMapping.ToResource(await curves.CreateAsync(
            dataset, write, NewRunId(), RequestIds.Identify(requestId, context.Method, request), cancel));
    }

    public override async Task<Curve> GetCurve(GetCurveRequest request, ServerCallContext context)
    {
        var question = CurveRequests.Read(request);
        var (_, record) = await FindAsync(request.Name, context.CancellationToken);
        var points = await curves.PointsAsync(record, context.CancellationToken);
        var report = CurveAnalysis.Of(points, record.Size, question);
        var curve = CurveMapping.ToResource(record);
        curve.Points.AddRange(points.Select(CurveMapping.ToPoint));
        curve.Fits.AddRange(report.Fits.Select(CurveMapping.ToFit));
        curve.Advice = CurveMapping.ToAdvice(report);
        return curve;
    }

    public override async Task<ListCurvesResponse> ListCurves(ListCurvesRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var scope = $"curves|{dataset.Uid}";
        var records = await curves.ListAsync(dataset, pages.Read(scope, request.PageToken), size + 1, context.CancellationToken);
        var response = new ListCurvesResponse();
        response.Curves.AddRange(records.Take(size).Select(CurveMapping.ToResource));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].CurveId);
        }

        return response;
    }

    public override async Task<Curve> ResumeCurve(ResumeCurveRequest request, ServerCallContext context)
    {
        var (dataset, record) = await FindAsync(request.Name, context.CancellationToken);
        return CurveMapping.ToResource(
            await curves.ResumeAsync(dataset, record.CurveId, NewRunId(), context.CancellationToken).NamedBy("name"));
    }

    public override async Task<Empty> DeleteCurve(DeleteCurveRequest request, ServerCallContext context)
    {
        var (dataset, record) = await FindAsync(request.Name, context.CancellationToken);
        await runs.RequestCancelAsync(dataset, record.RunId, context.CancellationToken);
        await curves.DeleteAsync(dataset, record.CurveId, context.CancellationToken);
        return new Empty();
    }

    private async Task<(DatasetRecord Dataset, CurveRecord Curve)> FindAsync(string name, CancellationToken cancel)
    {
        var (datasetId, curveId) = Names.Curve(name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        return (dataset, await curves.GetAsync(dataset, curveId, cancel).NamedBy("name"));
    }

    // Whether settings with their capacity go with the items of the dataset.
    private static void CheckFit(DatasetRecord dataset, TrainingSettings settings)
    {
        try
        {
            settings.For(ItemEncoding.Expected(dataset.Schema));
        }
        catch (ServiceException error)
        {
            throw new ServiceException(
                error.Kind, error.Reason, error.Message, [.. error.Violations.Select(violation => violation with { Field = $"curve.{violation.Field}" })]);
        }
    }

    private static string NewRunId() => Guid.CreateVersion7().ToString("N");
}
