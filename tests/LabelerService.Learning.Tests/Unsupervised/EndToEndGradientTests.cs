using LabelerService.Core.Encodings;
using LabelerService.Core.Training;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Tests.Backbones;
using LabelerService.Learning.Tests.Losses;
using LabelerService.Learning.Training;
using LabelerService.Learning.Unsupervised;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Unsupervised;

/// <summary>The objective's error carried back through outputs, views and a recurrent net, in double precision.</summary>
public sealed class EndToEndGradientTests
{
    private const int StepLength = 2, MaxSteps = 5, Width = 3, Items = 6;
    private const double FixedPoint = 1e-14;

    public static TheoryData<string, BackboneKind, int, int> Cases => new()
    {
        { "bingo", BackboneKind.Lstm, 1, 1 },
        { "bingo", BackboneKind.Gru, 1, 2 },
        { "neo", BackboneKind.Lstm, 1, 2 },
        { "neo", BackboneKind.Lstm, 2, 1 },
        { "neo", BackboneKind.Gru, 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_gradient_through_the_recurrent_net_is_that_of_finite_differences(string algorithm, BackboneKind kind, int outputs, int views)
    {
        using var scope = NewDisposeScope();
        using var net = new Case(kind, outputs, views, Objective(algorithm));
        var loss = net.Problem.Accumulate(net.Rows, Items, net.Parameters);

        GradientCheck.Compare(net.Parameters.Flat.clone(), net.Parameters.Gradient!, moved =>
        {
            net.Copy.Flat.copy_(moved);
            return tensor(net.Loss(net.Copy)).DetachFromDisposeScope();
        });
        Assert.Equal(net.Loss(net.Parameters), loss, 1e-12);
    }

    private static OutputObjective Objective(string algorithm) =>
        algorithm == "bingo" ? new BingoObjective(1.5) : new NeoObjective(0.01, spread: 1.5, FixedPoint);

    // A small net with its rows: those of all views, of different lengths.
    private sealed class Case : IDisposable
    {
        private readonly PretrainedNet _net;
        private readonly OutputObjective _objective;
        private readonly int _views;

        public Case(BackboneKind kind, int outputs, int views, OutputObjective objective)
        {
            var layout = new ParameterLayout();
            var backbone = new RecurrentBackbone(kind, StepLength, MaxSteps, Width, layout);
            _net = new PretrainedNet(layout, backbone, new ReadOut(Width, outputs, layout));
            (_objective, _views) = (objective, views);
            Parameters = new ParameterSet(layout, trainable: true, ScalarType.Float64);
            Copy = new ParameterSet(layout, trainable: false, ScalarType.Float64);
            using var generator = new Generator(7);
            backbone.Initialise(Parameters, generator);
            _net.ReadOut.Initialise(Parameters, generator);
            int[] lengths = [.. Enumerable.Range(0, views * Items).Select(row => 2 + (row * 3 % 4))];
            Rows = tensor(BackboneCase.Sequences(StepLength, MaxSteps, 1, lengths), lengths.Length, 1 + (MaxSteps * StepLength)).to(ScalarType.Float64);
            using var unused = new Generator(1);
            Problem = new PretrainingProblem(
                _net, ItemEncoding.OfSequences(StepLength, MaxSteps), Rows, [.. Enumerable.Range(0, Items)], objective, Items, views, new Dropout(0, unused),
                new SeededRandom(1), _ => 0);
        }

        public ParameterSet Parameters { get; }

        public ParameterSet Copy { get; }

        public Tensor Rows { get; }

        public PretrainingProblem Problem { get; }

        public double Loss(ParameterSet parameters)
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var outputs = _net.ReadOut.Forward(_net.Backbone.Forward(Rows, parameters, null), parameters);
            var (loss, _) = _objective.Evaluate(_objective.Present(outputs.view(_views, Items, -1).mean([0])));
            return loss;
        }

        public void Dispose()
        {
            Parameters.Dispose();
            Copy.Dispose();
            Problem.Dispose();
        }
    }
}
