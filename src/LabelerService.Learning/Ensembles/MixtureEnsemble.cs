using LabelerService.Core.Training;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Ensembles;

/// <summary>Several ensembles with the same heads side by side: each output is the mean of theirs by fixed shares.</summary>
internal sealed class MixtureEnsemble : Ensemble
{
    private readonly IReadOnlyList<(Ensemble Member, double Share)> _members;

    /// <summary>Takes over members; shares sum to one.</summary>
    public MixtureEnsemble(IReadOnlyList<(Ensemble Member, double Share)> members)
    {
        if (members.Count == 0 || members.Any(member => member.Member.HeadCount != members[0].Member.HeadCount))
        {
            throw new ArgumentException("A mixture has members, and all of them the same heads.", nameof(members));
        }

        _members = members;
    }

    public override int HeadCount => _members[0].Member.HeadCount;

    public override int ClassCount => _members[0].Member.ClassCount;

    public override long ValuesPerItem => _members.Max(member => member.Member.ValuesPerItem);

    /// <summary>The mean of members in equal shares.</summary>
    public static Ensemble Mean(IReadOnlyList<Ensemble> members) =>
        members.Count == 1 ? members[0] : new MixtureEnsemble([.. members.Select(member => (member, 1.0 / members.Count))]);

    public override EnsembleOutput Forward(Tensor features)
    {
        using var noGrad = no_grad();
        var outputs = _members.Select(member => member.Member.Forward(features)).ToArray();
        return new EnsembleOutput(
            Mean(outputs, output => output.Probabilities), Mean(outputs, output => output.LabelerProbabilities),
            Mean(outputs, output => output.LabelerWeights));
    }

    public override Tensor Classify(Tensor features)
    {
        using var noGrad = no_grad();
        var outputs = _members.Select(member => member.Member.Classify(features)).ToArray();
        return Mean(outputs, output => output);
    }

    public override EnsembleNodes AppendTo(GraphBuilder graph, string features)
    {
        var nodes = new List<EnsembleNodes>();
        for (var m = 0; m < _members.Count; m++)
        {
            using (graph.Within($"member{m + 1}/"))
            {
                nodes.Add(_members[m].Member.AppendTo(graph, features));
            }
        }

        return new EnsembleNodes(
            Append(graph, "mixture.probabilities", nodes.Select(node => node.Probabilities)),
            Append(graph, "mixture.labelers", nodes.Select(node => node.LabelerProbabilities)),
            Append(graph, "mixture.weights", nodes.Select(node => node.LabelerWeights)));
    }

    public override void StoreAs(ServingPrecision precision)
    {
        foreach (var (member, _) in _members)
        {
            member.StoreAs(precision);
        }
    }

    public override void Dispose()
    {
        foreach (var (member, _) in _members)
        {
            member.Dispose();
        }
    }

    private Tensor Mean<T>(T[] outputs, Func<T, Tensor> part)
    {
        var sum = part(outputs[0]).Times(_members[0].Share);
        for (var m = 1; m < outputs.Length; m++)
        {
            sum.PlusInPlace(part(outputs[m]), _members[m].Share);
        }

        return sum;
    }

    private string Append(GraphBuilder graph, string name, IEnumerable<string> parts)
    {
        string[] scaled =
        [
            .. parts.Select((part, m) => graph.Node(
                "Mul", $"{name}.part{m + 1}", [part, graph.Constant($"{name}.share{m + 1}", [(float)_members[m].Share], 1)])),
        ];
        return graph.Node("Sum", name, scaled);
    }
}
