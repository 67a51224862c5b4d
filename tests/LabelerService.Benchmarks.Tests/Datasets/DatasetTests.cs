using LabelerService.Benchmarks.Datasets;
using LabelerService.Core.Datasets;

namespace LabelerService.Benchmarks.Tests.Datasets;

public sealed class DatasetTests
{
    [Fact]
    public void Training_sees_no_gold_unless_that_of_validation_is_asked_for()
    {
        using var data = new MadeUpData().WithLabelMe();
        var dataset = LabelMeData.Read(new DataFolder(null, data.Path));
        Assert.Equal(160, dataset.Labelled.ItemIds.Length);
        Assert.Equal(MadeUpData.LabelMeTestItems, dataset.TestGold.Length);
        Assert.All(dataset.ForTraining(withValidationGold: false).Gold, gold => Assert.Equal(-1, gold));

        var chosenBy = dataset.ForTraining(withValidationGold: true);
        for (var n = 0; n < chosenBy.Gold.Length; n++)
        {
            Assert.Equal(chosenBy.Splits[n] == Split.Validation ? dataset.Labelled.Gold[n] : -1, chosenBy.Gold[n]);
        }
    }

    [Fact]
    public void The_sample_of_the_repository_is_LabelMe_as_published()
    {
        var sample = LabelMeData.Read(new DataFolder(Repository(), null));
        var (training, annotations) = (sample.Labelled, sample.Labelled.Annotations);
        Assert.Equal((1500, 59, 2547, 1188), (training.ItemIds.Length, training.LabelerIds.Length, annotations.Count, sample.TestGold.Length));
        Assert.Equal(1188 * 512, sample.TestFeatures.Length);
        // Items or classes read in the wrong order would leave an eighth.
        var right = Enumerable.Range(0, annotations.Count).Count(a => annotations.Classes[a] == training.Gold[annotations.Items[a]]);
        Assert.InRange((double)right / annotations.Count, 0.65, 0.75);
        Assert.All(annotations.Items.ToArray(), item => Assert.Equal(Split.Train, training.Splits[item]));
    }

    [Fact]
    public void Every_fifth_sentence_is_tested_on_and_its_labels_are_not_trained_on()
    {
        using var data = new MadeUpData().WithSentiment(50);
        var dataset = SentimentData.Read(new DataFolder(null, data.Path));
        Assert.Equal((40, 10, 80), (dataset.Labelled.ItemIds.Length, dataset.TestGold.Length, dataset.Labelled.Annotations.Count));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => ((5 * i) + 4) / 2 % 2), dataset.TestGold);
        for (var a = 0; a < dataset.Labelled.Annotations.Count; a++)
        {
            // Made-up labelers are always right, so a row that slipped would show.
            Assert.Equal(dataset.Labelled.Gold[dataset.Labelled.Annotations.Items[a]], dataset.Labelled.Annotations.Classes[a]);
        }
    }

    [Fact]
    public void A_folder_without_the_data_says_where_it_looked()
    {
        using var data = new MadeUpData();
        var exception = Assert.Throws<FileNotFoundException>(() => MnistData.Read(new DataFolder(null, data.Path)));
        Assert.Contains(data.Path, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_of_unequal_length_or_that_are_no_numbers_are_refused()
    {
        using var data = new MadeUpData();
        var path = Path.Combine(data.Path, "answers.txt");
        File.WriteAllText(path, "1 -1 0\n1 0\n");
        Assert.Contains("row 2 has 2 columns", Assert.Throws<FormatException>(() => DataFiles.Answers(path, 2, _ => true)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "1 x\n");
        Assert.Contains("\"x\"", Assert.Throws<FormatException>(() => DataFiles.Answers(path, 2, _ => true)).Message, StringComparison.Ordinal);
    }

    private static string Repository()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !Directory.Exists(Path.Combine(at.FullName, "samples", "labelme")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new DirectoryNotFoundException("samples/labelme is part of the repository and is not there.");
    }
}
