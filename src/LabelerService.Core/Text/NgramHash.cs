namespace LabelerService.Core.Text;

/// <summary>
/// 64-bit FNV-1a over UTF-16 code units (Fowler, Noll, Vo), a separator after each token, finished by the mixer of SplitMix64 so that low
/// and high bits are equally good. Stable across machines and versions, unlike <see cref="string.GetHashCode()"/>.
/// </summary>
internal static class NgramHash
{
    public const ulong Start = 0xCBF29CE484222325;
    private const ulong Prime = 0x100000001B3;
    private const ulong Separator = 0x1F;

    public static ulong Append(ulong hash, ReadOnlySpan<char> token)
    {
        foreach (var c in token)
        {
            hash = unchecked((hash ^ c) * Prime);
        }

        return unchecked((hash ^ Separator) * Prime);
    }

    public static ulong Finish(ulong hash)
    {
        hash = unchecked((hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9);
        hash = unchecked((hash ^ (hash >> 27)) * 0x94D049BB133111EB);
        return hash ^ (hash >> 31);
    }
}
