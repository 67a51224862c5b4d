using Google.Protobuf.Collections;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Validation;

/// <summary>Which model a request asks, and what of its answer.</summary>
/// <param name="Model">Id of the model.</param>
/// <param name="Version">Version; null follows the alias.</param>
/// <param name="Alias">Alias; empty for the champion.</param>
internal readonly record struct PredictionTarget(string Model, int? Version, string Alias)
{
    /// <summary>Reads the selector of a request about a dataset.</summary>
    /// <param name="selector">The selector.</param>
    /// <param name="dataset">Id of the dataset that the model must be one of.</param>
    /// <param name="field">Path of the selector in the request.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field.</exception>
    public static PredictionTarget Read(ModelSelector? selector, string dataset, string field)
    {
        if (selector is null)
        {
            throw ServiceException.InvalidField(field, "must be set");
        }

        var (modelDataset, model, version) = Names.ModelOrVersion(selector.Model, $"{field}.model");
        if (modelDataset != dataset)
        {
            throw ServiceException.InvalidField(
                $"{field}.model", $"is a model of datasets/{modelDataset}; it must be one of {ResourceName.Dataset(dataset)}");
        }

        if (selector.Alias.Length > 0)
        {
            if (version is not null)
            {
                throw ServiceException.InvalidField($"{field}.alias", "must be empty where the model's name has a version");
            }

            if (!ResourceName.IsId(selector.Alias))
            {
                throw ServiceException.InvalidField($"{field}.alias", "must match [a-z0-9-]{1,63}");
            }
        }

        return new PredictionTarget(model, version, selector.Alias);
    }

    /// <summary>Reads what is asked for beside the ensemble.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the entries.</exception>
    public static (bool Probabilities, bool Weights) ReadOutputs(RepeatedField<PredictionOutput> outputs, string field)
    {
        var validator = new RequestValidator();
        for (var i = 0; i < outputs.Count && !validator.IsFull; i++)
        {
            validator.Require(
                outputs[i] is PredictionOutput.LabelerProbabilities or PredictionOutput.LabelerWeights, $"{field}[{i}]",
                "must be PREDICTION_OUTPUT_LABELER_PROBABILITIES or PREDICTION_OUTPUT_LABELER_WEIGHTS");
        }

        validator.ThrowIfInvalid();
        return (outputs.Contains(PredictionOutput.LabelerProbabilities), outputs.Contains(PredictionOutput.LabelerWeights));
    }

    /// <summary>Refuses the distilled head where it is not, or cannot answer what is asked.</summary>
    /// <param name="distilled">Whether the distilled head is asked for.</param>
    /// <param name="wantsHeads">Whether labelers' heads are asked for.</param>
    /// <param name="headsField">Path of what asks for them.</param>
    /// <param name="distilledField">Path of what asks for the distilled head.</param>
    /// <param name="version">The version.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT or FAILED_PRECONDITION (NOT_DISTILLED).</exception>
    public static void CheckDistilled(bool distilled, bool wantsHeads, string headsField, string distilledField, ModelVersionRecord version)
    {
        if (!distilled)
        {
            return;
        }

        if (wantsHeads)
        {
            throw ServiceException.InvalidField(
                headsField, "asks for what labelers' heads say, which the distilled head does not compute; leave it out or distilled");
        }

        if (!version.Manifest.Distilled)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NOT_DISTILLED",
                $"version {version.Version} of model {version.ModelId} has no distilled head; train one with the setting distil=on, or predict without distilled",
                [new FieldViolation(distilledField, "the version has no distilled head")]);
        }
    }
}
