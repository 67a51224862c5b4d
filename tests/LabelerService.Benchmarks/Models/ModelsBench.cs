using System.CommandLine;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Reporting;

namespace LabelerService.Benchmarks.Models;

/// <summary><c>bench models</c>: every algorithm on every data set, over several seeds, from the crowd's labels alone.</summary>
internal static class ModelsBench
{
    private const string AllDatasets = "all";
    private const int MostSeeds = 100;

    public static Command Create(BenchHost host)
    {
        var dataset = new Option<string>("--dataset")
        {
            Description = $"{string.Join(", ", DatasetCatalogue.All.Keys)} or {AllDatasets}",
            HelpName = "NAME",
            DefaultValueFactory = _ => AllDatasets,
        };
        var seeds = new Option<int>("--seeds") { Description = "Number of seeds, from 1 up", HelpName = "NUMBER", DefaultValueFactory = _ => 5 };
        var models = new Option<string?>("--models")
        {
            Description = "Models, for example bn,wdn or bn[target=majority;epochs=20] [default: every algorithm, bn with every target]",
            HelpName = "LIST",
        };
        var set = new Option<string[]>("--set") { Description = "A setting of all models that have it; may be repeated", HelpName = "KEY=VALUE" };
        var withValidationGold = new Option<bool>("--with-validation-gold")
        {
            Description = "Let models choose epochs by the validation split's gold, where the data set has one",
        };
        var command = new Command("models", "Accuracy, log-loss, calibration and training time of every model, by labels of the crowd alone")
        {
            dataset, seeds, models, set, withValidationGold,
        };
        host.Handle(command, (run, cancellationToken) =>
        {
            var variants = run.Get(models) is { } list ? ModelVariant.ParseList(list) : ModelVariant.Everything();
            if (run.Get(seeds) is < 1 or > MostSeeds)
            {
                throw new BenchUsageException($"--seeds {run.Get(seeds)} is not from 1 to {MostSeeds}");
            }

            var settings = (run.Get(set) ?? []).Select(ModelVariant.ParseSetting).ToList();
            foreach (var (key, _) in settings)
            {
                if (!variants.Any(variant => variant.Has(key)))
                {
                    throw new BenchUsageException($"--set {key}: none of the models has this setting");
                }
            }

            var comparison = new ModelComparison(run, variants, run.Get(seeds), settings, run.Get(withValidationGold));
            run.Result.Settings["seeds"] = run.Get(seeds);
            run.Result.Settings["set"] = settings.ToDictionary();
            run.Result.Settings["validation_gold"] = run.Get(withValidationGold);
            var folder = DataFolder.Of(run);
            foreach (var name in Chosen(run.Get(dataset)))
            {
                // One that is not here does not keep the others from being measured.
                try
                {
                    comparison.Add(DatasetCatalogue.All[name](folder), cancellationToken);
                }
                catch (Exception exception) when (exception is IOException or FormatException)
                {
                    run.Result.Failures.Add(new BenchFailure(name, exception.Message));
                }
            }

            comparison.Finish();
        });
        return command;
    }

    private static IEnumerable<string> Chosen(string name) => name == AllDatasets ? DatasetCatalogue.All.Keys
        : DatasetCatalogue.All.ContainsKey(name) ? [name]
        : throw new BenchUsageException($"--dataset \"{name}\" is none of {string.Join(", ", DatasetCatalogue.All.Keys)}, {AllDatasets}");
}
