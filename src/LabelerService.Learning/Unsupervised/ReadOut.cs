using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Unsupervised;

/// <summary>The few linear outputs y = W z + b that a representation z [N, h] is trained by.</summary>
internal sealed class ReadOut(int width, int outputs, ParameterLayout layout)
{
    // Outputs that do not vary at all stay 0 instead of becoming NaN.
    private const double SmallestVariance = 1e-12;

    // ε as a share of the mean variance: directions in which next to nothing happens are not blown up.
    private const double SmallestShare = 0.01;
    private readonly ParameterSlot _weight = layout.Declare("readout.weight", ParameterRole.Weight, outputs, width);
    private readonly ParameterSlot _bias = layout.Declare("readout.bias", ParameterRole.Bias, outputs);

    /// <summary>Number of outputs m.</summary>
    public int Outputs => outputs;

    /// <summary>Draws initial weights; uniform within 1/√h (LeCun et al. 1998).</summary>
    public void Initialise(ParameterSet parameters, Generator generator)
    {
        using var noGrad = no_grad();
        var bound = 1 / Math.Sqrt(width);
        using var scope = NewDisposeScope();
        parameters[_weight].uniform_(-bound, bound, generator);
    }

    /// <summary>
    /// Sets initial weights to the directions in which items differ most compared with how much views of one item do: the m greatest
    /// v of B v = λ (W + ε I) v, with B the covariance of items' mean representations and W that of views about their item's mean (Fisher's discriminant with
    /// an item for a class). With one view W is 0 and these are principal components. What all of an item says is then in the outputs from the start;
    /// a drawn direction is as often as not one that training sharpens into a split by where a sequence happened to end.
    /// </summary>
    /// <param name="views">Representations of the views of some items, view by view [V, n, h].</param>
    /// <param name="parameters">Receives the weights; outputs have mean 0 and standard deviation 1 over the items.</param>
    public void Align(Tensor views, ParameterSet parameters)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var all = views.to(ScalarType.Float64);
        var (count, items) = (all.shape[0], all.shape[1]);
        var means = all.mean([0]);
        var centre = means.mean([0]);
        var between = Product(means.sub(centre)).Times(1.0 / items);
        var within = Product(all.sub(means).reshape(-1, width)).Times(1.0 / (items * Math.Max(count - 1, 1)));
        var ridge = SmallestShare * (Trace(between) + Trace(within)) / width;
        var inverse = linalg.inv(linalg.cholesky(within.Plus(eye(width, dtype: ScalarType.Float64).Times(ridge + SmallestVariance))));
        var vectors = linalg.eigh(inverse.mm(between).mm(inverse.t())).Item2;
        // Eigenvalues ascend.
        var chosen = inverse.t().mm(vectors.narrow(1, width - Math.Min(outputs, width), Math.Min(outputs, width))).t();
        for (var i = 0; i < Math.Min(outputs, width); i++)
        {
            parameters[_weight].select(0, i).copy_(chosen.select(0, i));
        }

        parameters[_bias].zero_();
        Absorb(Forward(means.to(parameters.Flat.dtype), parameters), parameters);
    }

    /// <summary>y [N, m] of z [N, h].</summary>
    public Tensor Forward(Tensor representation, ParameterSet parameters) =>
        addmm(parameters[_bias], representation, parameters[_weight].t(), 1, 1);

    /// <summary>Outputs brought to mean 0 and a given standard deviation over a batch; gradients go through mean and deviation.</summary>
    public static Tensor Standardise(Tensor outputs, double spread)
    {
        var away = outputs.sub(outputs.mean([0], keepdim: true));
        return away.div(away.Squared().mean([0], keepdim: true).Plus(SmallestVariance).sqrt()).Times(spread);
    }

    /// <summary>Changes weights and biases so that the outputs [N, m] that they give have mean 0 and standard deviation 1.</summary>
    public void Absorb(Tensor outputs, ParameterSet parameters)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var mean = outputs.mean([0]);
        var scale = outputs.sub(mean).Squared().mean([0]).Plus(SmallestVariance).sqrt().reciprocal();
        parameters[_weight].mul_(scale.unsqueeze(1));
        parameters[_bias].sub_(mean).mul_(scale);
    }

    private static Tensor Product(Tensor rows) => rows.t().mm(rows);

    private static double Trace(Tensor square) => square.diag().sum().Value();
}
