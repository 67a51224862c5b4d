using System.Diagnostics.CodeAnalysis;

namespace LabelerService.Contracts;

/// <summary>
/// Resource names of the API (AIP-122): builds them and takes them apart. Ids that users choose match <c>[a-z0-9-]{1,63}</c>;
/// items and labelers carry the service's own number.
/// </summary>
public static class ResourceName
{
    /// <summary>Longest id a user may choose.</summary>
    public const int MaximumIdLength = 63;

    /// <summary><c>datasets/{dataset}</c>.</summary>
    public static string Dataset(string dataset) => $"datasets/{dataset}";

    /// <summary><c>datasets/{dataset}/items/{item}</c>.</summary>
    public static string Item(string dataset, long item) => $"datasets/{dataset}/items/{item}";

    /// <summary><c>datasets/{dataset}/labelers/{labeler}</c>.</summary>
    public static string Labeler(string dataset, long labeler) => $"datasets/{dataset}/labelers/{labeler}";

    /// <summary><c>datasets/{dataset}/annotations/{item}-{labeler}</c>.</summary>
    public static string Annotation(string dataset, long item, long labeler) => $"datasets/{dataset}/annotations/{item}-{labeler}";

    /// <summary><c>datasets/{dataset}/trainingRuns/{run}</c>.</summary>
    public static string TrainingRun(string dataset, string run) => $"datasets/{dataset}/trainingRuns/{run}";

    /// <summary><c>datasets/{dataset}/predictionJobs/{job}</c>.</summary>
    public static string PredictionJob(string dataset, string job) => $"datasets/{dataset}/predictionJobs/{job}";

    /// <summary><c>datasets/{dataset}/models/{model}</c>.</summary>
    public static string Model(string dataset, string model) => $"datasets/{dataset}/models/{model}";

    /// <summary><c>datasets/{dataset}/models/{model}/versions/{version}</c>.</summary>
    public static string ModelVersion(string dataset, string model, int version) => $"datasets/{dataset}/models/{model}/versions/{version}";

    /// <summary><c>datasets/{dataset}/retrainingPolicies/{policy}</c>.</summary>
    public static string RetrainingPolicy(string dataset, string policy) => $"datasets/{dataset}/retrainingPolicies/{policy}";

    /// <summary><c>datasets/{dataset}/retrainingPolicies/{policy}/promotionDecisions/{run}</c>.</summary>
    public static string PromotionDecision(string dataset, string policy, string run) =>
        $"datasets/{dataset}/retrainingPolicies/{policy}/promotionDecisions/{run}";

    /// <summary><c>datasets/{dataset}/backbones/{backbone}</c>.</summary>
    public static string Backbone(string dataset, string backbone) => $"datasets/{dataset}/backbones/{backbone}";

    /// <summary><c>datasets/{dataset}/curves/{curve}</c>.</summary>
    public static string Curve(string dataset, string curve) => $"datasets/{dataset}/curves/{curve}";

    /// <summary><c>trainers/{trainer}</c>.</summary>
    public static string Trainer(Guid trainer) => $"trainers/{trainer:D}";

    /// <summary><c>apiKeys/{key}</c>.</summary>
    public static string ApiKey(string key) => $"apiKeys/{key}";

    /// <summary><c>auditEvents/{number}</c>.</summary>
    public static string AuditEvent(long number) => $"auditEvents/{number}";

    /// <summary>Whether an id may name a dataset, a model, a run or an alias: <c>[a-z0-9-]{1,63}</c>.</summary>
    public static bool IsId(string? id)
    {
        if (string.IsNullOrEmpty(id) || id.Length > MaximumIdLength)
        {
            return false;
        }

        foreach (var c in id)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes <c>datasets/{dataset}</c> apart.</summary>
    public static bool TryParseDataset(string? name, [NotNullWhen(true)] out string? dataset) =>
        TryParse(name, ["datasets"], out var ids) & (dataset = ids?[0]) is not null;

    /// <summary>Takes <c>apiKeys/{key}</c> apart.</summary>
    public static bool TryParseApiKey(string? name, [NotNullWhen(true)] out string? key) =>
        TryParse(name, ["apiKeys"], out var ids) & (key = ids?[0]) is not null;

    /// <summary>Takes <c>datasets/{dataset}/{collection}/{number}</c> apart, for items and labelers.</summary>
    public static bool TryParseNumbered(string? name, string collection, [NotNullWhen(true)] out string? dataset, out long number)
    {
        number = 0;
        dataset = null;
        if (!TryParse(name, ["datasets", collection], out var ids) || !long.TryParse(ids[1], out number) || number <= 0)
        {
            return false;
        }

        dataset = ids[0];
        return true;
    }

    /// <summary>Takes <c>datasets/{dataset}/annotations/{item}-{labeler}</c> apart.</summary>
    public static bool TryParseAnnotation(string? name, [NotNullWhen(true)] out string? dataset, out long item, out long labeler)
    {
        (dataset, item, labeler) = (null, 0, 0);
        if (!TryParse(name, ["datasets", "annotations"], out var ids))
        {
            return false;
        }

        var dash = ids[1].IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !TryNumber(ids[1].AsSpan(0, dash), out item) || !TryNumber(ids[1].AsSpan(dash + 1), out labeler))
        {
            return false;
        }

        dataset = ids[0];
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out number) && number > 0;

    /// <summary>Takes <c>datasets/{dataset}/trainingRuns/{run}</c> apart.</summary>
    public static bool TryParseTrainingRun(string? name, [NotNullWhen(true)] out string? dataset, [NotNullWhen(true)] out string? run) =>
        TryParsePair(name, "trainingRuns", out dataset, out run);

    /// <summary>Takes <c>datasets/{dataset}/retrainingPolicies/{policy}</c> apart.</summary>
    public static bool TryParseRetrainingPolicy(string? name, [NotNullWhen(true)] out string? dataset, [NotNullWhen(true)] out string? policy) =>
        TryParsePair(name, "retrainingPolicies", out dataset, out policy);

    /// <summary>Takes <c>datasets/{dataset}/curves/{curve}</c> apart.</summary>
    public static bool TryParseCurve(string? name, [NotNullWhen(true)] out string? dataset, [NotNullWhen(true)] out string? curve) =>
        TryParsePair(name, "curves", out dataset, out curve);

    /// <summary>Takes <c>datasets/{dataset}/backbones/{backbone}</c> apart.</summary>
    public static bool TryParseBackbone(string? name, [NotNullWhen(true)] out string? dataset, [NotNullWhen(true)] out string? backbone) =>
        TryParsePair(name, "backbones", out dataset, out backbone);

    /// <summary>Takes <c>datasets/{dataset}/predictionJobs/{job}</c> apart.</summary>
    public static bool TryParsePredictionJob(string? name, [NotNullWhen(true)] out string? dataset, [NotNullWhen(true)] out string? job) =>
        TryParsePair(name, "predictionJobs", out dataset, out job);

    /// <summary>Takes <c>datasets/{dataset}/models/{model}</c> apart.</summary>
    public static bool TryParseModel(string? name, [NotNullWhen(true)] out string? dataset, [NotNullWhen(true)] out string? model) =>
        TryParsePair(name, "models", out dataset, out model);

    /// <summary>Takes <c>datasets/{dataset}/models/{model}/versions/{version}</c> apart.</summary>
    public static bool TryParseModelVersion(
        string? name, [NotNullWhen(true)] out string? dataset, [NotNullWhen(true)] out string? model, out int version)
    {
        version = 0;
        dataset = model = null;
        if (!TryParse(name, ["datasets", "models", "versions"], out var ids) || !int.TryParse(ids[2], out version) || version <= 0)
        {
            return false;
        }

        (dataset, model) = (ids[0], ids[1]);
        return true;
    }

    private static bool TryParsePair(string? name, string collection, [NotNullWhen(true)] out string? first, [NotNullWhen(true)] out string? second)
    {
        var parsed = TryParse(name, ["datasets", collection], out var ids);
        first = ids?[0];
        second = ids?[1];
        return parsed && first is not null && second is not null;
    }

    private static bool TryParse(string? name, ReadOnlySpan<string> collections, [NotNullWhen(true)] out string[]? ids)
    {
        ids = null;
        if (name is null)
        {
            return false;
        }

        var segments = name.Split('/');
        if (segments.Length != collections.Length * 2)
        {
            return false;
        }

        var found = new string[collections.Length];
        for (var i = 0; i < collections.Length; i++)
        {
            if (segments[2 * i] != collections[i] || !IsId(segments[(2 * i) + 1]))
            {
                return false;
            }

            found[i] = segments[(2 * i) + 1];
        }

        ids = found;
        return true;
    }
}
