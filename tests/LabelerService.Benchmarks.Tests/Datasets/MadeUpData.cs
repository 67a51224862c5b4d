using LabelerService.Core.Tensors;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Tests.Datasets;

/// <summary>A folder of small made-up data in the formats of the public ones; removed on disposal.</summary>
internal sealed class MadeUpData : IDisposable
{
    public const int LabelMeTestItems = 40;
    private const int Dimensions = 8;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("labeler-bench-");

    public string Path => _folder.FullName;

    /// <summary>Writes labelme/: 8 classes that are easy to tell apart, labelers who are mostly right.</summary>
    public MadeUpData WithLabelMe()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Items = 200,
            Classes = 8,
            Dimensions = Dimensions,
            Separation = 8,
            Accuracies = [0.9, 0.8, 0.9],
            ValidationShare = 0.2,
            TestShare = 0.2,
        });
        _folder.CreateSubdirectory("labelme");
        foreach (var (part, start, count) in (ReadOnlySpan<(string, int, int)>)[("train", 0, 120), ("valid", 120, 40), ("test", 160, LabelMeTestItems)])
        {
            Write($"labelme/LabelMe_VGG_avg_{part}.npy", NpyType.Float32, [count, Dimensions],
                crowd.Snapshot.Features.Load().AsSpan(start * Dimensions, count * Dimensions));
            File.WriteAllLines(In($"labelme/LabelMe_Z_{part}.txt"), crowd.Truth.Skip(start).Take(count).Select(k => $"{k}"));
        }

        var answers = Enumerable.Range(0, 120).Select(_ => new[] { -1, -1, -1 }).ToArray();
        var table = crowd.Snapshot.Annotations;
        for (var a = 0; a < table.Count; a++)
        {
            if (table.Items[a] < answers.Length)
            {
                answers[table.Items[a]][table.Labelers[a]] = table.Classes[a];
            }
        }

        File.WriteAllLines(In("labelme/answers.txt"), answers.Select(row => string.Join(' ', row)));
        return this;
    }

    /// <summary>Writes mnist/: pictures of 2 × 2 pixels whose brightness tells the digit.</summary>
    public MadeUpData WithMnist(int digits, int side = 2)
    {
        var random = new Random(1);
        _folder.CreateSubdirectory("mnist");
        foreach (var part in (string[])["train", "test"])
        {
            float[] labels = [.. Enumerable.Range(0, digits).Select(n => n % 10)];
            float[] pixels = [.. labels.SelectMany(label => Enumerable.Range(0, side * side).Select(_ => (25 * label) + random.Next(5)))];
            Write($"mnist/{part}_images.npy", NpyType.UInt8, [digits, side, side], pixels);
            Write($"mnist/{part}_labels.npy", NpyType.UInt8, [digits], labels);
        }

        return this;
    }

    /// <summary>Writes sentiment/: sentences with one telling word each, labelled by two labelers of three.</summary>
    public MadeUpData WithSentiment(int sentences)
    {
        _folder.CreateSubdirectory("sentiment");
        int[] gold = [.. Enumerable.Range(0, sentences).Select(n => n / 2 % 2)];
        File.WriteAllLines(In("sentiment/Sentiment_text_train.txt"), gold.Select((k, n) => $"film {n} was {(k == 1 ? "good" : "bad")} ."));
        File.WriteAllLines(In("sentiment/Sentiment_Z_train.txt"), gold.Select(k => $"{k}"));
        File.WriteAllLines(In("sentiment/answers.txt"), gold.Select((k, n) => $"{k} {(n % 2 == 0 ? k : -1)} {(n % 2 == 0 ? -1 : k)}"));
        return this;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string In(string name) => System.IO.Path.Combine(Path, name);

    private void Write(string name, NpyType type, int[] shape, ReadOnlySpan<float> values)
    {
        using var file = File.Create(In(name));
        NpyWriter.Write(file, new NpyHeader(type, shape), values);
    }
}
