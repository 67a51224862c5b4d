using LabelerService.Cli.Client;

namespace LabelerService.Cli.Files;

/// <summary>
/// Where a file of labels has its columns: ours (<c>item,labeler,label,time,confidence</c>) or crowd-kit's
/// (<c>task,worker,label</c>), in any order.
/// </summary>
/// <param name="Item">Index of the item's column.</param>
/// <param name="Labeler">Index of the labeler's column; −1 in a file of gold classes.</param>
/// <param name="Label">Index of the label's column.</param>
/// <param name="Time">Index of the time's column, −1 if there is none.</param>
/// <param name="Confidence">Index of the confidence's column, −1 if there is none.</param>
/// <param name="Count">Columns of the file.</param>
/// <param name="Ignored">Names of columns that mean nothing here.</param>
internal sealed record LabelColumns(int Item, int Labeler, int Label, int Time, int Confidence, int Count, IReadOnlyList<string> Ignored)
{
    private static readonly string[][] Spellings = [["item", "task"], ["labeler", "worker"], ["label"], ["time"], ["confidence"]];

    /// <summary>Reads a header.</summary>
    /// <param name="path">File, for messages.</param>
    /// <param name="names">Names of the columns.</param>
    /// <param name="gold">Whether the file holds gold classes: no labeler, time or confidence.</param>
    /// <exception cref="CommandException">A column is missing or there twice.</exception>
    public static LabelColumns Parse(string path, IReadOnlyList<string> names, bool gold)
    {
        var trimmed = names.Select(name => name.Trim().ToLowerInvariant()).ToArray();
        var found = new int[Spellings.Length];
        var used = gold ? [true, false, true, false, false] : new[] { true, true, true, true, true };
        for (var i = 0; i < Spellings.Length; i++)
        {
            var places = Enumerable.Range(0, trimmed.Length).Where(at => used[i] && Spellings[i].Contains(trimmed[at])).ToArray();
            if (places.Length > 1)
            {
                throw new CommandException(
                    $"{path} line 1: two columns are the {Spellings[i][0]}: {string.Join(", ", places.Select(at => names[at]))}");
            }

            found[i] = places.Length == 1 ? places[0] : -1;
        }

        var wanted = gold ? "item,label" : "item,labeler,label[,time,confidence]";
        var missing = Enumerable.Range(0, 3).Where(i => used[i] && found[i] < 0).Select(i => Spellings[i][0]).ToArray();
        if (missing.Length > 0)
        {
            throw new CommandException(
                $"{path} line 1: there is no column {string.Join(" and no column ", missing)}; "
                + $"the first line must name the columns {wanted}, in any order");
        }

        var ignored = names.Where((_, at) => !found.Contains(at)).ToArray();
        return new LabelColumns(found[0], found[1], found[2], found[3], found[4], names.Count, ignored);
    }
}
