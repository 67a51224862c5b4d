using LabelerService.Core.Training;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Backbones;

/// <summary>
/// Convolutions over images, whose rows are [height, width, channels]. Blocks of a valid convolution, ReLU and 2×2 max-pooling, then one
/// fully connected layer of ReLU units, which dropout acts on. Capacity S is the net that Who Said What learns noisy digits with (section
/// 2: 5×5 convolutions to 16 and 25 maps, 32 units); M and L are wider. Maps that are still large after two blocks go through further
/// blocks of 3×3 convolutions, so that the fully connected layer does not grow with the image.
/// </summary>
internal sealed class ConvolutionalBackbone : Backbone
{
    private const int Pool = 2;
    private const int Large = 5;
    private const int Small = 3;

    // A 5×5 convolution leaves enough to pool of a map of this side; below it a 3×3 is used.
    private const int SmallestForLarge = 6;

    // Above this side another block follows.
    private const int LargestForUnits = 8;
    private readonly IReadOnlyList<int> _shape;
    private readonly List<Block> _blocks = [];
    private readonly ParameterSlot _weight;
    private readonly ParameterSlot _bias;
    private readonly int _flat;

    private sealed record Block(ParameterSlot Weight, ParameterSlot Bias, int Inputs);

    /// <summary>Declares the net.</summary>
    /// <param name="shape">Height, width and channels; sides of at least <see cref="BackboneRules.SmallestSide"/>.</param>
    /// <param name="capacity">How wide it is.</param>
    /// <param name="layout">What its parameters are declared in.</param>
    public ConvolutionalBackbone(IReadOnlyList<int> shape, BackboneCapacity capacity, ParameterLayout layout)
    {
        _shape = shape;
        var (first, later, units) = capacity switch
        {
            BackboneCapacity.S => (16, 25, 32),
            BackboneCapacity.M => (32, 64, 128),
            _ => (64, 128, 512),
        };
        var (height, width, maps) = (shape[0], shape[1], shape[2]);
        var values = (long)height * width * maps;
        do
        {
            var side = Math.Min(height, width);
            var kernel = _blocks.Count < 2 && side >= (_blocks.Count == 0 ? BackboneRules.SmallestSide : SmallestForLarge) ? Large : Small;
            var next = _blocks.Count == 0 ? first : later;
            var name = $"convolution{_blocks.Count + 1}";
            _blocks.Add(new Block(
                layout.Declare(name + ".weight", ParameterRole.Weight, next, maps, kernel, kernel),
                layout.Declare(name + ".bias", ParameterRole.Bias, next), maps * kernel * kernel));
            (height, width, maps) = (height - kernel + 1, width - kernel + 1, next);
            // Sums and their ReLU, then what is left of them and where it was.
            values += 2L * maps * height * width;
            (height, width) = (height / Pool, width / Pool);
            values += 2L * maps * height * width;
        }
        while (_blocks.Count < 2 || (Math.Max(height, width) > LargestForUnits && Math.Min(height, width) >= Small + 1));

        _flat = checked(maps * height * width);
        _weight = layout.Declare("units.weight", ParameterRole.Weight, units, _flat);
        _bias = layout.Declare("units.bias", ParameterRole.Bias, units);
        Width = units;
        ValuesPerItem = values + (3L * units);
    }

    public override int Width { get; }

    public override long ValuesPerItem { get; }

    public override void Initialise(ParameterSet parameters, Generator generator)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var block in _blocks)
        {
            DrawWithin(block.Inputs, generator, parameters[block.Weight], parameters[block.Bias]);
        }

        DrawWithin(_flat, generator, parameters[_weight], parameters[_bias]);
    }

    public override Tensor Forward(Tensor features, ParameterSet parameters, Dropout? dropout)
    {
        var maps = features.view(-1, _shape[0], _shape[1], _shape[2]).permute(0, 3, 1, 2);
        foreach (var block in _blocks)
        {
            var sums = nn.functional.conv2d(ChannelsLast(maps), parameters[block.Weight], parameters[block.Bias]);
            maps = nn.functional.max_pool2d(sums.relu(), Pool, Pool);
        }

        var z = addmm(parameters[_bias], maps.reshape(-1, _flat), parameters[_weight].t(), 1, 1).relu();
        return dropout?.Apply(z) ?? z;
    }

    // The channels of a pixel beside each other in memory. In the other order oneDNN 3.7.1 (of libtorch 2.10) packs channels into blocks of 8 or
    // 16, and leaves what fills the last block as it found it: where that is not a number, outputs and gradients of, say, 25 maps are none either.
    private static Tensor ChannelsLast(Tensor maps) => maps.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    public override string AppendTo(GraphBuilder graph, string input, ParameterSet parameters)
    {
        var image = graph.Node("Reshape", "image", [input, graph.Integers("image.shape", -1, _shape[0], _shape[1], _shape[2])]);
        var maps = graph.Transpose("image.maps", image, 0, 3, 1, 2);
        for (var i = 0; i < _blocks.Count; i++)
        {
            var name = $"convolution{i + 1}";
            var weight = graph.Weight(name + ".weight", parameters[_blocks[i].Weight]);
            var bias = graph.Constant(name + ".bias", parameters[_blocks[i].Bias]);
            var sums = graph.Node("Conv", name + ".sum", [maps, weight, bias]);
            maps = graph.MaxPool(name, graph.Node("Relu", name + ".relu", [sums]), Pool);
        }

        var flat = graph.Node("Reshape", "units.inputs", [maps, graph.Integers("units.inputs.shape", -1, _flat)]);
        var units = graph.Node(
            "Gemm", "units.sum", [flat, graph.Weight("units.weight", parameters[_weight]), graph.Constant("units.bias", parameters[_bias])],
            ("transB", 1));
        return graph.Node("Relu", "units", [units]);
    }
}
