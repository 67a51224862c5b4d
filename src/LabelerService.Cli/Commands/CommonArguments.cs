using System.CommandLine;
using System.CommandLine.Parsing;
using LabelerService.Cli.Client;
using LabelerService.Cli.Completion;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary>Arguments and options that several commands have, with what makes them wrong.</summary>
internal static class CommonArguments
{
    /// <summary>A dataset by id (<c>labelme</c>) or name (<c>datasets/labelme</c>); the value is the name.</summary>
    public static Argument<string> Dataset() => new Argument<string>("NAME")
    {
        Description = "Dataset: its id, or datasets/ID",
        CustomParser = result => Parse(result, DatasetName, "a dataset's id is 1 to 63 of a-z, 0-9 and -"),
    }.Names(NameKind.Dataset);

    /// <summary>A training run by its full name.</summary>
    public static Argument<string> Run() => new Argument<string>("RUN")
    {
        Description = "Training run: datasets/D/trainingRuns/R, as `labeler train` and `labeler runs` print it",
        CustomParser = result => Parse(
            result, text => ResourceName.TryParseTrainingRun(text, out _, out _) ? text : null, "a run is named datasets/D/trainingRuns/R"),
    }.Names(NameKind.Run);

    /// <summary>A model or a version by its full name.</summary>
    public static Argument<ModelName> Model(string name = "MODEL") => new Argument<ModelName>(name)
    {
        Description = "Model datasets/D/models/M (its champion) or version datasets/D/models/M/versions/V",
        CustomParser = result => Parse(result, ModelName.Parse, "a model is named datasets/D/models/M or datasets/D/models/M/versions/V"),
    }.Names(NameKind.ModelOrVersion);

    /// <summary>A version by its full name.</summary>
    public static Argument<ModelName> ModelVersion() => new Argument<ModelName>("VERSION")
    {
        Description = "Version datasets/D/models/M/versions/V",
        CustomParser = result => Parse(
            result, text => ModelName.Parse(text) is { IsVersion: true } version ? version : null, "a version is named datasets/D/models/M/versions/V"),
    }.Names(NameKind.ModelOrVersion);

    /// <summary>A model by its full name, without a version.</summary>
    public static Argument<ModelName> ModelOnly() => new Argument<ModelName>("MODEL")
    {
        Description = "Model datasets/D/models/M",
        CustomParser = result => Parse(
            result, text => ModelName.Parse(text) is { IsVersion: false } model ? model : null, "a model is named datasets/D/models/M"),
    }.Names(NameKind.Model);

    /// <summary>Why, for the history.</summary>
    public static Option<string?> Reason() => new("--reason") { Description = "Why, in words; kept in the model's history", HelpName = "TEXT" };

    /// <summary>A split.</summary>
    public static Option<Split> Split(Split otherwise, string description) => new("--split")
    {
        Description = description,
        HelpName = "train|valid|test",
        DefaultValueFactory = _ => otherwise,
        CustomParser = result => Parse<Split?>(result, SplitOf, "a split is train, valid or test") ?? otherwise,
    };

    /// <summary>What models are measured against.</summary>
    public static Option<EvaluationBasis> Basis() => new("--basis")
    {
        Description = "Measure against gold classes, or without gold against what labelers said of the split's items [default: gold]",
        HelpName = "gold|labelers",
        DefaultValueFactory = _ => EvaluationBasis.Gold,
        CustomParser = result => Parse<EvaluationBasis?>(result, BasisOf, "a basis is gold or labelers") ?? EvaluationBasis.Gold,
    };

    /// <summary>Settings of an algorithm, <c>--set KEY=VALUE</c>, each key once.</summary>
    public static Option<KeyValuePair<string, string>[]> Settings() => new Option<KeyValuePair<string, string>[]>("--set")
    {
        Description = "A setting that differs from the algorithm's default; may be repeated",
        HelpName = "KEY=VALUE",
        CustomParser = result =>
        {
            var pairs = new List<KeyValuePair<string, string>>();
            foreach (var token in result.Tokens)
            {
                if (token.Value.Split('=', 2) is not [{ Length: > 0 } key, var value])
                {
                    result.AddError($"--set takes KEY=VALUE, not \"{token.Value}\"");
                }
                else if (pairs.Exists(pair => pair.Key == key))
                {
                    result.AddError($"setting {key} is given twice");
                }
                else
                {
                    pairs.Add(new KeyValuePair<string, string>(key, value));
                }
            }

            return [.. pairs];
        },
    }.Names(NameKind.AlgorithmSetting);

    /// <summary>Name of a dataset from its id or name; null if it is neither.</summary>
    public static string? DatasetName(string text) =>
        ResourceName.IsId(text) ? ResourceName.Dataset(text) : ResourceName.TryParseDataset(text, out _) ? text : null;

    /// <summary>Reads the only token of an argument or option; what is wrong becomes a usage error.</summary>
    public static T Parse<T>(ArgumentResult result, Func<string, T?> parse, string rule)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (parse(text) is { } value)
        {
            return value;
        }

        var name = result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
        result.AddError($"{name} cannot be \"{text}\": {rule}");
        return default!;
    }

    private static Split? SplitOf(string text) => text.ToLowerInvariant() switch
    {
        "train" => Contracts.V1.Split.Train,
        "valid" or "validation" => Contracts.V1.Split.Validation,
        "test" => Contracts.V1.Split.Test,
        _ => null,
    };

    private static EvaluationBasis? BasisOf(string text) => text.ToLowerInvariant() switch
    {
        "gold" => EvaluationBasis.Gold,
        "labelers" => EvaluationBasis.Labelers,
        _ => null,
    };
}
