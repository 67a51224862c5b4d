using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>Labelers without annotations.</summary>
internal static class UnseenLabelers
{
    /// <summary>Gives them the mean skill of the others, weighted by annotations; where nobody has annotated, skills stay.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="skills">Skills of the labelers [R].</param>
    internal static void Fill(AnnotationTable table, double[] skills)
    {
        if (table.Count == 0)
        {
            return;
        }

        var mean = 0.0;
        for (var r = 0; r < skills.Length; r++)
        {
            mean += skills[r] * table.CountOfLabeler(r);
        }

        mean = Math.Clamp(mean / table.Count, 0, 1);
        for (var r = 0; r < skills.Length; r++)
        {
            skills[r] = table.CountOfLabeler(r) == 0 ? mean : skills[r];
        }
    }
}
