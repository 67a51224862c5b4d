using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Backbones;

/// <summary>Inverted dropout (Srivastava et al. 2014) from a generator of its own.</summary>
internal sealed class Dropout(double probability, Generator generator)
{
    /// <summary>Zeroes each value with the given probability and scales the rest so that the mean stays.</summary>
    public Tensor Apply(Tensor values)
    {
        if (probability == 0)
        {
            return values;
        }

        var mask = empty(values.shape, dtype: values.dtype).bernoulli_(1 - probability, generator);
        return values.mul(mask.TimesInPlace(1 / (1 - probability)));
    }

    /// <summary>Keeps where the generator is.</summary>
    public void Save(JournalState state) => state.Put("dropout.generator", generator);

    /// <summary>Restores it.</summary>
    /// <exception cref="InvalidDataException">That is no state of a generator.</exception>
    public void Load(JournalState state) => state.Read("dropout.generator", generator);
}
