using Google.Protobuf.Collections;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Acquisition;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using CoreScale = LabelerService.Core.Agreement.AgreementScale;

namespace LabelerService.Server.Validation;

/// <summary>How a request wants insight worked out.</summary>
/// <param name="Aggregator">The aggregator.</param>
/// <param name="Model">The model that votes; null for none.</param>
/// <param name="UseGold">Whether gold classes are known.</param>
/// <param name="Intervals">Whether intervals are sampled.</param>
internal sealed record InsightChoice(AggregatorDescriptor Aggregator, PredictionTarget? Model, bool UseGold, bool Intervals)
{
    /// <summary>All of it as text, for page tokens.</summary>
    public string Scope => $"{Aggregator.Id}|{Model}|{UseGold}|{Intervals}";
}

/// <summary>Reads the requests of <c>InsightService</c>; what is wrong is INVALID_ARGUMENT naming the field.</summary>
internal static class InsightRequests
{
    /// <summary>Most items that are named in a list.</summary>
    public const int ListedItems = 1_000;

    /// <summary>Most labelers whose pairs are listed.</summary>
    public const int ComparedLabelers = 100;

    private const int DefaultPage = 100;
    private const int DefaultPairs = 100;

    // Of an item or a labeler, beside what there is of each class: ids, names, flags with their evidence.
    private const int EntryBytes = 2_000;

    // Beyond these a score, information for its cost, may be no number any more.
    private const double LeastCost = 1e-9;
    private const double GreatestCost = 1e9;
    private const int MostPairs = 10_000;
    private const string ModelMethod = "model";

    /// <summary>Size of a page.</summary>
    public static int PageSize(int requested) => Paging.PageTokens.Size(requested, DefaultPage);

    /// <summary>Size of a page whose entries tell of every class: as many as a message holds that clients accept unless told otherwise.</summary>
    /// <param name="requested">The request's.</param>
    /// <param name="dataset">The dataset.</param>
    public static int PageSize(int requested, DatasetRecord dataset) => Math.Min(
        PageSize(requested), Math.Max(1, Limits.ExportMessageBytes / (EntryBytes + (sizeof(double) * dataset.Schema.Classes.Count))));

    /// <summary>Reads how.</summary>
    /// <param name="settings">The settings; null for the defaults.</param>
    /// <param name="dataset">The dataset.</param>
    public static InsightChoice Choice(InsightSettings? settings, DatasetRecord dataset)
    {
        settings ??= new InsightSettings();
        PredictionTarget? model = settings.Model is null ? null : PredictionTarget.Read(settings.Model, dataset.Id, "settings.model");
        var method = settings.Method.Length > 0 ? settings.Method : model is null ? AggregatorCatalogue.Default : ModelMethod;
        var aggregator = AggregatorCatalogue.Find(method)
            ?? throw ServiceException.InvalidField(
                "settings.method", $"must be one of {string.Join(", ", AggregatorCatalogue.All.Select(known => known.Id))}; ListAggregators describes them");
        if (model is not null && !aggregator.UsesModel)
        {
            throw ServiceException.InvalidField(
                "settings.model",
                $"must not be set: {method} takes no model. Leave the method empty, or choose one of "
                + string.Join(", ", AggregatorCatalogue.All.Where(known => known.UsesModel).Select(known => known.Id)));
        }

        if (model is null && aggregator.NeedsModel)
        {
            throw ServiceException.InvalidField("settings.model", $"must be set: {method} is nothing without a model");
        }

        // Two classes have an order of their own.
        if (aggregator.NeedsOrdinal && dataset.Schema.LabelKind == LabelKind.MultiClass)
        {
            throw ServiceException.InvalidField(
                "settings.method", $"must not be {method}, which is for grades: the classes of {ResourceName.Dataset(dataset.Id)} have no order");
        }

        return new InsightChoice(aggregator, model, settings.UseGold, settings.Intervals);
    }

    /// <summary>The scale of agreement.</summary>
    public static CoreScale Scale(AgreementScale scale, DatasetRecord dataset, string field) => scale switch
    {
        AgreementScale.Unspecified => dataset.Schema.LabelKind == LabelKind.Ordinal ? CoreScale.Ordinal : CoreScale.Nominal,
        AgreementScale.Nominal => CoreScale.Nominal,
        AgreementScale.Ordinal => CoreScale.Ordinal,
        AgreementScale.Interval => CoreScale.Interval,
        _ => throw ServiceException.InvalidField(field, "must be a scale that this server knows"),
    };

    /// <summary>How many pairs of labelers.</summary>
    public static int Pairs(int requested) => requested switch
    {
        < 0 => throw ServiceException.InvalidField("max_pairs", "must not be negative"),
        0 => DefaultPairs,
        _ => Math.Min(requested, MostPairs),
    };

    /// <summary>Checks a request for pairs of labelers.</summary>
    public static void CheckPairs(ListLabelerPairsRequest request)
    {
        var validator = new RequestValidator();
        validator.Require(System.Enum.IsDefined(request.Order), "order", "must be an order that this server knows");
        validator.Require(request.MostActive is >= 0 and <= ComparedLabelers, "most_active", $"must be from 0 to {ComparedLabelers}; 0 means all labelers");
        validator.Require(request.MinSharedItems >= 0, "min_shared_items", "must not be negative");
        if (validator.Require(
            request.LabelerIds.Count <= ComparedLabelers, "labeler_ids", $"has {request.LabelerIds.Count} entries; at most {ComparedLabelers} are possible"))
        {
            validator.Require(request.LabelerIds.Count == 0 || request.MostActive == 0, "most_active", "must be 0 where labeler_ids names the labelers");
            for (var i = 0; i < request.LabelerIds.Count && !validator.IsFull; i++)
            {
                validator.ExternalId(request.LabelerIds[i], $"labeler_ids[{i}]");
            }
        }

        validator.ThrowIfInvalid();
    }

    /// <summary>How many classes confusions are of.</summary>
    public static int ConfusionClasses(int requested) => requested switch
    {
        < 0 => throw ServiceException.InvalidField("max_confusion_classes", "must not be negative; 0 means all"),
        0 => int.MaxValue,
        _ => requested,
    };

    /// <summary>Which parts; the consensus where none is named.</summary>
    public static IReadOnlyCollection<InsightPart> Parts(IReadOnlyList<InsightPart> parts)
    {
        var validator = new RequestValidator();
        for (var i = 0; i < parts.Count && !validator.IsFull; i++)
        {
            validator.Require(
                parts[i] is InsightPart.Consensus or InsightPart.Labelers or InsightPart.Suspects or InsightPart.Agreement, $"parts[{i}]",
                "must be CONSENSUS, LABELERS, SUSPECTS or AGREEMENT, each behind INSIGHT_PART_");
        }

        validator.ThrowIfInvalid();
        return parts.Count == 0 ? [InsightPart.Consensus] : [.. parts.Distinct().Order()];
    }

    /// <summary>Checks the items that a list is to be of.</summary>
    public static void CheckItems(IReadOnlyList<string> itemIds)
    {
        var validator = new RequestValidator();
        if (validator.Require(itemIds.Count <= ListedItems, "item_ids", $"has {itemIds.Count} entries; at most {ListedItems} are possible"))
        {
            for (var i = 0; i < itemIds.Count && !validator.IsFull; i++)
            {
                validator.ExternalId(itemIds[i], $"item_ids[{i}]");
            }
        }

        validator.ThrowIfInvalid();
    }

    /// <summary>Checks the id of a labeler, so that nothing endless is looked for and sent back.</summary>
    public static string LabelerId(string id, string field)
    {
        var validator = new RequestValidator();
        validator.ExternalId(id, field);
        validator.ThrowIfInvalid();
        return id;
    }

    /// <summary>The probability from which annotations are suspected.</summary>
    public static double MinProbabilityWrong(double requested) =>
        requested is >= 0 and <= 1
            ? requested == 0 ? Insight.SuspectsKey.Usual : requested
            : throw ServiceException.InvalidField("min_probability_wrong", "must be from 0 to 1; 0 means 0.5");

    /// <summary>What to suggest, and who may be asked.</summary>
    /// <param name="request">The request.</param>
    /// <param name="hasModel">Whether a model votes.</param>
    public static NextOptions Suggestions(SuggestAnnotationsRequest request, bool hasModel)
    {
        var validator = new RequestValidator();
        validator.Require(request.Count is >= 1 and <= Limits.Batch, "count", $"must be from 1 to {Limits.Batch}");
        validator.Require(request.MaxPerItem >= 0, "max_per_item", "must not be negative; 0 means 1");
        validator.Require(request.MaxAnnotationsPerItem >= 0, "max_annotations_per_item", "must not be negative; 0 is no limit");
        validator.Require(
            request.DoneProbabilityWrong is >= 0 and < 1, "done_probability_wrong", "must be at least 0 and less than 1; 0 means that no item is done");
        if (validator.Require(request.Labelers.Count <= Limits.Batch, "labelers", $"has {request.Labelers.Count} entries; at most {Limits.Batch} are possible"))
        {
            Terms(request.Labelers, validator);
        }

        var policy = request.Policy switch
        {
            SuggestionPolicy.Unspecified or SuggestionPolicy.ExpectedInformationGain => NextPolicy.ExpectedInformationGain,
            SuggestionPolicy.ActiveLab => NextPolicy.ActiveLab,
            SuggestionPolicy.Uncertainty => NextPolicy.Uncertainty,
            _ => (NextPolicy?)null,
        };
        validator.Require(policy is not null, "policy", "must be a policy that this server knows");
        validator.Require(policy != NextPolicy.ActiveLab || hasModel, "policy", "needs a model that votes, settings.model, to be ACTIVE_LAB");
        validator.ThrowIfInvalid();
        return new NextOptions
        {
            Count = request.Count,
            Policy = policy!.Value,
            MaxPerItem = Math.Max(1, request.MaxPerItem),
            DoneProbabilityWrong = request.DoneProbabilityWrong,
            MaxAnnotationsPerItem = request.MaxAnnotationsPerItem == 0 ? int.MaxValue : request.MaxAnnotationsPerItem,
        };
    }

    private static void Terms(RepeatedField<LabelerTerms> labelers, RequestValidator validator)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < labelers.Count && !validator.IsFull; i++)
        {
            var terms = labelers[i];
            if (validator.ExternalId(terms.LabelerId, $"labelers[{i}].labeler_id"))
            {
                validator.Require(seen.Add(terms.LabelerId), $"labelers[{i}].labeler_id", "repeats a labeler of the same request");
            }

            validator.Require(
                terms.Cost is 0 or (>= LeastCost and <= GreatestCost), $"labelers[{i}].cost", "must be from 1e-9 to 1e9, or 0, which means 1");
            validator.Require(terms.MaxAnnotations >= 0, $"labelers[{i}].max_annotations", "must not be negative; 0 is no limit");
        }
    }
}
