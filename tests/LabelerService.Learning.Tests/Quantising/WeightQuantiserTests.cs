using LabelerService.Core.Encodings;
using LabelerService.Core.Quantising;
using LabelerService.Core.Tensors;
using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Quantising;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Training;
using LabelerService.TestKit.Crowds;
using TorchSharp;

namespace LabelerService.Learning.Tests.Quantising;

public sealed class WeightQuantiserTests
{
    private const int Inputs = 40;
    private const int Hidden = 60;
    private static readonly SimulatedCrowd Crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 80, Dimensions = 6, Classes = 3 });

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Rounding_forgets_steps_below_half_the_grid_and_takes_those_above(int bits)
    {
        using var net = new Net(Quantisation.R, bits);
        var before = net.Weights.ToArray();
        // With one bit the neighbour is two steps away.
        var half = (bits == 1 ? 2 : 1) * net.Grid.Step / 2;
        for (var step = 0; step < 50; step++)
        {
            net.Move(-0.99f * half);
            Assert.Equal(before, net.Weights.ToArray());
        }

        net.Move(-1.01f * half);
        Assert.All(before.Zip(net.Weights.ToArray()), pair => Assert.Equal(
            Math.Max(pair.First - (2 * half), -net.Grid.End), pair.Second, 1e-6f));
    }

    [Fact]
    public void Stochastic_rounding_takes_small_steps_on_average()
    {
        using var net = new Net(Quantisation.Sr, 4);
        net.Weights.Clear();
        const int steps = 30;
        var step = net.Grid.Step / 10;
        for (var s = 0; s < steps; s++)
        {
            net.Move(step);
            Assert.All(net.Weights.ToArray(), weight => Assert.Equal(weight, net.Grid.Round(weight)));
        }

        // 2400 weights, each the sum of 30 draws of variance p(1 − p) at p = 0.1, in grid steps: five standard errors.
        var error = Math.Sqrt(steps * 0.09 / net.Weights.Length) * net.Grid.Step;
        Assert.Equal(steps * step, net.Weights.ToArray().Average(), 5 * error);
    }

    [Theory]
    [InlineData(Quantisation.Bc)]
    [InlineData(Quantisation.Bwn)]
    public void Binary_weights_turn_once_small_steps_have_added_up(Quantisation scheme)
    {
        using var net = new Net(scheme, 1);
        var end = scheme == Quantisation.Bwn ? 1 : net.Grid.End;
        net.Weights.Fill(net.Grid.Step);
        net.Move(-0.6f * net.Grid.Step);
        Assert.All(net.Deployed(), weight => Assert.True(weight > 0));
        net.Move(-0.6f * net.Grid.Step);
        Assert.All(net.Deployed(), weight => Assert.True(weight < 0));
        net.Move(-100);
        Assert.All(net.Weights.ToArray(), weight => Assert.Equal(-end, weight));
    }

    [Fact]
    public void A_scaled_unit_is_its_mean_size_times_its_signs()
    {
        using var net = new Net(Quantisation.Bwn, 1);
        var random = new Random(4);
        foreach (ref var weight in net.Weights)
        {
            weight = (float)(random.NextDouble() - 0.4);
        }

        var (real, deployed) = (net.Weights.ToArray(), net.Deployed());
        for (var unit = 0; unit < Hidden; unit++)
        {
            var mean = real.Skip(unit * Inputs).Take(Inputs).Average(Math.Abs);
            for (var i = unit * Inputs; i < (unit + 1) * Inputs; i++)
            {
                // The grid's step has 16 bits of precision.
                Assert.Equal(real[i] < 0 ? -mean : mean, deployed[i], 3.1e-5f * mean);
            }
        }
    }

    /// <summary>Units that a penalty has taken to next to nothing have no grid that float32 could hold.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_scaled_unit_that_has_all_but_vanished_is_nothing(int bits)
    {
        using var net = new Net(Quantisation.Bwn, bits);
        net.Weights.Clear();
        net.Weights[0] = 1e-44f;

        Assert.All(net.Deployed(), weight => Assert.Equal(0, weight));
    }

    /// <summary>BC's gradient is that at Q(w_r): the same bits as of a net that has these values.</summary>
    [Theory]
    [InlineData(Quantisation.Bc, 1)]
    [InlineData(Quantisation.Bc, 3)]
    [InlineData(Quantisation.Bwn, 1)]
    public void Gradients_are_taken_at_the_deployed_values(Quantisation scheme, int bits)
    {
        using var scope = torch.NewDisposeScope();
        var settings = Snapshots.Settings("dn", $"quantisation={Word(scheme)}", $"bits={bits}", "hidden=16", "backbone=mlp");
        var streams = new RandomStreams(3);
        var set = TrainingSet.Create(Crowd.Snapshot, 0, streams.Managed(RandomStream.HeldOut));
        var assignment = HeadAssignment.WithShared(Crowd.Snapshot, set, 1);
        var annotated = AnnotatedItems.WithHeads(set, assignment);
        var network = new Network(settings, ItemEncoding.OfValues(6), assignment.Count, 3);
        using var parameters = new ParameterSet(network.Layout, trainable: true);
        using var generator = streams.Native(RandomStream.Initialisation);
        var random = new Random(8);
        foreach (ref var value in parameters.Values)
        {
            value = (float)(random.NextDouble() - 0.5) / 4;
        }

        var quantiser = WeightQuantiser.Create(settings, network, 5)!;
        quantiser.Start(parameters);
        using var reference = new ParameterSet(network.Layout, trainable: true);
        quantiser.Deploy(parameters, reference);
        Assert.NotEqual(parameters.Values.ToArray(), reference.Values.ToArray());

        Accumulate(reference);
        using (var seen = quantiser.Deployed(parameters))
        {
            quantiser.Refresh(parameters, seen);
            Accumulate(seen);
        }

        Assert.Equal(reference.Gradients.ToArray(), parameters.Gradients.ToArray());
        Assert.Contains(parameters.Gradients.ToArray(), slope => slope != 0);

        void Accumulate(ParameterSet at)
        {
            using var loss = new AnnotationNetworkLoss(network, annotated, 1);
            using var plan = new EpochPlan(annotated, [.. Enumerable.Range(0, annotated.Items.Length)], 32, 32);
            using var features = torch.tensor(Crowd.Snapshot.Features.Load(), annotated.Items.Length == 0 ? 0 : 80, 6);
            using var dropping = streams.Native(RandomStream.Dropout);
            var piece = plan.Batches[0][0];
            loss.Accumulate(new BatchPiece(plan, piece, features.index_select(0, plan.Rows(piece)), new(0, dropping), 0.1), at);
        }
    }

    public static TheoryData<string, int, string> Trained => new()
    {
        { "r", 3, "dn" }, { "sr", 1, "dn" }, { "sr", 4, "wdn" }, { "bc", 1, "wdn" }, { "bc", 2, "dn" }, { "bc", 8, "dn" },
        { "bwn", 1, "iwdn" }, { "bwn", 3, "dn" }, { "bc", 1, "bn" }, { "sr", 2, "bn" },
    };

    /// <summary>What is served is on the grid, labelers' heads too: W_0 + V_r, though both may be anything.</summary>
    [Theory]
    [MemberData(nameof(Trained))]
    public void Weights_of_backbone_and_of_every_head_are_on_the_grid_after_training(string scheme, int bits, string algorithm)
    {
        var model = Crowd.Snapshot.Train(
            algorithm, 2, $"quantisation={scheme}", $"bits={bits}", "hidden=16", "epochs=4", "learning_rate=0.01", "backbone=mlp",
            "feature_transform=standardize");

        Assert.InRange(model.Manifest.ParityMaxDifference, 0, 1e-5);
        var arrays = TensorArchive.Read(model.Weights!).Arrays;
        AssertOnGrid((float[])arrays["hidden1.weight"], 6, 16);
        var shared = (float[])arrays["heads.shared.weight"];
        AssertOnGrid(shared, 16, 3);
        if (arrays.TryGetValue("heads.weight", out var deviations))
        {
            foreach (var deviation in ((float[])deviations).Chunk(shared.Length))
            {
                AssertOnGrid([.. deviation.Zip(shared, (own, common) => own + common)], 16, 3);
            }
        }

        void AssertOnGrid(float[] weights, int inputs, int outputs)
        {
            foreach (var unit in weights.Chunk(inputs))
            {
                if (scheme == "bwn")
                {
                    var values = unit.Select(weight => Math.Round(Math.Abs(weight), 6)).Distinct().Count();
                    Assert.InRange(values, 1, bits == 1 ? 1 : 1 << (bits - 1));
                    continue;
                }

                var grid = new WeightGrid(bits, WeightGrid.SizeOf(inputs, outputs));
                Assert.All(unit, weight => Assert.Equal(grid.Round(weight), weight, 1e-5f * grid.Step));
            }
        }
    }

    [Fact]
    public void Rounding_that_stalls_leaves_all_but_biases_where_they_started()
    {
        string[] settings = ["quantisation=r", "bits=1", "hidden=16", "learning_rate=0.001", "backbone=mlp"];
        var (early, late) = (Weights(1), Weights(6));

        Assert.Equal((float[])early["hidden1.weight"], (float[])late["hidden1.weight"]);
        Assert.Equal((float[])early["heads.shared.weight"], (float[])late["heads.shared.weight"]);
        Assert.NotEqual((float[])early["hidden1.bias"], (float[])late["hidden1.bias"]);

        IReadOnlyDictionary<string, Array> Weights(int epochs) =>
            TensorArchive.Read(Crowd.Snapshot.Train("bn", 2, [.. settings, $"epochs={epochs}"]).Weights!).Arrays;
    }

    [Fact]
    public void Draws_are_uniform_and_known_by_their_number()
    {
        var draws = new CountedDraws(7);
        double[] first = [.. Enumerable.Range(0, 20_000).Select(_ => draws.Next())];
        var state = new JournalState();
        Assert.Equal(0.5, first.Average(), 5 * Math.Sqrt(1.0 / 12 / first.Length));
        Assert.All(first, draw => Assert.InRange(draw, 0, 0.9999999999));
        for (var cell = 0; cell < 10; cell++)
        {
            // Five standard deviations of a binomial count.
            Assert.Equal(2000, first.Count(draw => (int)(draw * 10) == cell), 5 * Math.Sqrt(20_000 * 0.09));
        }

        draws.Count = 10;
        Assert.Equal(first[10], draws.Next());
    }

    private static string Word(Quantisation scheme) => scheme.ToString().ToLowerInvariant();

    /// <summary>A net of one layer whose weights are moved by hand.</summary>
    private sealed class Net : IDisposable
    {
        private readonly Network _network;
        private readonly ParameterSet _parameters;
        private readonly WeightQuantiser _quantiser;

        public Net(Quantisation scheme, int bits)
        {
            var settings = Snapshots.Settings("bn", $"quantisation={Word(scheme)}", $"bits={bits}", $"hidden={Hidden}", "backbone=mlp");
            _network = new Network(settings, ItemEncoding.OfValues(Inputs), 1, 3);
            _parameters = new ParameterSet(_network.Layout, trainable: true);
            _quantiser = WeightQuantiser.Create(settings, _network, 9)!;
            Grid = new WeightGrid(bits, WeightGrid.SizeOf(Inputs, Hidden));
            using var generator = new RandomStreams(1).Native(RandomStream.Initialisation);
            _network.Initialise(_parameters, generator);
            _quantiser.Start(_parameters);
        }

        public WeightGrid Grid { get; }

        public Span<float> Weights => _parameters.ValuesOf(_network.BackboneWeights[0]);

        /// <summary>One step by which every weight would move.</summary>
        public void Move(float by)
        {
            foreach (ref var weight in Weights)
            {
                weight += by;
            }

            _quantiser.EndStep(_parameters);
        }

        public float[] Deployed()
        {
            using var deployed = _parameters.SameLayout();
            _quantiser.Deploy(_parameters, deployed);
            return deployed.ValuesOf(_network.BackboneWeights[0]).ToArray();
        }

        public void Dispose() => _parameters.Dispose();
    }
}
