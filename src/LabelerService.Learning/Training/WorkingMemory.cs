namespace LabelerService.Learning.Training;

/// <summary>Bounds of the tensors that come and go within a step, so that memory does not follow the number of labelers or items.</summary>
internal static class WorkingMemory
{
    /// <summary>Most float32 values of one intermediate tensor (64 MiB).</summary>
    private const long Values = 16 * 1024 * 1024;

    /// <summary>How many rows of so many values fit; at least one.</summary>
    public static int Rows(long valuesPerRow) => (int)Math.Clamp(Values / Math.Max(valuesPerRow, 1), 1, 65_536);
}
