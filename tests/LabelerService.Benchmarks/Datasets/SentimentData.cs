using LabelerService.Core.Datasets;
using LabelerService.Core.Text;

namespace LabelerService.Benchmarks.Datasets;

/// <summary>
/// Sentences of film reviews, positive or negative, labelled by 203 crowd workers (Rodrigues, Pereira, Ribeiro 2013). Half of the phrases
/// of the public test file occur inside its training sentences, so the training sentences themselves are split: rows whose number leaves
/// 4 when divided by 5 are tested on, with gold; the crowd's labels of the others are trained on.
/// </summary>
internal static class SentimentData
{
    private const int ClassCount = 2;
    private const int Folds = 5;

    public static BenchDataset Read(DataFolder folder)
    {
        var path = folder.Required("sentiment");
        var sentences = File.ReadAllLines(Path.Combine(path, "Sentiment_text_train.txt"));
        var gold = DataFiles.Classes(Path.Combine(path, "Sentiment_Z_train.txt"));
        if (sentences.Length != gold.Length)
        {
            throw new FormatException($"{path} has {sentences.Length} sentences and {gold.Length} gold classes.");
        }

        int[] training = [.. Enumerable.Range(0, gold.Length).Where(row => !IsTest(row))];
        int[] test = [.. Enumerable.Range(0, gold.Length).Where(IsTest)];
        string[] trainingSentences = [.. training.Select(row => sentences[row])];
        var featuriser = TextFeaturizer.Fit(trainingSentences, new TextFeaturizerOptions());
        return new BenchDataset(
            SnapshotBuilder.Vectors(
                "sentiment", ClassCount, featuriser.Transform(trainingSentences), [.. training.Select(_ => Split.Train)],
                [.. training.Select(row => gold[row])], null,
                DataFiles.Answers(Path.Combine(path, "answers.txt"), ClassCount, row => !IsTest(row))),
            featuriser.Transform([.. test.Select(row => sentences[row])]), [.. test.Select(row => gold[row])]);
    }

    private static bool IsTest(int row) => row % Folds == Folds - 1;
}
