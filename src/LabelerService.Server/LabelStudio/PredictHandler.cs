using System.Text.Json;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Server.Inference;
using LabelerService.Server.Services;
using LabelerService.Server.Validation;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// <c>/predict</c>: what the model says of each task, as a result of the project's own control. Texts are predicted by what they say, anything
/// else as the stored item of that id: an address in a task is never fetched.
/// </summary>
internal sealed class PredictHandler(PredictionEngine engine, PredictionReader reader, StudioModel models)
{
    private const string TasksField = "tasks";

    /// <summary>Answers with one prediction a task, in their order; an empty one that says why where a task cannot be predicted.</summary>
    /// <exception cref="ServiceException">
    /// INVALID_ARGUMENT naming the field; FAILED_PRECONDITION (NO_MODEL): there is nothing to predict with yet.
    /// </exception>
    public async Task<Action<Utf8JsonWriter>> PredictAsync(StudioCall call, CancellationToken cancel)
    {
        var config = StudioJson.Text(call.Body, "label_config", "label_config")
            ?? throw ServiceException.InvalidField("label_config", "is missing: the project's label config");
        var label = StudioLabel.Choose(LabelConfigReader.Read(config, "label_config"), call.Settings.Label, call.Dataset.Schema.Classes, "label_config");
        var tasks = new StudioTasks(call.Settings, call.Dataset.Schema.ItemKind == ItemKind.Text ? label.TextKey : null);
        StudioTask[] read = [.. StudioJson.Objects(call.Body, TasksField, TasksField, Limits.Batch).Select(task => tasks.Read(task.Element, task.Path))];
        using var model = await PinAsync(call, cancel);
        var answers = await AnswerAsync(model, read, cancel);
        return json => Write(json, model.Name, label, answers);
    }

    private async Task<PinnedModel> PinAsync(StudioCall call, CancellationToken cancel)
    {
        const string Field = "model_version";
        if (StudioModel.TryParse(call, StudioJson.Text(call.Body, Field, Field), out var asked))
        {
            try
            {
                return await engine.PinAsync(call.Dataset.Id, asked.Value.Model, asked.Value.Version, null, Field, cancel);
            }
            catch (ServiceException error) when (error.Kind == ErrorKind.NotFound)
            {
                // Deleted since Label Studio took note of it: what serves now answers.
            }
        }

        var (id, version) = await models.ServingAsync(call, cancel) ?? throw new ServiceException(
            ErrorKind.FailedPrecondition, "NO_MODEL", $"datasets/{call.Dataset.Id} has no model yet. Train one first; annotations are taken meanwhile.",
            new FieldViolation(Field, "there is none"));
        return await engine.PinAsync(call.Dataset.Id, id, version, null, Field, cancel);
    }

    private async Task<Answer[]> AnswerAsync(PinnedModel model, StudioTask[] tasks, CancellationToken cancel)
    {
        var answers = new Answer[tasks.Length];
        foreach (var byText in new[] { true, false })
        {
            int[] which = [.. Enumerable.Range(0, tasks.Length).Where(i => tasks[i].Text is not null == byText)];
            try
            {
                await PredictAsync(model, tasks, which, byText, answers, cancel);
            }
            catch (ServiceException error) when (IsAboutItems(error))
            {
                // One that is unknown or unfit must not keep the others from their predictions.
                foreach (var i in which)
                {
                    await PredictOneAsync(model, tasks, i, byText, answers, cancel);
                }
            }
        }

        return answers;
    }

    private async Task PredictOneAsync(PinnedModel model, StudioTask[] tasks, int i, bool byText, Answer[] answers, CancellationToken cancel)
    {
        try
        {
            await PredictAsync(model, tasks, [i], byText, answers, cancel);
        }
        catch (ServiceException error) when (IsAboutItems(error))
        {
            answers[i] = new Answer { Problem = error.Message };
        }
    }

    private static bool IsAboutItems(ServiceException error) => error.Kind is ErrorKind.NotFound or ErrorKind.FailedPrecondition or ErrorKind.InvalidArgument;

    private async Task PredictAsync(PinnedModel model, StudioTask[] tasks, int[] which, bool byText, Answer[] answers, CancellationToken cancel)
    {
        if (which.Length == 0)
        {
            return;
        }

        using var input = byText
            ? PredictionContents.ReadTexts(model, [.. which.Select(i => tasks[i].Text!)], at => tasks[which[at]].Path)
            : await reader.ReadItemsAsync([.. which.Select(i => tasks[i].ItemId)], TasksField, model, cancel);
        var predicted = await engine.PredictAsync(model, input, PredictionOptions.Default, cancel);
        for (var at = 0; at < which.Length; at++)
        {
            answers[which[at]] = new Answer
            {
                Class = predicted.TopClass(at),
                Probabilities = predicted.Probabilities[(at * predicted.ClassCount)..((at + 1) * predicted.ClassCount)],
                Entropy = predicted.Entropies[at],
                Disagreement = predicted.Disagreements.Length > 0 ? predicted.Disagreements[at] : 0,
            };
        }
    }

    private static void Write(Utf8JsonWriter json, string version, StudioLabel label, Answer[] answers)
    {
        json.WriteString("model_version", version);
        json.WriteStartArray("results");
        foreach (var answer in answers)
        {
            json.WriteStartObject();
            json.WriteString("model_version", version);
            json.WriteNumber("score", answer.Probabilities is null ? 0 : answer.Probabilities[answer.Class]);
            json.WriteStartArray("result");
            if (answer.Probabilities is not null)
            {
                WriteRegion(json, label, answer);
            }

            json.WriteEndArray();
            if (answer.Problem is { } problem)
            {
                json.WriteString("error", problem);
            }
            else
            {
                WriteDistribution(json, label, answer);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRegion(Utf8JsonWriter json, StudioLabel label, Answer answer)
    {
        var token = label.TokenOf(answer.Class);
        json.WriteStartObject();
        json.WriteString("from_name", label.Control.Name);
        json.WriteString("to_name", label.Control.ToName);
        json.WriteString("type", label.Control.IsRating ? "rating" : "choices");
        json.WriteStartObject("value");
        if (label.Control.IsRating)
        {
            json.WritePropertyName("rating");
            json.WriteRawValue(token);
        }
        else
        {
            json.WriteStartArray("choices");
            json.WriteStringValue(token);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteNumber("score", answer.Probabilities![answer.Class]);
        json.WriteEndObject();
    }

    // Label Studio keeps the score and the result; whoever calls it by hand, or looks at its test request, sees the rest.
    private static void WriteDistribution(Utf8JsonWriter json, StudioLabel label, Answer answer)
    {
        json.WriteStartObject("probabilities");
        for (var k = 0; k < answer.Probabilities!.Length; k++)
        {
            json.WriteNumber(label.TokenOf(k), answer.Probabilities[k]);
        }

        json.WriteEndObject();
        json.WriteNumber("entropy", answer.Entropy);
        json.WriteNumber("disagreement", answer.Disagreement);
    }

    /// <summary>What is said of one task: a distribution, or why there is none.</summary>
    private readonly struct Answer
    {
        public int Class { get; init; }

        public float[]? Probabilities { get; init; }

        public float Entropy { get; init; }

        public float Disagreement { get; init; }

        public string? Problem { get; init; }
    }
}
