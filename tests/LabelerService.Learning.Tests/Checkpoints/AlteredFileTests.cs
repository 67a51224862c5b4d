using LabelerService.Core.Errors;
using LabelerService.Core.Tensors;
using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Tests.Data;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Suites;

namespace LabelerService.Learning.Tests.Checkpoints;

/// <summary>
/// Checkpoints and weights that somebody has altered within their format, with a right hash: a run goes on from them, or says that they are of no
/// use; it neither breaks in another way nor hangs. (Bytes that are no such file at all are the archive's business: ArtefactFuzzTests.)
/// </summary>
[Trait("Suite", "security")]
public sealed class AlteredFileTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TrainingSnapshot Data = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 30 }).Snapshot;
    private static readonly string[] Texts = ["", "-1", "0", "1", "2147483647", "2147483648", "99999999999999999999", "null", "[]", "[null]", "{", "Zoë", "\0"];

    public static TheoryData<string, string> Runs => new()
    {
        { "wdn", "epochs=3 averaging_epochs=2 weight_resamples=2 patience=2 min_annotations=3 hidden=8" },
        { "consensus", "classifier=logistic rounds=3 repeats=1 folds=2" },
        { "noise_layer", "epochs=3 em_rounds=2 quantisation=sr bits=3 hidden=8" },
        { "raykar", "epochs=4 hidden=8" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_goes_on_from_an_altered_checkpoint_or_calls_it_unusable(string algorithm, string settings)
    {
        string[] all = [.. settings.Split(' '), "bootstrap_resamples=0"];
        var taken = new List<byte[]>();
        Train(algorithm, all, new CheckpointPlan(() => true, checkpoint => taken.Add(checkpoint.ToBytes())), start: null);
        Assert.NotEmpty(taken);
        Try($"altered checkpoints, {algorithm}", random => taken[random.Next(taken.Count)], bytes =>
            Train(algorithm, all, new CheckpointPlan(() => false, _ => { }, TrainingCheckpoint.Read(bytes)), start: null), error => error is CheckpointUnusableException);
    }

    /// <summary>libtorch ends the process that gives it a generator's state which is none, and a loop that counts from below zero does not end.</summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void A_generator_or_a_counter_that_can_never_have_been_there_makes_a_checkpoint_unusable(string algorithm, string settings)
    {
        string[] all = [.. settings.Split(' '), "bootstrap_resamples=0"];
        TensorArchive? taken = null;
        Train(algorithm, all, new CheckpointPlan(() => true, checkpoint => taken ??= TensorArchive.Read(checkpoint.ToBytes())), start: null);
        var tried = 0;
        foreach (var (name, values) in taken!.Arrays)
        {
            if (values is byte[] || (values is int[] && (name.EndsWith("epochs", StringComparison.Ordinal) || name.Contains("round", StringComparison.Ordinal))))
            {
                var arrays = taken.Arrays.ToDictionary(StringComparer.Ordinal);
                arrays[name] = values is byte[]? Enumerable.Repeat((byte)255, values.Length).ToArray() : Enumerable.Repeat(int.MinValue, values.Length).ToArray();
                var altered = TrainingCheckpoint.Read(new TensorArchive(taken.Metadata, arrays, taken.Shapes).ToBytes());
                Assert.Throws<CheckpointUnusableException>(() => Train(algorithm, all, new CheckpointPlan(() => false, _ => { }, altered), start: null));
                tried++;
            }
        }

        Assert.InRange(tried, 1, int.MaxValue);
    }

    [Fact]
    public void A_run_starts_from_altered_weights_or_calls_them_unusable()
    {
        string[] settings = ["epochs=1", "hidden=8", "bootstrap_resamples=0"];
        var weights = Data.Train("dn", 1, settings).Weights!;
        Try(
            "altered weights", _ => weights, bytes => Train("dn", settings, plan: null, new WarmStartWeights("v", "s", bytes)),
            error => error is ServiceException { Kind: ErrorKind.FailedPrecondition });
    }

    private static void Try(string what, Func<Random, byte[]> pick, Action<byte[]> use, Predicate<Exception> refuses)
    {
        var random = new Random(LongForm.Seed);
        var inputs = LongForm.Of(40, 3_000);
        var refused = 0;
        for (var i = 0; i < inputs; i++)
        {
            var altered = Altered(TensorArchive.Read(pick(random)), random).ToBytes();
            try
            {
                use(altered);
            }
            catch (Exception error) when (refuses(error))
            {
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"{what}, seed {LongForm.Seed}, input {i}, {Convert.ToBase64String(altered)}: {error}");
            }
        }

        Assert.InRange(refused, 1, inputs);
        SuiteReport.Add("security", what, ("seed", LongForm.Seed), ("inputs", inputs), ("refused", refused), ("crashed", 0));
    }

    private static void Train(string algorithm, string[] settings, CheckpointPlan? plan, WarmStartWeights? start)
    {
        using var patience = new CancellationTokenSource(Patience);
        Snapshots.Trainer.Train(Data, Snapshots.Settings(algorithm, settings), 1, null, plan, start, patience.Token);
    }

    private static TensorArchive Altered(TensorArchive archive, Random random)
    {
        var metadata = archive.Metadata.ToDictionary(StringComparer.Ordinal);
        var arrays = archive.Arrays.ToDictionary(StringComparer.Ordinal);
        var shapes = archive.Shapes.ToDictionary(StringComparer.Ordinal);
        for (var steps = random.Next(1, 4); steps > 0; steps--)
        {
            if (random.Next(4) == 0)
            {
                // What makes the run the one it is, is refused by comparison: mostly the rest.
                var key = Pick(random.Next(4) == 0 ? metadata.Keys : [.. metadata.Keys.Where(name => !name.StartsWith("run.", StringComparison.Ordinal))], random);
                if (random.Next(4) == 0 || key.StartsWith("finished.", StringComparison.Ordinal))
                {
                    metadata.Remove(key);
                }
                else
                {
                    metadata[key] = Texts[random.Next(Texts.Length)];
                }

                continue;
            }

            var name = Pick(arrays.Keys, random);
            var values = arrays[name];
            switch (random.Next(6))
            {
                case 0:
                    arrays.Remove(name);
                    shapes.Remove(name);
                    break;
                case 1:
                    // Another's place.
                    var other = Pick(arrays.Keys, random);
                    (arrays[name], arrays[other]) = (arrays[other], values);
                    shapes.Remove(name);
                    shapes.Remove(other);
                    break;
                case 2:
                    arrays[name] = Resized(values, random.Next(3) switch { 0 => 0, 1 => values.Length + 1, _ => values.Length - 1 });
                    shapes.Remove(name);
                    break;
                case 3:
                    arrays[name] = values is float[] floats ? Array.ConvertAll(floats, value => (double)value) : new float[values.Length];
                    break;
                default:
                    arrays[name] = Changed(values, random);
                    break;
            }

            if (arrays.Count == 0)
            {
                break;
            }
        }

        return new TensorArchive(metadata, arrays, shapes);
    }

    private static Array Resized(Array values, int length)
    {
        var resized = Array.CreateInstance(values.GetType().GetElementType()!, Math.Max(0, length));
        Array.Copy(values, resized, Math.Min(values.Length, resized.Length));
        return resized;
    }

    // One number, or all of them, to one that nobody expects.
    private static Array Changed(Array values, Random random)
    {
        var changed = (Array)values.Clone();
        var (from, to) = random.Next(2) == 0 || changed.Length == 0 ? (0, changed.Length) : (random.Next(changed.Length), 0);
        to = Math.Max(to, from + Math.Min(1, changed.Length));
        var kind = random.Next(6);
        for (var i = from; i < to; i++)
        {
            switch (changed)
            {
                case float[] floats:
                    floats[i] = kind switch { 0 => float.NaN, 1 => float.MaxValue, 2 => -1, 3 => float.NegativeInfinity, _ => floats[i] + 0.25f };
                    break;
                case double[] doubles:
                    doubles[i] = kind switch { 0 => double.NaN, 1 => double.MaxValue, 2 => -1, 3 => 1e9, _ => doubles[i] + 0.25 };
                    break;
                case long[] longs:
                    longs[i] = kind switch { 0 => long.MinValue, 1 => long.MaxValue, 2 => -1, 3 => int.MaxValue, _ => longs[i] + 1 };
                    break;
                case int[] ints:
                    ints[i] = kind switch { 0 => int.MinValue, 1 => int.MaxValue, 2 => -1, _ => ints[i] + 1 };
                    break;
                case byte[] bytes:
                    bytes[i] = (byte)random.Next(256);
                    break;
                case short[] shorts:
                    shorts[i] = kind switch { 0 => short.MinValue, 1 => short.MaxValue, 2 => -1, _ => 1 };
                    break;
            }
        }

        return changed;
    }

    private static string Pick(IReadOnlyCollection<string> names, Random random) => names.ElementAt(random.Next(names.Count));
}
