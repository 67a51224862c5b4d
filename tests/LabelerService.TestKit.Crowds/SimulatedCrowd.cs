using System.Security.Cryptography;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Training;

namespace LabelerService.TestKit.Crowds;

/// <summary>
/// Items of Gaussian class clusters, and labelers of known skill who answer about some of them: a world in which the truth is known.
/// Immutable.
/// </summary>
public sealed class SimulatedCrowd
{
    private SimulatedCrowd(SimulatedCrowdOptions options, DatasetSchema schema, int[] truth, double[][][] confusions, TrainingSnapshot snapshot)
    {
        Options = options;
        Schema = schema;
        Truth = truth;
        Confusions = confusions;
        Snapshot = snapshot;
    }

    /// <summary>How it was made.</summary>
    public SimulatedCrowdOptions Options { get; }

    /// <summary>Classes class-0, class-1, …; items are vectors.</summary>
    public DatasetSchema Schema { get; }

    /// <summary>True class of each item, also where <see cref="TrainingSnapshot.Gold"/> does not tell it.</summary>
    public IReadOnlyList<int> Truth { get; }

    /// <summary>Chance of each answer given the true class, [labeler][true class][answer].</summary>
    public IReadOnlyList<double[][]> Confusions { get; }

    /// <summary>The crowd as training sees it. Its id stands for the options.</summary>
    public TrainingSnapshot Snapshot { get; }

    /// <summary>Number of items N.</summary>
    public int ItemCount => Truth.Count;

    /// <summary>Simulates a crowd.</summary>
    public static SimulatedCrowd Create(SimulatedCrowdOptions? options = null)
    {
        options ??= new SimulatedCrowdOptions();
        var random = new Random(options.Seed);
        var kind = options.Classes == 2 ? LabelKind.Binary : LabelKind.MultiClass;
        var schema = new DatasetSchema([.. Enumerable.Range(0, options.Classes).Select(k => $"class-{k}")], kind, ItemKind.Vector, [options.Dimensions]);
        var centres = Centres(options, random);
        var confusions = options.Confusions?.ToArray() ?? [.. options.Accuracies.Select(accuracy => Confusion(accuracy, options.Classes))];
        var truth = new int[options.Items];
        var features = new float[options.Items * options.Dimensions];
        var splits = new Split[options.Items];
        var gold = new int[options.Items];
        List<int> items = [], labelers = [], classes = [];
        var testStart = options.Items - (int)Math.Round(options.Items * options.TestShare);
        var validationStart = testStart - (int)Math.Round(options.Items * options.ValidationShare);
        var everyone = Enumerable.Range(0, confusions.Length).ToArray();
        for (var i = 0; i < options.Items; i++)
        {
            truth[i] = random.Next(options.Classes);
            for (var d = 0; d < options.Dimensions; d++)
            {
                features[(i * options.Dimensions) + d] = (float)(centres[truth[i]][d] + Gaussian.Next(random));
            }

            splits[i] = i < validationStart ? Split.Train : i < testStart ? Split.Validation : Split.Test;
            gold[i] = splits[i] == Split.Train ? -1 : truth[i];
            if (splits[i] == Split.Test)
            {
                continue;
            }

            random.Shuffle(everyone);
            foreach (var labeler in everyone.Take(options.LabelsPerItem).Order())
            {
                items.Add(i);
                labelers.Add(labeler);
                classes.Add(Draw(confusions[labeler][truth[i]], random));
            }
        }

        var snapshot = new TrainingSnapshot
        {
            Dataset = options.Dataset,
            SnapshotId = Convert.ToHexStringLower(SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(features))),
            Schema = schema,
            ItemIds = [.. Enumerable.Range(0, options.Items).Select(i => $"item-{i}")],
            Features = features,
            Splits = splits,
            Gold = gold,
            LabelerIds = [.. Enumerable.Range(0, confusions.Length).Select(r => $"labeler-{r}")],
            Annotations = new AnnotationTable(options.Items, confusions.Length, options.Classes, [.. items], [.. labelers], [.. classes]),
        };
        return new SimulatedCrowd(options, schema, truth, confusions, snapshot);
    }

    private static double[][] Confusion(double accuracy, int classes)
    {
        var rows = new double[classes][];
        for (var k = 0; k < classes; k++)
        {
            rows[k] = new double[classes];
            Array.Fill(rows[k], (1 - accuracy) / (classes - 1));
            rows[k][k] = accuracy;
        }

        return rows;
    }

    private static double[][] Centres(SimulatedCrowdOptions options, Random random)
    {
        var centres = new double[options.Classes][];
        for (var k = 0; k < options.Classes; k++)
        {
            var centre = Enumerable.Range(0, options.Dimensions).Select(_ => Gaussian.Next(random)).ToArray();
            var length = Math.Sqrt(centre.Sum(x => x * x));
            centres[k] = [.. centre.Select(x => x * options.Separation / length)];
        }

        return centres;
    }

    private static int Draw(double[] chances, Random random)
    {
        var left = random.NextDouble();
        for (var k = 0; k < chances.Length - 1; k++)
        {
            left -= chances[k];
            if (left < 0)
            {
                return k;
            }
        }

        return chances.Length - 1;
    }
}
