using System.Runtime.InteropServices;
using LabelerService.Core.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace LabelerService.Server.Inference;

/// <summary>
/// Memory that one block at a time is run in: inputs and outputs lie outside the managed heap at a fixed place, bound to the graph once for
/// every number of rows. Running a block allocates nothing, and disposing of a model gives everything back at once.
/// </summary>
internal sealed unsafe class BlockBuffers : IDisposable
{
    private const nuint Alignment = 64;

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions;
    private readonly ModelSession _model;
    private readonly List<OrtValue> _values = [];
    private readonly OrtIoBinding?[] _ensemble;
    private readonly OrtIoBinding?[] _distilled;
    private float* _memory;
    private readonly float* _input;
    private readonly float* _probabilities;
    private readonly float* _labelerProbabilities;
    private readonly float* _labelerWeights;

    /// <summary>Takes memory for blocks of a model.</summary>
    public BlockBuffers(InferenceSession session, RunOptions runOptions, ModelSession model)
    {
        (_session, _runOptions, _model) = (session, runOptions, model);
        (_ensemble, _distilled) = (new OrtIoBinding?[model.MaxRows + 1], new OrtIoBinding?[model.MaxRows + 1]);
        nuint rows = (nuint)model.MaxRows, classes = (nuint)model.ClassCount, heads = (nuint)model.HeadCount;
        nuint[] lengths = [rows * (nuint)model.Manifest.FeatureLength, rows * classes, rows * heads * classes, rows * heads];
        var total = lengths.Aggregate((nuint)0, (sum, length) => sum + Padded(length));
        _memory = (float*)NativeMemory.AlignedAlloc(total * sizeof(float), Alignment);
        _input = _memory;
        _probabilities = _input + Padded(lengths[0]);
        _labelerProbabilities = _probabilities + Padded(lengths[1]);
        _labelerWeights = _labelerProbabilities + Padded(lengths[2]);
    }

    /// <summary>Features, row-major [n, D].</summary>
    public Span<float> Input(int values) => new(_input, values);

    /// <summary>Distributions of the ensemble or the distilled head, row-major [n, K].</summary>
    public ReadOnlySpan<float> Probabilities(int rows) => new(_probabilities, rows * _model.ClassCount);

    /// <summary>Distributions of the heads, row-major [n, R, K].</summary>
    public ReadOnlySpan<float> LabelerProbabilities(int rows) => new(_labelerProbabilities, rows * _model.HeadCount * _model.ClassCount);

    /// <summary>Weights of the heads, row-major [n, R].</summary>
    public ReadOnlySpan<float> LabelerWeights(int rows) => new(_labelerWeights, rows * _model.HeadCount);

    /// <summary>Runs the graph on the first rows of the input.</summary>
    public void Run(int rows, bool distilled)
    {
        var bindings = distilled ? _distilled : _ensemble;
        _session.RunWithBinding(_runOptions, bindings[rows] ??= Bind(rows, distilled));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var binding in _ensemble.Concat(_distilled))
        {
            binding?.Dispose();
        }

        foreach (var value in _values)
        {
            value.Dispose();
        }

        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }

    private static nuint Padded(nuint length) => (length + 15) & ~(nuint)15;

    private OrtIoBinding Bind(int rows, bool distilled)
    {
        var binding = _session.CreateIoBinding();
        long classes = _model.ClassCount, heads = _model.HeadCount;
        binding.BindInput(ServingGraph.Features, Value(_input, rows, _model.Manifest.FeatureLength));
        if (distilled)
        {
            binding.BindOutput(ServingGraph.Distilled, Value(_probabilities, rows, classes));
        }
        else
        {
            binding.BindOutput(ServingGraph.Probabilities, Value(_probabilities, rows, classes));
            binding.BindOutput(ServingGraph.LabelerProbabilities, Value(_labelerProbabilities, rows, heads, classes));
            binding.BindOutput(ServingGraph.LabelerWeights, Value(_labelerWeights, rows, heads));
        }

        return binding;
    }

    private OrtValue Value(float* memory, params ReadOnlySpan<long> shape)
    {
        var bytes = (long)sizeof(float);
        foreach (var side in shape)
        {
            bytes *= side;
        }

        var value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape.ToArray(), (nint)memory, bytes);
        _values.Add(value);
        return value;
    }
}
