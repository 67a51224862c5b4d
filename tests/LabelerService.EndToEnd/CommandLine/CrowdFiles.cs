using System.Text;
using LabelerService.Core.Tensors;

namespace LabelerService.EndToEnd.CommandLine;

/// <summary>
/// Files of a simulated crowd, as a user has them: two well separated clusters, and three labelers who are right nine times in ten.
/// </summary>
internal sealed class CrowdFiles : IDisposable
{
    public const int Length = 4;
    public const int TrainItems = 200;
    public const int TestItems = 120;

    private readonly string _folder = Directory.CreateTempSubdirectory("labeler-crowd-").FullName;

    public CrowdFiles()
    {
        var random = new Random(11);
        var train = WriteItems("train", TrainItems, random);
        WriteGold("valid", WriteItems("valid", 60, random));
        WriteGold("test", WriteItems("test", TestItems, random));
        var labels = new StringBuilder("labeler,label,item\n");
        for (var i = 0; i < TrainItems; i++)
        {
            for (var labeler = 0; labeler < 3; labeler++)
            {
                var said = random.NextDouble() < 0.9 ? train[i] : 1 - train[i];
                labels.Append($"l{labeler},{(said == 0 ? "no" : "yes")},train-{i}\n");
            }
        }

        Write("labels.csv", labels.ToString());
    }

    /// <summary>Path of a file.</summary>
    public string this[string name] => Path.Combine(_folder, name);

    /// <summary>Writes a file.</summary>
    public string Write(string name, string content)
    {
        File.WriteAllText(this[name], content);
        return this[name];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private int[] WriteItems(string split, int count, Random random)
    {
        var classes = new int[count];
        var values = new float[count * Length];
        for (var i = 0; i < count; i++)
        {
            classes[i] = random.Next(2);
            for (var d = 0; d < Length; d++)
            {
                values[(i * Length) + d] = (float)((classes[i] == 0 ? -1 : 1) + (1.5 * (random.NextDouble() - 0.5)));
            }
        }

        using var stream = File.Create(this[$"{split}.npy"]);
        NpyWriter.Write(stream, new NpyHeader(NpyType.Float32, [count, Length]), values);
        return classes;
    }

    private void WriteGold(string split, int[] classes) =>
        Write($"gold-{split}.csv", "item,label\n" + string.Concat(classes.Select((c, i) => $"{split}-{i},{c}\n")));
}
