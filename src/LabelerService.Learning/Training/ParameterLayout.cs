namespace LabelerService.Learning.Training;

/// <summary>Whether penalties on weights apply to a parameter.</summary>
internal enum ParameterRole
{
    /// <summary>Penalised.</summary>
    Weight,

    /// <summary>Not penalised.</summary>
    Bias,

    /// <summary>
    /// One row a labeler, [R, …]: a step reads and writes only the rows it has marked as touched (see <see cref="RowAdam"/>), and penalties
    /// are left to the loss.
    /// </summary>
    Row,
}

/// <summary>Where a parameter lies in a <see cref="ParameterSet"/>.</summary>
internal readonly record struct ParameterSlot(int Index);

/// <summary>The names and shapes of a net's parameters. Declared once; any number of <see cref="ParameterSet"/>s follow it.</summary>
internal sealed class ParameterLayout
{
    private readonly List<Entry> _entries = [];

    internal sealed record Entry(string Name, long[] Shape, ParameterRole Role)
    {
        public long Length { get; } = Shape.Aggregate(1L, (product, side) => checked(product * side));
    }

    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>Number of values in all parameters.</summary>
    public long Length => _entries.Sum(entry => entry.Length);

    /// <summary>Number of values in parameters that penalties apply to; they come first in the flat order.</summary>
    public long WeightLength => _entries.Where(entry => entry.Role == ParameterRole.Weight).Sum(entry => entry.Length);

    /// <summary>Number of values in parameters that every step moves; those by row come after them in the flat order.</summary>
    public long DenseLength => _entries.Where(entry => entry.Role != ParameterRole.Row).Sum(entry => entry.Length);

    /// <summary>Rows R of the parameters by row; 0 where there are none.</summary>
    public int RowCount { get; private set; }

    /// <summary>Adds a parameter. All parameters by row have the same number of rows.</summary>
    public ParameterSlot Declare(string name, ParameterRole role, params long[] shape)
    {
        if (role == ParameterRole.Row)
        {
            if (RowCount != 0 && RowCount != shape[0])
            {
                throw new ArgumentException($"{name} has {shape[0]} rows, parameters before it {RowCount}.", nameof(shape));
            }

            RowCount = checked((int)shape[0]);
        }

        _entries.Add(new Entry(name, shape, role));
        return new ParameterSlot(_entries.Count - 1);
    }
}
