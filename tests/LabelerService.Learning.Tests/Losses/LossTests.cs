using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Averaging;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Losses;

public sealed class LossTests : IDisposable
{
    private readonly Generator _generator = new(11);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Fact]
    public void The_mean_label_loss_has_the_gradient_of_finite_differences()
    {
        var targets = Draw(5, 4).softmax(1);
        GradientCheck.Check(Draw(5, 4), logits => MeanLabelLoss.Sum(logits.log_softmax(1), targets));
    }

    [Theory]
    [InlineData(HeadKind.Softmax)]
    [InlineData(HeadKind.Cumulative)]
    public void The_annotation_loss_has_the_gradient_of_finite_differences(HeadKind kind)
    {
        // A width that no vector length divides, an item twice, a head that nobody uses, and one annotation of the shared head alone.
        const int Items = 4, Deviations = 3, Classes = 4, Width = 11;
        const double Scale = 0.3;
        var link = HeadLink.Create(kind, Classes);
        int[] rows = [0, 0, 3, 2, 3, 1], heads = [0, 2, 2, 0, 3, 0], classes = [1, 3, 0, 2, 2, 0];
        Tensor[] at =
        [
            Draw(Items, Width), Draw(Items, link.Outputs), Draw(link.Constants), Draw(Deviations, link.Outputs, Width),
            Draw(Deviations, link.Constants),
        ];
        var values = at.Select(Values).ToArray();
        var gradients = values.Select(array => new double[array.Length]).ToArray();
        _ = Loss(values, gradients, Scale);

        for (var which = 0; which < at.Length; which++)
        {
            var moving = which;
            GradientCheck.Compare(at[which], tensor(gradients[which], at[which].shape), moved =>
            {
                var point = values.ToArray();
                point[moving] = Values(moved);
                return tensor(Scale * Loss(point, [.. values.Select(array => new double[array.Length])], 1));
            });
        }

        double Loss(double[][] point, double[][] slopes, double scale) => AnnotationLoss.Accumulate(
            link, point[0], new AnnotationSpans(rows, heads, classes), new SharedHead<double>(point[1], point[2], slopes[1], slopes[2]),
            new HeadDeviations<double>(point[3], point[4], slopes[3], slopes[4], shrinkage: []), scale, slopes[0].AsSpan());

        static double[] Values(Tensor tensor) => tensor.reshape(-1).data<double>().ToArray();
    }

    [Fact]
    public void Large_logits_neither_overflow_nor_lose_the_loss()
    {
        // Logits 1000 and -1000: the loss of the second class is 2000, of the first nothing. Cumulative: θ − η = ±2000.
        Assert.Equal(2000, Loss(HeadKind.Softmax, [1000f, -1000f], [0f, 0f]), 1e-3);
        Assert.Equal(2000, Loss(HeadKind.Cumulative, [-2000f], [0f]), 1e-3);

        static double Loss(HeadKind kind, float[] outputs, float[] constants) => AnnotationLoss.Accumulate<float>(
            HeadLink.Create(kind, 2), [1f], new AnnotationSpans([0, 0], [0, 0], [0, 1]),
            new SharedHead<float>(outputs, constants, new float[outputs.Length], new float[constants.Length]), default, 1f, new float[1]);
    }

    /// <summary>Thresholds that nearly touch, far from the item: where the difference of two sigmoids would be zero.</summary>
    [Fact]
    public void Cumulative_probabilities_do_not_cancel_where_thresholds_nearly_touch()
    {
        float[] output = [60], constants = [0, -40, 1];
        var loss = HeadLink.Create(HeadKind.Cumulative, 4).Loss(output.AsSpan(), constants.AsSpan(), 1);

        // p_2 = σ(θ_2 − η) − σ(θ_1 − η) with θ_1 = 0, θ_2 = e^-40: about e^-60 · e^-40.
        Assert.Equal(100, loss, 1e-3);
        Assert.All([.. output, .. constants], slope => Assert.True(float.IsFinite(slope)));
        Assert.Equal(-1, constants[1], 1e-3f);
    }

    [Theory]
    [InlineData(HeadKind.Softmax, 5)]
    [InlineData(HeadKind.Cumulative, 5)]
    [InlineData(HeadKind.Cumulative, 2)]
    public void A_head_starts_with_equal_chances_and_its_two_computations_agree(HeadKind kind, int classes)
    {
        var link = HeadLink.Create(kind, classes);
        var constants = new float[link.Constants];
        link.Initialise(constants);
        var equal = link.LogProbabilities(zeros(1, 1, link.Outputs), tensor(constants, 1, link.Constants)).exp().data<float>().ToArray();
        Assert.All(equal, probability => Assert.Equal(1.0 / classes, probability, 1e-5));

        var outputs = Draw(1, 1, link.Outputs);
        var drawn = Draw(1, link.Constants);
        var probabilities = link.LogProbabilities(outputs, drawn).exp().data<double>().ToArray();
        Assert.Equal(1, probabilities.Sum(), 1e-12);
        for (var k = 0; k < classes; k++)
        {
            var byHand = link.Loss(outputs.data<double>().ToArray().AsSpan(), drawn.data<double>().ToArray().AsSpan(), k);
            Assert.Equal(-Math.Log(probabilities[k]), byHand, 1e-9);
        }
    }

    [Theory]
    [InlineData(Mixing.Linear)]
    [InlineData(Mixing.LogLinear)]
    public void The_leave_own_out_loss_has_the_gradient_of_finite_differences(Mixing mixing)
    {
        // A number of heads that no vector length divides.
        const int Heads = 7, Classes = 5;
        var loss = new LeaveOwnOutLoss<double>(Heads, Classes, mixing);
        var probabilities = Draw(Classes, Heads).softmax(0);
        var values = (mixing == Mixing.Linear ? probabilities : probabilities.log()).data<double>().ToArray();
        var target = Draw(Classes).softmax(0).data<double>().ToArray();
        foreach (var own in (int[][])[[], [2], [0, 5, 5, 6]])
        {
            var logits = Draw(Heads);
            var gradient = new double[Heads];
            loss.SetLogits(logits.data<double>().ToArray());
            loss.Accumulate(own, values, target, 0.7, gradient);
            GradientCheck.Compare(logits, tensor(gradient), moved =>
            {
                loss.SetLogits(moved.data<double>().ToArray());
                return tensor(0.7 * loss.Accumulate(own, values, target, 1, default));
            });
            Assert.All(own, head => Assert.Equal(0, gradient[head]));
        }
    }

    [Fact]
    public void Penalties_have_the_gradient_of_finite_differences()
    {
        var weights = Draw(7);
        var gradient = zeros_like(weights);
        Penalties.AddNormsGradient(weights, gradient, l1: 0.3, l2: 0.7);
        GradientCheck.Compare(weights, gradient, w => Penalties.Norms(w, 0.3, 0.7));
        var averaging = Draw(5);
        var entropyGradient = new double[5];
        Penalties.AddEntropyGradient(averaging.data<double>().ToArray(), 0.4, entropyGradient.AsSpan());
        GradientCheck.Compare(averaging, tensor(entropyGradient), logits => Penalties.Entropy(logits, 0.4));
    }

    /// <summary>From the loss through heads, hidden layers and flat storage to every single parameter.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("mlp")]
    public void The_flat_gradient_of_a_whole_net_is_that_of_finite_differences(string backbone)
    {
        var settings = AlgorithmCatalogue.Validate("bn", new Dictionary<string, string> { ["backbone"] = backbone, ["hidden"] = "6,5" });
        var network = new Network(settings, ItemEncoding.OfValues(4), heads: 1, classes: 3);
        using var parameters = new ParameterSet(network.Layout, trainable: true, ScalarType.Float64);
        using (no_grad())
        {
            parameters.Flat.copy_(Draw(parameters.Flat.shape[0]));
        }

        var features = Draw(5, 4);
        var targets = Draw(5, 3).softmax(1);
        Loss(parameters).backward();
        GradientCheck.Compare(parameters.Flat, parameters.Gradient!, flat =>
        {
            using var moved = new ParameterSet(network.Layout, trainable: false, ScalarType.Float64);
            moved.Flat.copy_(flat);
            return Loss(moved);
        });

        Tensor Loss(ParameterSet values) =>
            MeanLabelLoss.Sum(network.Heads.LogProbabilities(network.Backbone.Forward(features, values, dropout: null), values).squeeze(1), targets);
    }

    /// <summary>The loss that training uses against the dense items × labelers × classes one, and its gradient against libtorch's.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("mlp")]
    public void The_sparse_doctor_net_loss_is_that_of_the_dense_masked_one(string backbone)
    {
        const int Items = 9, Labelers = 6, Classes = 4;
        var settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["backbone"] = backbone, ["hidden"] = "7" });
        var network = new Network(settings, ItemEncoding.OfValues(5), Labelers, Classes);
        using var parameters = new ParameterSet(network.Layout, trainable: true);
        using (no_grad())
        {
            parameters.Flat.copy_(Draw(parameters.Flat.shape[0]));
        }

        var features = Draw(Items, 5).to(ScalarType.Float32);
        var random = new Random(5);
        List<int> rows = [], heads = [], classes = [];
        var mask = new float[Items * Labelers * Classes];
        for (var n = 0; n < Items; n++)
        {
            for (var r = 0; r < Labelers; r++)
            {
                if (random.Next(3) == 0)
                {
                    var k = random.Next(Classes);
                    (rows, heads, classes) = ([.. rows, n], [.. heads, r], [.. classes, k]);
                    mask[(((n * Labelers) + r) * Classes) + k] = 1;
                }
            }
        }

        var z = network.Backbone.Forward(features, parameters, dropout: null);
        var dense = network.Heads.LogProbabilities(z, parameters).mul(tensor(mask, Items, Labelers, Classes)).sum().neg();
        dense.backward();
        var denseGradient = parameters.Gradient!.clone();
        parameters.Gradient.zero_();

        var order = Enumerable.Range(0, Items).ToArray();
        var annotated = new AnnotatedItems(
            order, order, [0, .. order.Select(n => rows.Count(row => row <= n))], [.. heads], [.. classes]);
        using var plan = new EpochPlan(annotated, order, Items, itemsPerPiece: 4);
        using var loss = new AnnotationNetworkLoss(network, annotated, shrinkage: 0);
        using var generator = new Generator(1);
        var sparse = plan.Batches[0].Sum(piece => loss.Accumulate(
            new BatchPiece(plan, piece, features.index_select(0, plan.Rows(piece)), new Dropout(0, generator), 1), parameters));

        Assert.Equal(dense.Value(), sparse, 1e-4);
        Assert.True(denseGradient.sub(parameters.Gradient).abs().max().Value() < 1e-5);
        Assert.Equal(heads.Where(head => head < Labelers - 1).Distinct().Order(), parameters.TouchedRows.Rows.Order());
    }

    /// <summary>Over a whole pass, each labeler's deviation has been penalised once, whatever batches their annotations fell into.</summary>
    [Fact]
    public void A_pass_penalises_each_deviation_once()
    {
        var settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["backbone"] = "linear", ["shared_pace"] = "1" });
        var network = new Network(settings, ItemEncoding.OfValues(3), heads: 3, classes: 2);
        // The second labeler has no annotation.
        var annotated = new AnnotatedItems([0, 1, 2], [0, 1, 2], [0, 2, 3, 4], [0, 2, 0, 0], [0, 1, 1, 0]);
        var features = Draw(3, 3).to(ScalarType.Float32);
        var with = Gradient(0.8);
        var difference = with.Gradient!.sub(Gradient(0).Gradient!).data<float>().ToArray();
        var values = with.Flat.data<float>().ToArray();

        // Shared weights and bias, then deviations: weights [2, 2, 3], biases [2, 2].
        var expected = new float[values.Length];
        foreach (var i in (int[])[.. Enumerable.Range(8, 6), 20, 21])
        {
            expected[i] = 0.8f * values[i];
        }

        Assert.All(expected.Zip(difference), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));

        ParameterSet Gradient(double shrinkage)
        {
            var parameters = new ParameterSet(network.Layout, trainable: true);
            parameters.Values.Fill(0.5f);
            using var plan = new EpochPlan(annotated, [2, 0, 1], batchSize: 2, itemsPerPiece: 1);
            using var loss = new AnnotationNetworkLoss(network, annotated, shrinkage);
            using var generator = new Generator(1);
            foreach (var piece in plan.Batches.SelectMany(batch => batch))
            {
                loss.Accumulate(new BatchPiece(plan, piece, features.index_select(0, plan.Rows(piece)), new Dropout(0, generator), 1), parameters);
            }

            return parameters;
        }
    }

    /// <summary>All weight is on a labeler who is left out: the others' shares come from their own logits.</summary>
    [Fact]
    public void Leaving_out_whoever_has_all_the_weight_leaves_the_rest_their_proportions()
    {
        var loss = new LeaveOwnOutLoss<float>(3, 1, Mixing.Linear);
        loss.SetLogits([200, 0, MathF.Log(3)]);
        loss.Accumulate([0], [1, 1, 1], [1], 1, default);

        Assert.All(((float[])[0, 0.25f, 0.75f]).Zip(loss.Weights.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    /// <summary>
    /// Three labelers with weights 1/2, 1/4, 1/4. Item 0 was labelled by the first: the others have 1/2 each, and give class 0
    /// 0.5 · 0.2 + 0.5 · 0.6 = 0.4. Item 1 was labelled by the last two: the first has all the weight and gives 0.9.
    /// </summary>
    [Fact]
    public void Own_labelers_are_left_out_and_the_rest_renormalised_as_worked_out_by_hand()
    {
        double[] logits = [Math.Log(2), 0, 0];
        var probabilities = tensor(new[] { 0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.9, 0.1, 0.5, 0.5, 0.3, 0.7 }, 2, 3, 2);
        var byClass = probabilities.transpose(1, 2).contiguous().data<double>().ToArray();
        var loss = new LeaveOwnOutLoss<double>(3, 2, Mixing.Linear);

        loss.SetLogits(logits);
        Assert.Equal(-Math.Log(0.4), loss.Accumulate([0], byClass.AsSpan(0, 6), [1, 0], 1, default), 1e-12);
        Assert.All(((double[])[0, 0.5, 0.5]).Zip(loss.Weights.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        var second = loss.Accumulate([1, 2], byClass.AsSpan(6, 6), [0.5, 0.5], 1, default);
        Assert.Equal(-(0.5 * Math.Log(0.9)) - (0.5 * Math.Log(0.1)), second, 1e-12);
        Assert.Equal([1, 0, 0], loss.Weights.ToArray());
        // Serving leaves nobody out: 1/2 · 0.9 + 1/4 · 0.2 + 1/4 · 0.6 for item 0.
        using var averaging = new FixedWeights(tensor(logits).softmax(0));
        var single = probabilities.to(ScalarType.Float32);
        Assert.Equal(0.65, averaging.Mix(averaging.Weights(single), single)[0, 0].Value(), 1e-6);
    }

    private Tensor Draw(params long[] shape) => rand(shape, dtype: ScalarType.Float64, generator: _generator).Times(4).Plus(-2);
}
