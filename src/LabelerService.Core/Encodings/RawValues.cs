namespace LabelerService.Core.Encodings;

/// <summary>What is right for the values of any item.</summary>
internal static class RawValues
{
    /// <summary>What is wrong with values; null if they are finite.</summary>
    public static string? Problem(ReadOnlySpan<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return $"must be finite (value {i} is NaN or infinite)";
            }
        }

        return null;
    }
}
