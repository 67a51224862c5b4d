using System.Text.Json;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.OpenInference;
using LabelerService.Server.Security;
using LabelerService.Server.Services;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// The service as a machine learning backend of Label Studio: a project is given <c>/labelstudio/{dataset}</c> as the backend's address and calls the
/// paths below it. They and their bodies are Label Studio's, so they are mapped by hand; each is allowed to whom the method that does the
/// same is.
/// </summary>
internal sealed class LabelStudioHttp(
    SetupHandler setup, PredictHandler predict, WebhookHandler webhook, DatasetResolver datasets, HttpFailures failures)
{
    private readonly SetupHandler _setup = setup;
    private readonly PredictHandler _predict = predict;
    private readonly WebhookHandler _webhook = webhook;

    /// <summary>Start of all its paths.</summary>
    public const string Root = "/labelstudio";

    private delegate Task<Action<Utf8JsonWriter>> Answer(StudioCall call, CancellationToken cancel);

    /// <summary>Registers what answers.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<StudioModel>();
        services.AddSingleton<SetupHandler>();
        services.AddSingleton<PredictHandler>();
        services.AddSingleton<TaskEvents>();
        services.AddSingleton<AnnotationEvents>();
        services.AddSingleton<TrainingEvents>();
        services.AddSingleton<WebhookHandler>();
        services.AddSingleton<LabelStudioHttp>();
    }

    /// <summary>Maps the paths, with and without settings.</summary>
    public static void Map(IEndpointRouteBuilder app)
    {
        var http = app.ServiceProvider.GetRequiredService<LabelStudioHttp>();
        foreach (var path in new[] { Root + "/{dataset}", Root + "/{dataset}/{settings}" })
        {
            // Looking at the dataset, as somebody who is to label it may.
            Route(app.MapGet(path + "/health", http.Handle(SetupHandler.HealthAsync, hasBody: false)), DatasetService.Descriptor.FullName, "GetDataset");
            Route(app.MapPost(path + "/setup", http.Handle(http._setup.SetupAsync)), DatasetService.Descriptor.FullName, "GetDataset");
            Route(app.MapGet(path + "/versions", http.Handle(http._setup.VersionsAsync, hasBody: false)), ModelService.Descriptor.FullName, "ListModelVersions");
            Route(app.MapPost(path + "/predict", http.Handle(http._predict.PredictAsync)), PredictionService.Descriptor.FullName, "BatchPredict");
            Route(app.MapPost(path + "/webhook", http.Handle(http._webhook.HandleAsync)), AnnotationService.Descriptor.FullName, "BatchCreateAnnotations");
        }

        static void Route(IEndpointConventionBuilder endpoint, string service, string method) => endpoint.WithMetadata(new TwinMethod($"{service}/{method}"));
    }

    private RequestDelegate Handle(Answer answer, bool hasBody = true) => context => failures.GuardAsync(context, http => AnswerAsync(http, answer, hasBody));

    private async Task AnswerAsync(HttpContext http, Answer answer, bool hasBody)
    {
        var cancel = http.RequestAborted;
        var id = http.Request.RouteValues["dataset"] as string ?? "";
        if (!ResourceName.IsId(id))
        {
            throw ServiceException.InvalidField("dataset", "must match [a-z0-9-]{1,63}");
        }

        var settings = StudioSettings.Parse(http.Request.RouteValues["settings"] as string);
        var dataset = await datasets.FindAsync(id, "dataset", cancel);
        using var body = hasBody ? await ReadAsync(http.Request, cancel) : null;
        var write = await answer(new StudioCall(dataset, settings, Caller.Of(http), body?.RootElement ?? default), cancel);
        await HttpAnswers.WriteAsync(http, StatusCodes.Status200OK, write);
    }

    private static async Task<JsonDocument> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        using var body = await HttpBody.ReadAsync(request, cancel);
        return StudioJson.ReadObject(body.Span);
    }
}
