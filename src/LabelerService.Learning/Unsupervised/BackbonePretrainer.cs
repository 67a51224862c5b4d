using System.Globalization;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Tensors;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Features;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Unsupervised;

/// <summary>
/// Trains backbones on items without labels (Klapper-Rybicka, Schraudolph, Schmidhuber, ICANN 2001): a few linear outputs, read at the end of each
/// sequence, are trained by binary information gain or nonparametric entropy, and their error trains the whole net. From several starts the
/// one with the best objective on items held out is kept: kinds that items really fall into are found in items not seen, too. The same
/// snapshot, settings, seed and number of threads give the same weights bit for bit.
/// </summary>
/// <param name="timeProvider">Measures how long training takes.</param>
/// <param name="codeVersion">Checkpoints of other versions are refused.</param>
public sealed class BackbonePretrainer(TimeProvider timeProvider, string codeVersion)
{
    /// <summary>Fewest items to train on: an objective over outputs of fewer says nothing.</summary>
    private const int FewestItems = 16;

    /// <summary>Version of the code, as it was given.</summary>
    public string CodeVersion => codeVersion;

    /// <summary>Pretrains a backbone. Blocks until it is done; all native memory is released on return.</summary>
    /// <param name="snapshot">The items; labels and gold are not looked at.</param>
    /// <param name="settings">Algorithm (of purpose <see cref="AlgorithmPurpose.Backbone"/>) and settings, from <see cref="AlgorithmCatalogue.Validate"/>.</param>
    /// <param name="seed">Decides every random draw.</param>
    /// <param name="progress">Called after each epoch, on this thread; may be null.</param>
    /// <param name="checkpoints">Where checkpoints go and what to go on from; null for none.</param>
    /// <param name="cancellationToken">Observed before every batch.</param>
    /// <exception cref="CheckpointUnusableException">The checkpoint is of other data, settings, seed or code, or not whole. Train without it.</exception>
    /// <exception cref="ServiceException">
    /// <see cref="ErrorKind.FailedPrecondition"/>: too few items, or the loss diverged. <see cref="ErrorKind.InvalidArgument"/>: the backbone has no
    /// weights, or cannot read such items.
    /// </exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public PretrainedBackbone Train(
        TrainingSnapshot snapshot, TrainingSettings settings, long seed, IProgress<TrainingProgress>? progress, CheckpointPlan? checkpoints,
        CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        settings = settings.For(snapshot.Encoding);
        if (PretrainingRules.Problem(settings, snapshot.Schema) is { } problem)
        {
            throw ServiceException.InvalidField(problem.Field, problem.Problem);
        }

        try
        {
            var run = new RunControl(timeProvider, progress, cancellationToken)
            {
                Journal = new RunJournal(checkpoints, Identity(snapshot, settings, seed)),
            };
            return Train(snapshot, settings, seed, run) with { TrainingSeconds = timeProvider.GetElapsedTime(start).TotalSeconds };
        }
        catch (Exception error) when (checkpoints?.Resume is not null && CheckpointUnusableException.Explains(error))
        {
            throw new CheckpointUnusableException(error.Message, error);
        }
    }

    /// <summary>What a backbone makes of items.</summary>
    /// <param name="backbone">A backbone that was trained on this snapshot.</param>
    /// <param name="snapshot">The items; their feature transform is fitted as it was in training.</param>
    /// <param name="settings">The settings that it was trained with.</param>
    /// <param name="seed">The seed that it was trained with.</param>
    /// <param name="cancellationToken">Observed between blocks of items.</param>
    public static BackboneView Look(
        PretrainedBackbone backbone, TrainingSnapshot snapshot, TrainingSettings settings, long seed, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        settings = settings.For(snapshot.Encoding);
        using var task = Task(snapshot, settings, new RandomStreams(seed), new RunControl(TimeProvider.System, null, cancellationToken), out _);
        var net = Net(snapshot, settings);
        using var parameters = new ParameterSet(net.Layout, trainable: false);
        var archive = TensorArchive.Read(backbone.Weights);
        foreach (var (i, entry) in net.Layout.Entries.Index())
        {
            ((float[])archive.Arrays[entry.Name]).CopyTo(parameters.ValuesOf(new ParameterSlot(i)));
        }

        var count = snapshot.ItemIds.Length;
        var view = new BackboneView(
            net.Backbone.Width, settings.Outputs, new float[count * net.Backbone.Width], new float[count * settings.Outputs]);
        ForEachBlock(net, task.Features, [.. Enumerable.Range(0, count)], parameters, (at, z, y) =>
        {
            z.data<float>().ToArray().CopyTo(view.Representation, at * net.Backbone.Width);
            y.data<float>().ToArray().CopyTo(view.Outputs, at * settings.Outputs);
        }, cancellationToken);
        return view;
    }

    private static PretrainedBackbone Train(TrainingSnapshot snapshot, TrainingSettings settings, long seed, RunControl run)
    {
        var streams = new RandomStreams(seed);
        using var scope = NewDisposeScope();
        using var task = Task(snapshot, settings, streams, run, out var heldOut);
        var items = task.Set.Items;
        var objective = OutputObjective.Create(settings);
        var net = Net(snapshot, settings);
        using var judge = HeldOutScore.Of(
            net, objective, task.Features, heldOut, snapshot.Encoding, settings.Views, streams.Managed(RandomStream.Sample));
        using var best = new ParameterSet(net.Layout, trainable: false);
        var scores = new List<double>();
        for (var restart = 0; restart < settings.Restarts; restart++)
        {
            using var parameters = Fit(task, net, objective, judge, restart);
            scores.Add(judge.Score(parameters, run.Cancel));
            if (double.IsNaN(scores[^1]))
            {
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "TRAINING_DIVERGED",
                    $"The outputs of start {restart + 1} are not numbers. Lower learning_rate, or set feature_transform=standardize.");
            }

            if (scores[^1] >= scores.Max())
            {
                best.CopyFrom(parameters);
            }
        }

        using var outputs = Outputs(task, net, items, best);
        net.ReadOut.Absorb(outputs, best);
        var standard = ReadOut.Standardise(outputs, 1);
        return new PretrainedBackbone
        {
            Weights = ToBytes(net, best),
            Width = net.Backbone.Width,
            Settings = settings.Effective,
            Metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
            {
                ["objective"] = scores.Max(),
                ["training_objective"] = objective.Score(objective.Present(outputs)),
                ["restart"] = scores.LastIndexOf(scores.Max()) + 1,
                ["spread_of_restarts"] = scores.Max() - scores.Min(),
                ["largest_correlation"] = LargestCorrelation(standard),
            },
            TrainingSeconds = 0,
        };
    }

    private static ParameterSet Fit(LearningTask task, PretrainedNet net, OutputObjective objective, HeldOutScore judge, int restart)
    {
        var settings = task.Settings;
        var streams = task.Streams.Child(restart);
        var parameters = new ParameterSet(net.Layout, trainable: true);
        try
        {
            using var initialisation = streams.Native(RandomStream.Initialisation);
            net.Backbone.Initialise(parameters, initialisation);
            Widen(net, parameters, settings.InitialGain);
            net.Backbone.Remember(parameters, settings.Memory > 0 ? settings.Memory : Math.Max(2, task.Snapshot.Encoding.MaxSteps), initialisation);
            net.ReadOut.Initialise(parameters, initialisation);
            using (var known = HeldOutScore.Of(
                net, objective, task.Features, task.Set.Items, task.Snapshot.Encoding, Math.Max(settings.Views, 2), streams.Managed(RandomStream.Sample)))
            using (var views = known.Views(parameters, task.Run.Cancel))
            {
                net.ReadOut.Align(views, parameters);
            }

            using var dropping = streams.Native(RandomStream.Dropout);
            var encoding = task.Snapshot.Encoding;
            using var problem = new PretrainingProblem(
                net, encoding, task.Features, task.Set.Items, objective, settings.BatchSize,
                ItemViews.Count(encoding, settings.Views, settings.Dropout), new Dropout(settings.Dropout, dropping),
                streams.Managed(RandomStream.NetworkOrder), values => judge.Score(values, task.Run.Cancel));
            var options = new FitOptions(
                settings.Epochs, settings.LearningRate, L1: 0, settings.WeightDecay, settings.PolyakDecay, settings.Patience,
                SelectionMetric.LogLoss, InitialCounts: true);
            new FitLoop(task.Run, Reporting.To(task.Run.Progress), (settings.Restarts - restart - 1) * settings.Epochs).Run(problem, parameters, options);
            return parameters;
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    // Stronger weights make the representation less linear: features such as how often a tone swings are in it from the start.
    private static void Widen(PretrainedNet net, ParameterSet parameters, double gain)
    {
        using var noGrad = no_grad();
        foreach (var (i, entry) in net.Layout.Entries.Index().Where(pair => pair.Item.Role == ParameterRole.Weight))
        {
            parameters[new ParameterSlot(i)].TimesInPlace(gain);
        }
    }

    // The features and what of the items is trained on. Those that starts are chosen by are of the validation split; without one, a share is drawn.
    private static LearningTask Task(
        TrainingSnapshot snapshot, TrainingSettings settings, RandomStreams streams, RunControl run, out int[] heldOut)
    {
        var items = Of(Split.Train);
        heldOut = Of(Split.Validation);
        if (heldOut.Length < FewestItems)
        {
            var count = (int)(items.Length * settings.HeldOutShare);
            var drawn = (int[])items.Clone();
            streams.Managed(RandomStream.HeldOut).Shuffle(drawn);
            // Too few to choose by are better trained on.
            heldOut = count < FewestItems ? items : [.. drawn[..count].Order()];
            items = count < FewestItems ? items : [.. drawn[count..].Order()];
        }

        if (items.Length < FewestItems)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "TOO_FEW_ITEMS",
                $"Dataset {snapshot.Dataset} has {items.Length} items to pretrain on, fewer than {FewestItems}. Import items with split train; they need no labels.");
        }

        return new LearningTask(snapshot, TrainingSet.OfItems(items), settings, streams, FeatureTensors.Of(snapshot), run);

        int[] Of(Split split) => [.. Enumerable.Range(0, snapshot.ItemIds.Length).Where(item => snapshot.Splits[item] == split)];
    }

    private static PretrainedNet Net(TrainingSnapshot snapshot, TrainingSettings settings)
    {
        var layout = new ParameterLayout();
        var backbone = Backbone.Create(settings, snapshot.Encoding, layout);
        return new PretrainedNet(layout, backbone, new ReadOut(backbone.Width, settings.Outputs, layout));
    }

    private static Tensor Outputs(LearningTask task, PretrainedNet net, int[] items, ParameterSet parameters)
    {
        var blocks = new List<Tensor>();
        using var scope = NewDisposeScope();
        ForEachBlock(
            net, task.Features, items, parameters, (_, _, y) => blocks.Add(y.MoveToOuterDisposeScope()), task.Run.Cancel);
        return cat(blocks, 0).MoveToOuterDisposeScope();
    }

    private static void ForEachBlock(
        PretrainedNet net, Tensor features, int[] items, ParameterSet parameters, Action<int, Tensor, Tensor> visit, CancellationToken cancel)
    {
        using var noGrad = no_grad();
        var size = Math.Min(1024, WorkingMemory.Rows(Math.Max(features.shape[1], net.Backbone.ValuesPerItem)));
        for (var start = 0; start < items.Length; start += size)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var rows = tensor(items.Skip(start).Take(size).Select(item => (long)item).ToArray());
            var z = net.Backbone.Forward(features.index_select(0, rows), parameters, dropout: null);
            visit(start, z, net.ReadOut.Forward(z, parameters));
        }
    }

    private static double LargestCorrelation(Tensor standard)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var correlations = standard.t().mm(standard).Times(1.0 / standard.shape[0]);
        return correlations.sub(correlations.diag().diag()).abs().max().Value();
    }

    private static byte[] ToBytes(PretrainedNet net, ParameterSet parameters)
    {
        var arrays = new Dictionary<string, Array>(StringComparer.Ordinal);
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal);
        foreach (var (i, entry) in net.Layout.Entries.Index())
        {
            arrays.Add(entry.Name, parameters.ValuesOf(new ParameterSlot(i)).ToArray());
            shapes.Add(entry.Name, entry.Shape);
        }

        return new TensorArchive(NetworkWeights.Metadata([]), arrays, shapes).ToBytes();
    }

    // What the weights depend on, by the names that runs of models have: two runs that agree in all of it are one.
    private Dictionary<string, string> Identity(TrainingSnapshot snapshot, TrainingSettings settings, long seed)
    {
        var identity = settings.Effective.ToDictionary(pair => $"setting {pair.Key}", pair => pair.Value, StringComparer.Ordinal);
        identity["code version"] = codeVersion;
        identity["algorithm"] = settings.Algorithm;
        identity["seed"] = seed.ToString(CultureInfo.InvariantCulture);
        identity["snapshot"] = snapshot.SnapshotId;
        identity["start"] = "";
        identity["backbone"] = "";
        return identity;
    }

    // A fit reports a likelihood; here it is the objective that it is chosen by.
    private sealed class Reporting(IProgress<TrainingProgress> progress) : IProgress<TrainingProgress>
    {
        public static Reporting? To(IProgress<TrainingProgress>? progress) => progress is null ? null : new Reporting(progress);

        public void Report(TrainingProgress value) =>
            progress.Report(value.ValidationMetric is null ? value : value with { ValidationMetric = "held_out_objective" });
    }
}
