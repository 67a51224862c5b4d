using LabelerService.Core.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LabelerService.Benchmarks.Speed;

/// <summary>
/// The doctor net as it is usually written: logits of all labelers for all items of a batch [n, R, K], log-softmax, the given label's entry
/// of each labeler, and a mask [n, R] that leaves those who did not label. What our sparse loss is compared with.
/// </summary>
internal sealed class DenseDoctorNet : IDisposable
{
    private readonly TrainingSnapshot _snapshot;
    private readonly TrainingSettings _settings;
    private readonly Sequential _net;
    private readonly Tensor _features;
    private readonly Tensor _labels;
    private readonly Tensor _mask;
    private readonly optim.Optimizer _adam;
    private readonly long[] _order;
    private readonly Random _random;

    public DenseDoctorNet(TrainingSnapshot snapshot, TrainingSettings settings, int seed)
    {
        _snapshot = snapshot;
        _settings = settings;
        var (labelers, classes) = (snapshot.LabelerIds.Length, snapshot.Schema.Classes.Count);
        var layers = new List<(string, nn.Module<Tensor, Tensor>)>();
        var width = snapshot.FeatureLength;
        foreach (var hidden in settings.HiddenSizes)
        {
            layers.Add(($"linear{layers.Count}", nn.Linear(width, hidden)));
            layers.Add(($"relu{layers.Count}", nn.ReLU()));
            layers.Add(($"dropout{layers.Count}", nn.Dropout(settings.Dropout)));
            width = hidden;
        }

        layers.Add(("heads", nn.Linear(width, labelers * classes)));
        _net = nn.Sequential(layers);
        _adam = optim.Adam(_net.parameters(), settings.LearningRate);
        _random = new Random(seed);
        _features = tensor(snapshot.Features.Load(), snapshot.ItemIds.Length, snapshot.FeatureLength);
        var annotations = snapshot.Annotations;
        var labels = new long[snapshot.ItemIds.Length * labelers];
        var mask = new float[labels.Length];
        var items = new SortedSet<int>();
        for (var a = 0; a < annotations.Count; a++)
        {
            var at = (annotations.Items[a] * labelers) + annotations.Labelers[a];
            labels[at] = annotations.Classes[a];
            mask[at] = 1;
            items.Add(annotations.Items[a]);
        }

        _labels = tensor(labels, snapshot.ItemIds.Length, labelers);
        _mask = tensor(mask, snapshot.ItemIds.Length, labelers);
        _order = [.. items.Select(item => (long)item)];
    }

    /// <summary>One pass over the annotated items.</summary>
    /// <returns>Mean loss of an item.</returns>
    public double Epoch(CancellationToken cancellationToken)
    {
        _random.Shuffle(_order);
        _net.train();
        var total = 0.0;
        for (var start = 0; start < _order.Length; start += _settings.BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var rows = tensor(_order[start..Math.Min(start + _settings.BatchSize, _order.Length)]);
            _adam.zero_grad();
            var logits = _net.call(_features.index_select(0, rows))
                .view(-1, _snapshot.LabelerIds.Length, _snapshot.Schema.Classes.Count);
            var chosen = nn.functional.log_softmax(logits, 2).gather(2, _labels.index_select(0, rows).unsqueeze(2)).squeeze(2);
            var sum = chosen.mul(_mask.index_select(0, rows)).sum().neg();
            sum.div(tensor((float)rows.shape[0])).backward();
            _adam.step();
            total += sum.data<float>()[0];
        }

        return total / _order.Length;
    }

    public void Dispose()
    {
        _adam.Dispose();
        _net.Dispose();
        _features.Dispose();
        _labels.Dispose();
        _mask.Dispose();
    }
}
