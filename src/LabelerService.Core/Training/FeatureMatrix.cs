namespace LabelerService.Core.Training;

/// <summary>
/// Features of a snapshot's items, row-major [N, D] float32, N and D being the snapshot's. In memory they are a <see cref="FeatureArray"/>; where
/// they are more than that they are a <see cref="FeatureFile"/>, of which the system keeps in memory what is looked at.
/// </summary>
public abstract class FeatureMatrix : IDisposable
{
    /// <summary>Features held in memory, the array itself.</summary>
    public static implicit operator FeatureMatrix(float[] values) => new FeatureArray(values);

    /// <summary>Copies one row.</summary>
    /// <param name="row">Index of the item, from 0.</param>
    /// <param name="destination">D values.</param>
    public abstract void CopyRow(int row, Span<float> destination);

    /// <summary>All values in memory: the array itself where there is one, else read from the file.</summary>
    /// <exception cref="InvalidOperationException">They are more than an array can hold.</exception>
    public abstract float[] Load();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the features are in.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>Features in memory.</summary>
/// <param name="values">Row-major [N, D].</param>
public sealed class FeatureArray(float[] values) : FeatureMatrix
{
    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination) =>
        values.AsSpan(checked(row * destination.Length), destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    public override float[] Load() => values;
}
