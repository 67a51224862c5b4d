using LabelerService.Core.Annotations;

namespace LabelerService.Core.Labelers;

/// <summary>
/// One labeler's answers beside what the others say of the items: the annotations of items that somebody else, or gold, says something of.
/// A buffer that is filled again for each labeler; each thread has its own.
/// </summary>
internal sealed class LabelerEvidence(OthersConsensus others, AnnotationTable table)
{
    private int[] _positions = [];
    private int[] _answers = [];
    private double[] _others = [];

    /// <summary>Number of classes K.</summary>
    public int ClassCount => table.ClassCount;

    /// <summary>Number of annotations n.</summary>
    public int Count { get; private set; }

    /// <summary>Positions in the table [n], by ascending item.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Count);

    /// <summary>Answers [n].</summary>
    public ReadOnlySpan<int> Answers => _answers.AsSpan(0, Count);

    /// <summary>What the others say of the items' classes, row-major [n, K].</summary>
    public ReadOnlySpan<double> Others => _others.AsSpan(0, Count * ClassCount);

    /// <summary>What the others say of the class of the i-th item [K].</summary>
    public ReadOnlySpan<double> OthersOf(int i) => _others.AsSpan(i * ClassCount, ClassCount);

    /// <summary>Mean probability, by the others, that an answer is right, times <see cref="Count"/>.</summary>
    public double Agreement()
    {
        var sum = 0.0;
        for (var i = 0; i < Count; i++)
        {
            sum += OthersOf(i)[_answers[i]];
        }

        return sum;
    }

    /// <summary>Σ_i (Σ_k q_i(k)² − 1/K)/(1 − 1/K): items whose class the others know, in [0, n]. 0 for one class.</summary>
    public double Information()
    {
        if (ClassCount == 1)
        {
            return 0;
        }

        var squares = 0.0;
        foreach (var p in Others)
        {
            squares += p * p;
        }

        var chance = 1.0 / ClassCount;
        return Math.Max(0, (squares - (Count * chance)) / (1 - chance));
    }

    /// <summary>Fills the buffer for a labeler.</summary>
    /// <param name="labeler">The labeler.</param>
    /// <param name="most">Most annotations; where there are more, these are spread evenly over the items.</param>
    public void Load(int labeler, int most = int.MaxValue)
    {
        Count = 0;
        var positions = table.PositionsOfLabeler(labeler);
        var used = Math.Min(positions.Length, most);
        if (_positions.Length < used)
        {
            _positions = new int[used];
            _answers = new int[used];
            _others = new double[checked(used * ClassCount)];
        }

        for (var i = 0; i < used; i++)
        {
            var position = positions[(int)((long)i * positions.Length / used)];
            if (others.SaysSomething(table.Items[position]))
            {
                _positions[Count] = position;
                _answers[Count] = table.Classes[position];
                others.Without(position, _others.AsSpan(Count * ClassCount, ClassCount));
                Count++;
            }
        }
    }
}
