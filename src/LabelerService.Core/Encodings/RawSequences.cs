using LabelerService.Core.Training;

namespace LabelerService.Core.Encodings;

/// <summary>Sequences of any lengths, one after the other in memory or in a file.</summary>
public sealed class RawSequences : RawItems
{
    private readonly float[]? _values;
    private readonly FeatureFile? _file;
    private readonly int[] _ends;

    /// <summary>Sequences in memory; nothing is copied.</summary>
    /// <param name="stepLength">Values a step, d.</param>
    /// <param name="ends">Number of steps up to the end of each sequence, ascending.</param>
    /// <param name="values">All steps, row-major [steps, d].</param>
    public RawSequences(int stepLength, int[] ends, float[] values)
        : this(stepLength, ends) => _values = values;

    /// <summary>Sequences in a file, a step a row.</summary>
    /// <param name="ends">Number of steps up to the end of each sequence, ascending.</param>
    /// <param name="file">All steps; owned.</param>
    public RawSequences(int[] ends, FeatureFile file)
        : this(file.Length, ends) => _file = file;

    private RawSequences(int stepLength, int[] ends) => (StepLength, _ends) = (stepLength, ends);

    /// <summary>Values a step, d.</summary>
    public int StepLength { get; }

    /// <inheritdoc/>
    public override int Count => _ends.Length;

    /// <inheritdoc/>
    public override RawItem this[int index]
    {
        get
        {
            var (first, steps) = (Start(index), StepsOf(index));
            if (_file is null)
            {
                return new RawItem(_values.AsMemory(first * StepLength, steps * StepLength));
            }

            var values = new float[steps * StepLength];
            _file.CopyRows(first, values);
            return new RawItem(values);
        }
    }

    /// <summary>Number of steps of a sequence.</summary>
    /// <param name="index">Index of the item, from 0.</param>
    public int StepsOf(int index) => _ends[index] - Start(index);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Start(int index) => index == 0 ? 0 : _ends[index - 1];
}
