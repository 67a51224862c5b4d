using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Ensembles;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>A net trained by gradient as the classifier of a cross-fit; every round starts anew, so that it forgets wrong labels.</summary>
/// <param name="task">Settings of the net, features and random draws.</param>
/// <param name="folds">The parts.</param>
internal sealed class NetCrossFit(LearningTask task, Fold[] folds) : ICrossFitClassifier
{
    private readonly List<Ensemble> _nets = [];
    private int _round;

    public double[][] FitPredict(double[][] targets, Action progress)
    {
        Release();
        var classes = task.Classes;
        var single = Array.ConvertAll(targets, partition => Array.ConvertAll(partition, value => (float)value));
        var predicted = Array.ConvertAll(targets, partition => new double[partition.Length]);
        for (var f = 0; f < folds.Length; f++)
        {
            // The seed depends on round and fold alone.
            var fold = folds[f];
            using var part = task.With(task.Settings, task.Streams.Child((_round * folds.Length) + f), run: task.Run.Silent());
            var net = ClassifierFit.Fit(part, single[fold.Repeat], fold.Train);
            _nets.Add(net);
            var rows = new EnsembleRunner(net, part.Features).Predict([.. fold.HeldOut.Select(i => task.Set.Items[i])]);
            for (var i = 0; i < rows.Length; i++)
            {
                predicted[fold.Repeat][(fold.HeldOut[i / classes] * classes) + (i % classes)] = rows[i];
            }

            progress();
        }

        _round++;
        return predicted;
    }

    public void Save(JournalState state) => state.Put("net.round", [_round]);

    public void Load(JournalState state) => _round = state.Counters("net.round", int.MaxValue)[0];

    public Ensemble Build(double sharpness)
    {
        var mean = MixtureEnsemble.Mean([.. _nets.Select(net => new TemperatureEnsemble(net, 1 / sharpness))]);
        _nets.Clear();
        return mean;
    }

    public void Dispose() => Release();

    private void Release()
    {
        foreach (var net in _nets)
        {
            net.Dispose();
        }

        _nets.Clear();
    }
}
