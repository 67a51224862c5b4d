using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using Spectre.Console;

namespace LabelerService.Cli.Commands;

/// <summary><c>dataset create|list|show|delete</c>.</summary>
internal static class DatasetCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("dataset", "Create, list, show and delete datasets")
        {
            CreateDataset(host), List(host), Show(host), Delete(host),
        };
        HelpWithExamples.Add(
            command,
            "labeler dataset create scenes --classes coast,forest,street --item-type vector:512",
            "labeler dataset list --json");
        return command;
    }

    private static Command CreateDataset(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var classes = new Option<string[]>("--classes")
        {
            Description = "Class names in index order, separated by commas; for --ordinal from least to most",
            HelpName = "a,b,c",
            Required = true,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var (parsed, problem) = ClassListText.Parse(result.Tokens[0].Value);
                if (problem is not null)
                {
                    result.AddError(problem);
                }

                return parsed;
            },
        };
        var ordinal = new Option<bool>("--ordinal") { Description = "The classes are grades, from least to most" };
        var type = new Option<ItemType>("--item-type")
        {
            Description = "What an item is: vector:512, image:28x28x1, text or sequence:9",
            HelpName = "TYPE",
            Required = true,
            CustomParser = result => CommonArguments.Parse(result, ItemTypeText.Parse, ItemTypeText.Rule),
        };
        var display = new Option<string?>("--display-name") { Description = "Name for people", HelpName = "TEXT" };
        var command = new Command("create", "Create a dataset") { name, classes, ordinal, type, display };
        host.Handle(command, async (run, cancellationToken) =>
        {
            if (!ResourceName.TryParseDataset(run.Get(name), out var id))
            {
                throw new UsageException($"{run.Get(name)} is no dataset's name");
            }

            var dataset = new Dataset { ItemType = run.Get(type), DisplayName = run.Get(display) ?? "" };
            dataset.Classes.Add(run.Get(classes));
            if (run.Get(ordinal))
            {
                dataset.LabelKind = Dataset.Types.LabelKind.Ordinal;
            }

            var created = await run.Service.Datasets.CreateDatasetAsync(
                new CreateDatasetRequest { DatasetId = id, Dataset = dataset, RequestId = ServiceConnection.NewRequestId() },
                cancellationToken: cancellationToken);
            run.Terminal.Result(DatasetDocument.Of(created), created.Name);
        });
        HelpWithExamples.Add(
            command,
            "labeler dataset create scenes --classes coast,forest,street --item-type vector:512",
            "labeler dataset create retina --classes none,mild,moderate,severe,proliferative --ordinal --item-type image:299x299x3");
        return command;
    }

    private static Command List(CommandHost host)
    {
        var command = new Command("list", "List the datasets");
        host.Handle(command, async (run, cancellationToken) =>
        {
            var datasets = await Paging.AllAsync<Dataset>(async token =>
            {
                var page = await run.Service.Datasets.ListDatasetsAsync(
                    new ListDatasetsRequest { PageSize = Paging.PageSize, PageToken = token }, cancellationToken: cancellationToken);
                return (page.Datasets, page.NextPageToken);
            }, cancellationToken).ToListAsync(cancellationToken);
            run.Terminal.Result(new { Datasets = datasets.Select(DatasetDocument.Of) }, console =>
            {
                var table = Tables.Create("dataset", "items are", "label", "classes", "created");
                foreach (var dataset in datasets)
                {
                    table.AddTextRow(
                        dataset.Name, ItemTypeText.Of(dataset.ItemType), DatasetDocument.LabelKind(dataset),
                        Tables.Shorten(string.Join(", ", dataset.Classes)), Tables.Time(dataset.CreateTime));
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler dataset list", "labeler dataset list --json");
        return command;
    }

    private static Command Show(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var command = new Command("show", "Show a dataset with its counts") { name };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            run.Terminal.Result(DatasetDocument.Of(dataset), console =>
            {
                var counts = dataset.Counts ?? new DatasetCounts();
                var table = Tables.Create(dataset.Name, dataset.DisplayName);
                table.AddTextRow("items are", ItemTypeText.Of(dataset.ItemType));
                table.AddTextRow("label", DatasetDocument.LabelKind(dataset));
                table.AddTextRow("classes", string.Join(", ", dataset.Classes));
                // The culture is invariant for the whole product: thousands get commas everywhere.
                table.AddTextRow(
                    "items",
                    $"{counts.Items:N0} (train {counts.TrainItems:N0}, validation {counts.ValidationItems:N0}, test {counts.TestItems:N0})");
                table.AddTextRow("with gold class", $"{counts.GoldItems:N0}");
                table.AddTextRow("labelers", $"{counts.Labelers:N0}");
                table.AddTextRow("annotations", $"{counts.Annotations:N0}");
                table.AddTextRow("created", Tables.Time(dataset.CreateTime));
                console.Write(table);
            });
        });
        HelpWithExamples.Add(command, "labeler dataset show scenes", "labeler dataset show scenes --json | jq .counts");
        return command;
    }

    private static Command Delete(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var command = new Command("delete", "Delete a dataset with its items, annotations, runs and models") { name, yes };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var dataset = run.Get(name);
            if (!run.Get(yes))
            {
                if (!run.Terminal.IsInteractive || Console.IsInputRedirected)
                {
                    throw new UsageException($"deleting {dataset} cannot be undone: say --yes if you mean it");
                }

                var question = new ConfirmationPrompt($"Delete {dataset} with everything in it? This cannot be undone.") { DefaultValue = false };
                if (!await run.Terminal.Error.PromptAsync(question, cancellationToken))
                {
                    throw new CommandException($"{dataset} was not deleted");
                }
            }

            await run.Service.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Name = dataset }, cancellationToken: cancellationToken);
            run.Terminal.Result(new { Deleted = dataset }, $"{dataset} is deleted");
        });
        HelpWithExamples.Add(command, "labeler dataset delete trial", "labeler dataset delete trial --yes");
        return command;
    }
}
