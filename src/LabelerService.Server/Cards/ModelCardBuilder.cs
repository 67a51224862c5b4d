using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Server.Mapping;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Cards;

/// <summary>Gathers what a model card says from a version's manifest, its model and its dataset. Nothing in it is a guess.</summary>
internal static class ModelCardBuilder
{
    /// <summary>Names the fields' meaning; it changes only if one of them changes its own.</summary>
    public const string Schema = "labeler.service/model-card/v1";

    /// <summary>The card of a version.</summary>
    public static ModelCard Build(DatasetRecord dataset, ModelRecord model, ModelVersionRecord version)
    {
        var manifest = version.Manifest;
        var resource = ModelMapping.ToResource(dataset, version);
        var card = new ModelCard
        {
            Schema = Schema,
            Version = resource.Name,
            DisplayName = model.DisplayName,
            Description = model.Description,
            CreateTime = resource.CreateTime,
            Dataset = new CardDataset
            {
                Name = ResourceName.Dataset(dataset.Id),
                DisplayName = dataset.DisplayName,
                SnapshotId = manifest.SnapshotId,
            },
            Classes = { manifest.Classes },
            Data = resource.Data,
            Training = Training(resource),
            Graph = Graph(resource),
        };
        card.Aliases.AddRange(model.Aliases.Where(alias => alias.Value == version.Version).Select(alias => alias.Key).Order(StringComparer.Ordinal));
        card.Metrics.AddRange(resource.Metrics);
        card.Heads.AddRange(resource.Heads.OrderByDescending(head => head.Weight));
        card.IntendedUses.AddRange(IntendedUses(dataset, manifest));
        card.Limits.AddRange(ModelCardLimits.OfErasure(version.ErasedData, version.EraseTime));
        card.Limits.AddRange(ModelCardLimits.Of(manifest));
        return card;
    }

    private static CardTraining Training(ModelVersion version)
    {
        // A version may be older than the catalogue: what it does not know is left empty.
        var algorithm = AlgorithmCatalogue.All.SingleOrDefault(known => known.Id == version.Algorithm);
        var training = new CardTraining
        {
            Algorithm = version.Algorithm,
            Summary = algorithm is null ? "" : $"{algorithm.Title}. {algorithm.Summary}",
            Reference = algorithm?.Reference ?? "",
            Seed = version.Seed,
            CodeVersion = version.CodeVersion,
            Seconds = version.TrainingSeconds,
            TrainingRun = version.TrainingRun,
            ParentVersion = version.ParentVersion,
            ChampionVersion = version.ChampionVersion,
            Selection = version.Selection,
            Temperature = version.Temperature,
        };
        training.Settings.Add(version.Settings);
        return training;
    }

    private static CardGraph Graph(ModelVersion version)
    {
        long classes = version.Classes.Count, heads = version.Heads.Count;
        var graph = new CardGraph
        {
            Format = "onnx",
            Sha256 = version.ArtefactSha256,
            Size = version.ArtefactBytes,
            ParityMaxDifference = version.ParityMaxDifference,
            Inputs = { Tensor(ServingGraph.Features, Rows(version.Encoding), -1, version.FeatureLength) },
            Outputs =
            {
                Tensor(ServingGraph.Probabilities, "the ensemble's class distribution of each item", -1, classes),
                Tensor(ServingGraph.LabelerProbabilities, "each head's class distribution of each item", -1, heads, classes),
                Tensor(ServingGraph.LabelerWeights, "weight of each head for each item; they sum to one", -1, heads),
            },
        };
        if (version.Distilled)
        {
            graph.Outputs.Add(Tensor(ServingGraph.Distilled, "what one head says that was trained to say what the ensemble says", -1, classes));
        }

        return graph;
    }

    private static string Rows(ModelEncoding encoding) => encoding.Kind switch
    {
        ModelEncoding.Types.Kind.Sequence =>
            $"items' sequences: the number of steps, then {encoding.MaxSteps} steps of {encoding.StepLength} values, zeros behind the last",
        ModelEncoding.Types.Kind.Text => "what the version's text featurizer makes of items' texts",
        ModelEncoding.Types.Kind.Extracted => $"what {encoding.Backbone} makes of items' values",
        _ => "items' vectors, as they are in the dataset",
    };

    private static CardTensor Tensor(string name, string description, params ReadOnlySpan<long> shape) =>
        new() { Name = name, DataType = "float32", Description = description, Shape = { shape.ToArray() } };

    private static IEnumerable<string> IntendedUses(DatasetRecord dataset, ModelManifest manifest)
    {
        var kind = dataset.Schema.LabelKind switch
        {
            LabelKind.Binary => "one of two classes",
            LabelKind.Ordinal => $"one of {manifest.Classes.Count} ordered grades",
            _ => $"one of {manifest.Classes.Count} classes without an order",
        };
        yield return $"Giving items like those of the dataset a probability for {kind}: every item has exactly one class.";
        if (manifest.Heads.Count(head => head.LabelerId is not null) > 1)
        {
            yield return "Saying what each labeler would probably answer, and how far labelers would differ about an item.";
            yield return "Finding items that are worth another look: those with a high entropy or disagreement.";
        }
    }
}
