using System.Globalization;
using LabelerService.Cli.Rendering;
using Spectre.Console;

namespace LabelerService.Cli.Demo;

/// <summary>Shows what a demo came to: tables for people, one document for programs.</summary>
internal static class DemoReport
{
    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        ["bn"] = "BN   one head, mean label",
        ["dn"] = "DN   one head a labeler, plain mean",
        ["wdn"] = "WDN  one head a labeler, learnt weights",
    };

    /// <summary>The document; with several seeds the numbers of a model are means, with deviations beside them and every run below.</summary>
    /// <param name="result">What the demo came to.</param>
    /// <param name="seconds">Time of the whole, start and stop of the service included.</param>
    public static object Document(DemoResult result, double seconds) => new
    {
        result.Dataset,
        result.Items,
        result.Annotations,
        result.Labelers,
        Models = result.Models.GroupBy(model => model.Algorithm).ToDictionary(group => group.Key, group => Model([.. group])),
        Predictions = result.Predictions.Select(prediction => new
        {
            prediction.Item,
            prediction.Gold,
            prediction.Predicted,
            Probability = Round(prediction.Probability),
            Entropy = Round(prediction.Entropy),
            Disagreement = Round(prediction.Disagreement),
            Labelers = prediction.Voices.Select(Voice),
            DissentWeight = Round(prediction.DissentWeight),
            Dissenters = prediction.Dissenters.Select(Voice),
        }),
        Seconds = Math.Round(seconds, 1),
    };

    /// <summary>Prints the tables.</summary>
    public static void Show(DemoResult result, double seconds, IAnsiConsole console)
    {
        var several = result.Models.Select(model => model.Seed).Distinct().Count() > 1;
        var table = Tables.Create("model", $"test accuracy ({(several ? "mean ± sd" : "95 % interval")})", "log loss", "ECE", "seconds");
        foreach (var group in result.Models.GroupBy(model => model.Algorithm))
        {
            var models = group.ToArray();
            table.AddTextRow(
                Titles.GetValueOrDefault(group.Key, group.Key),
                several ? MeanAndDeviation(models, model => model.Accuracy.Value) : Interval(models[0].Accuracy),
                several ? MeanAndDeviation(models, model => model.LogLoss.Value) : Number(models[0].LogLoss.Value),
                several ? MeanAndDeviation(models, model => model.Ece.Value) : Number(models[0].Ece.Value),
                models.Average(model => model.Seconds).ToString("0.0", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        console.WriteLine("Who said what, of five test items (weighted doctor net):");
        var examples = Tables.Create("item", "gold", "predicted", "heads of most weight (weight) say", "say otherwise", "entropy");
        foreach (var prediction in result.Predictions)
        {
            examples.AddTextRow(
                prediction.Item, prediction.Gold, $"{prediction.Predicted} ({prediction.Probability:0.00})", Voices(prediction.Voices),
                prediction.Dissenters.Count == 0 ? "nobody" : $"{Voices(prediction.Dissenters)}, with others {100 * prediction.DissentWeight:0} %",
                Number(prediction.Entropy));
        }

        console.Write(examples);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Items:N0} items, {result.Annotations:N0} annotations by {result.Labelers} labelers; {seconds:0} s in all."));
    }

    private static Dictionary<string, object> Model(DemoModel[] models)
    {
        var document = new Dictionary<string, object>
        {
            ["accuracy"] = models.Average(model => model.Accuracy.Value),
            ["log_loss"] = models.Average(model => model.LogLoss.Value),
            ["ece"] = models.Average(model => model.Ece.Value),
            ["seconds"] = Math.Round(models.Average(model => model.Seconds), 3),
        };
        if (models.Length == 1)
        {
            document["accuracy_interval"] = new[] { models[0].Accuracy.Lower, models[0].Accuracy.Upper };
            document["version"] = models[0].Version;
            document["seed"] = models[0].Seed;
            return document;
        }

        document["accuracy_sd"] = Deviation(models, model => model.Accuracy.Value);
        document["log_loss_sd"] = Deviation(models, model => model.LogLoss.Value);
        document["ece_sd"] = Deviation(models, model => model.Ece.Value);
        document["runs"] = models.Select(model => new
        {
            model.Seed,
            model.Version,
            Accuracy = model.Accuracy.Value,
            LogLoss = model.LogLoss.Value,
            Ece = model.Ece.Value,
            model.Seconds,
        });
        return document;
    }

    private static object Voice(DemoVoice voice) => new
    {
        voice.Labeler,
        Weight = Round(voice.Weight),
        voice.Says,
        Probability = Round(voice.Probability),
    };

    private static string Voices(IEnumerable<DemoVoice> voices) =>
        string.Join(", ", voices.Select(voice => $"{voice.Labeler} ({100 * voice.Weight:0.0} %) {voice.Says}"));

    // Sample standard deviation: the seeds are a sample of all seeds.
    private static double Deviation(DemoModel[] models, Func<DemoModel, double> value)
    {
        var mean = models.Average(value);
        return Math.Sqrt(models.Sum(model => Math.Pow(value(model) - mean, 2)) / (models.Length - 1));
    }

    private static string MeanAndDeviation(DemoModel[] models, Func<DemoModel, double> value) =>
        string.Create(CultureInfo.InvariantCulture, $"{models.Average(value):0.000} ± {Deviation(models, value):0.000}");

    private static string Interval(Measured measured) => Number(measured.Value) + (measured is { Lower: { } lower, Upper: { } upper }
        ? string.Create(CultureInfo.InvariantCulture, $" ({lower:0.000} – {upper:0.000})")
        : "");

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static double Round(double value) => Math.Round(value, 6);
}
