using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.Skills;

/// <summary>The annotations in the two orders in which MACE reads them: what all runs share.</summary>
internal sealed class MaceData
{
    private readonly int[] _offsets;
    private readonly int[] _posteriorCells;
    private readonly int[] _parameterCells;

    internal MaceData(AggregationInput input)
    {
        (Input, Classes) = (input, input.Table.ClassCount);
        var table = input.Table;
        _offsets = new int[checked(table.LabelerCount * Classes) + 1];
        _posteriorCells = new int[table.Count];
        _parameterCells = new int[table.Count];
        for (var i = 0; i < table.Count; i++)
        {
            _parameterCells[i] = (table.Labelers[i] * Classes) + table.Classes[i];
            _offsets[_parameterCells[i] + 1]++;
        }

        for (var cell = 1; cell < _offsets.Length; cell++)
        {
            _offsets[cell] += _offsets[cell - 1];
        }

        var next = _offsets.AsSpan(0, _offsets.Length - 1).ToArray();
        for (var i = 0; i < table.Count; i++)
        {
            _posteriorCells[next[_parameterCells[i]]++] = checked(table.Items[i] * Classes) + table.Classes[i];
        }

        Fingerprints = MaceStarts.Fingerprints(table);
    }

    internal AggregationInput Input { get; }

    internal AnnotationTable Table => Input.Table;

    /// <summary>Number of classes K.</summary>
    internal int Classes { get; }

    /// <summary>Where the starts of each labeler come from [R].</summary>
    internal ulong[] Fingerprints { get; }

    /// <summary>r·K + y of each annotation, in the order of the table.</summary>
    internal ReadOnlySpan<int> ParameterCells => _parameterCells;

    /// <summary>n·K + y of the annotations of labeler r that name class y; the cell is r·K + y.</summary>
    internal ReadOnlySpan<int> PosteriorCells(int cell) => _posteriorCells.AsSpan(_offsets[cell], _offsets[cell + 1] - _offsets[cell]);

    /// <summary>How often labeler r names class y; the cell is r·K + y.</summary>
    internal int Named(int cell) => _offsets[cell + 1] - _offsets[cell];
}
