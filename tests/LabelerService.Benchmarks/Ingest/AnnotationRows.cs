namespace LabelerService.Benchmarks.Ingest;

/// <summary>
/// Annotations in the order in which a crowd sends them: every item is labelled by as many labelers, the pairs come scattered over items and
/// labelers, and no pair comes twice. Nothing is stored: row number → row.
/// </summary>
/// <param name="items">Items.</param>
/// <param name="labelers">Labelers.</param>
/// <param name="each">Annotations of each item, at most the number of labelers.</param>
/// <param name="classes">Classes.</param>
internal sealed class AnnotationRows(int items, int labelers, int each, int classes)
{
    // A prime far above any number of rows is coprime to it, so that multiples of it visit every row once.
    private const long Stride = 2_654_435_761;

    public int Items => items;

    public int Labelers => labelers;

    public long Count => (long)items * each;

    /// <summary>A row, by its number from 0.</summary>
    public (int Item, int Labeler, int Class) this[long number]
    {
        get
        {
            var pair = (long)((UInt128)(ulong)number * (ulong)Stride % (ulong)Count);
            var item = (int)(pair / each);
            var turn = (int)(pair % each);
            return (item, (int)(((item * 7L) + turn) % labelers), (int)(((item * 31L) + (turn * 17L)) % classes));
        }
    }

    public static string ItemId(int item) => $"scene-{item:D8}";

    public static string LabelerId(int labeler) => $"labeler-{labeler:D4}";
}
