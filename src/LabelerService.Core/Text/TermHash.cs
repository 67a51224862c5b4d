namespace LabelerService.Core.Text;

/// <summary>
/// 64-bit FNV-1a over UTF-16 code units (Fowler, Noll, Vo), finished by the mixer of SplitMix64 (Steele, Lea, Flood 2014). Stable across
/// machines and versions, unlike <see cref="string.GetHashCode()"/>.
/// </summary>
internal static class TermHash
{
    public const ulong Start = 0xCBF29CE484222325;
    private const ulong Prime = 0x100000001B3;

    public static ulong Append(ulong hash, ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            hash = unchecked((hash ^ c) * Prime);
        }

        return hash;
    }

    /// <summary>Appends a part that was hashed already.</summary>
    public static ulong Append(ulong hash, ulong part) => unchecked((hash ^ Finish(part)) * Prime);

    public static ulong Finish(ulong hash)
    {
        hash = unchecked((hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9);
        hash = unchecked((hash ^ (hash >> 27)) * 0x94D049BB133111EB);
        return hash ^ (hash >> 31);
    }
}
