using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Completion;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Insight;

/// <summary>The options by which insight is worked out, the same for all commands that ask for it.</summary>
internal sealed class InsightOptions
{
    private readonly Option<string> _method = new Option<string>("--method")
    {
        Description = "How annotations are aggregated; `labeler aggregators` lists them [default: hierarchical, or model with --model]",
        HelpName = "mv|ds|…|model",
        DefaultValueFactory = _ => "",
    }.Names(NameKind.Aggregator);

    private readonly Option<ModelName?> _model = new Option<ModelName?>("--model")
    {
        Description = "A model that votes as well: datasets/D/models/M (its champion) or a version of it",
        HelpName = "MODEL",
        CustomParser = result => CommonArguments.Parse(
            result, ModelName.Parse, "a model is named datasets/D/models/M or datasets/D/models/M/versions/V"),
    }.Names(NameKind.ModelOrVersion);

    private readonly Option<bool> _useGold = new("--use-gold")
    {
        Description = "Gold classes are known and teach about labelers; otherwise they only measure the result",
    };

    private Option<bool>? _intervals;

    private InsightOptions()
    {
    }

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="intervals">Whether the command can show credible intervals.</param>
    public static InsightOptions AddTo(Command command, bool intervals = false)
    {
        var options = new InsightOptions();
        command.Options.Add(options._method);
        command.Options.Add(options._model);
        command.Options.Add(options._useGold);
        if (intervals)
        {
            options._intervals = new Option<bool>("--intervals") { Description = "With 95 % credible intervals, which takes longer" };
            command.Options.Add(options._intervals);
        }

        return options;
    }

    /// <summary>What was asked for.</summary>
    public InsightSettings Read(CommandRun run)
    {
        var settings = new InsightSettings
        {
            Method = run.Get(_method),
            UseGold = run.Get(_useGold),
            Intervals = _intervals is not null && run.Get(_intervals),
        };
        if (run.Get(_model) is { } model)
        {
            settings.Model = new ModelSelector { Model = model.Text };
        }

        return settings;
    }

    /// <summary>An option that takes a whole number of at least one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="otherwise">Its default.</param>
    public static Option<int> Number(string name, string description, int otherwise)
    {
        var option = new Option<int>(name)
        {
            Description = $"{description} [default: {otherwise}]",
            HelpName = "N",
            DefaultValueFactory = _ => otherwise,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.GetValueOrDefault<int>() < 1)
            {
                result.AddError($"{name} is at least 1");
            }
        });
        return option;
    }

    /// <summary>An option that takes a probability.</summary>
    public static Option<double> Probability(string name, string description)
    {
        var option = new Option<double>(name) { Description = description, HelpName = "P" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.GetValueOrDefault<double>() is not (>= 0 and <= 1))
            {
                result.AddError($"{name} lies between 0 and 1");
            }
        });
        return option;
    }
}
