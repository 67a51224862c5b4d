using System.Runtime.InteropServices;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Models;
using LabelerService.Storage.Predictions;

namespace LabelerService.Server.Mapping;

/// <summary>Prediction jobs and stored predictions between proto and domain.</summary>
internal static class PredictionJobMapping
{
    /// <summary>The resource of a stored job.</summary>
    public static PredictionJob ToResource(PredictionJobRecord record)
    {
        var job = new PredictionJob
        {
            Name = ResourceName.PredictionJob(record.DatasetId, record.JobId),
            Uid = record.Uid.ToString(),
            Model = new ModelSelector { Model = record.Model, Alias = record.Alias },
            Filter = record.Filter,
            Distilled = record.Outputs.Distilled,
            State = (PredictionJob.Types.State)record.State,
            ModelVersion = ResourceName.ModelVersion(record.DatasetId, record.ModelId, record.ModelVersion),
            ItemCount = record.ItemCount,
            PredictedCount = record.PredictedCount,
            FailureMessage = record.Error ?? "",
            CancelRequested = record.CancelRequested,
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
            StartTime = ToTimestamp(record.StartTime),
            EndTime = ToTimestamp(record.EndTime),
        };
        if (record.Outputs.LabelerProbabilities)
        {
            job.Outputs.Add(PredictionOutput.LabelerProbabilities);
        }

        if (record.Outputs.LabelerWeights)
        {
            job.Outputs.Add(PredictionOutput.LabelerWeights);
        }

        return job;
    }

    /// <summary>The proto of a stored prediction; heads in the model's order.</summary>
    public static ItemPrediction ToPrediction(PredictionRecord record, ModelManifest manifest)
    {
        var stored = record.Prediction;
        var prediction = new Prediction
        {
            PredictedClass = manifest.Classes[stored.ClassIndex],
            PredictedClassIndex = stored.ClassIndex,
            Entropy = stored.Entropy,
            Disagreement = stored.Disagreement ?? 0,
        };
        prediction.Probabilities.AddRange(Floats(stored.Probabilities).ToArray());
        if (stored.LabelerProbabilities is not null || stored.LabelerWeights is not null)
        {
            AddLabelers(prediction, stored, manifest);
        }

        return new ItemPrediction { ItemId = record.ItemId, Prediction = prediction };
    }

    private static void AddLabelers(Prediction prediction, PredictionWrite stored, ModelManifest manifest)
    {
        var probabilities = Floats(stored.LabelerProbabilities);
        var weights = Floats(stored.LabelerWeights);
        var classes = manifest.Classes.Count;
        for (var head = 0; head < manifest.Heads.Count; head++)
        {
            var labeler = new LabelerPrediction
            {
                LabelerId = manifest.Heads[head].LabelerId ?? "",
                Weight = weights.IsEmpty ? 0 : weights[head],
            };
            if (!probabilities.IsEmpty)
            {
                labeler.Probabilities.AddRange(probabilities.Slice(head * classes, classes).ToArray());
            }

            prediction.Labelers.Add(labeler);
        }
    }

    private static ReadOnlySpan<float> Floats(byte[]? packed) => MemoryMarshal.Cast<byte, float>(packed);

    private static Timestamp? ToTimestamp(DateTimeOffset? time) => time is { } given ? Timestamp.FromDateTimeOffset(given) : null;
}
