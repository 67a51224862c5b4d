using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Files.Import;

/// <summary>PNG and JPEG files as rows: the item is the file's name without its extension.</summary>
internal sealed class ImageFolderReader : TableReader
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg"];

    private readonly IEnumerator<string> _files;
    private readonly Dictionary<string, string> _seen = new(StringComparer.Ordinal);
    private readonly int _item;
    private readonly int _path;
    private long _row;

    /// <param name="paths">Files, and folders whose files are taken (not those of folders within).</param>
    /// <param name="columns">The columns to fill.</param>
    public ImageFolderReader(IReadOnlyList<string> paths, IReadOnlyList<Column> columns)
        : base(columns)
    {
        _files = paths.SelectMany(Files).GetEnumerator();
        _item = columns.ToList().FindIndex(column => column.IsNamed("item"));
        _path = columns.ToList().FindIndex(column => column.IsNamed("path"));
    }

    public override ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_files.MoveNext())
        {
            return ValueTask.FromResult(false);
        }

        var file = _files.Current;
        var place = new RowPlace(RowPlaceKind.File, _row++, Name: file);
        var item = Path.GetFileNameWithoutExtension(file);
        if (!_seen.TryAdd(item, file))
        {
            return ValueTask.FromResult(Refuse(place, $"is item {item}, which {_seen[item]} is already"));
        }

        Place = place;
        Problem = null;
        Array.Clear(Cells);
        Cells[_item] = Cell.Of(item);
        Cells[_path] = Cell.Of(Path.GetFullPath(file));
        return ValueTask.FromResult(true);
    }

    public override ValueTask DisposeAsync()
    {
        _files.Dispose();
        return base.DisposeAsync();
    }

    private static IEnumerable<string> Files(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path).Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant())).Order(StringComparer.Ordinal)
        : [path];
}
