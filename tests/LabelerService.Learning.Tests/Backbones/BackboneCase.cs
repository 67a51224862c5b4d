using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Backbones;

/// <summary>A backbone with drawn values, in the precision asked for.</summary>
internal sealed class BackboneCase : IDisposable
{
    private readonly ParameterLayout _layout = new();

    public BackboneCase(Func<ParameterLayout, Backbone> create, ScalarType type = ScalarType.Float32, bool trainable = false)
    {
        Backbone = create(_layout);
        Parameters = new ParameterSet(_layout, trainable, type);
        using var generator = new Generator(5);
        Backbone.Initialise(Parameters, generator);
    }

    public Backbone Backbone { get; }

    public ParameterSet Parameters { get; }

    public ParameterLayout Layout => _layout;

    public static BackboneCase Of(ItemEncoding encoding, string settings, ScalarType type = ScalarType.Float32, bool trainable = false)
    {
        var map = settings.Split(' ').Select(setting => setting.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return new BackboneCase(layout => Backbone.Create(AlgorithmCatalogue.Validate("bn", map), encoding, layout), type, trainable);
    }

    /// <summary>Rows of sequences of standard normal values, zero-padded.</summary>
    public static float[] Sequences(int stepLength, int maxSteps, int seed, params ReadOnlySpan<int> lengths)
    {
        var random = new Random(seed);
        var rows = new float[lengths.Length * (1 + (maxSteps * stepLength))];
        for (var n = 0; n < lengths.Length; n++)
        {
            var row = rows.AsSpan(n * (1 + (maxSteps * stepLength)));
            row[0] = lengths[n];
            for (var i = 0; i < lengths[n] * stepLength; i++)
            {
                row[1 + i] = (float)((random.NextDouble() * 4) - 2);
            }
        }

        return rows;
    }

    /// <summary>A weight for every output that differs from all others, float64.</summary>
    public static Tensor Weights(int items, int width) =>
        tensor(Enumerable.Range(0, items * width).Select(i => Math.Cos(i)).ToArray(), items, width);

    /// <summary>z of rows, row-major.</summary>
    public float[] Forward(float[] rows, int length)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Backbone.Forward(tensor(rows, rows.Length / length, length), Parameters, null).contiguous().data<float>().ToArray();
    }

    /// <summary>z of rows by the serving graph.</summary>
    public float[] Served(float[] rows, int length)
    {
        var graph = new GraphBuilder();
        graph.Output("z", Backbone.AppendTo(graph, graph.Input("x", -1, length), Parameters), -1, Backbone.Width);
        using var session = new InferenceSession(graph.Build("test", "a backbone", []));
        using var input = OrtValue.CreateTensorValueFromMemory(rows, [rows.Length / length, length]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["x"], [input], ["z"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose() => Parameters.Dispose();
}
