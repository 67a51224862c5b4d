namespace LabelerService.Formats.Tables;

/// <summary>A format of files. A new one is a class and a line in <see cref="FormatCatalogue"/>.</summary>
public interface ITableFormat
{
    /// <summary>Its name, as <c>--format</c> takes it.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Description { get; }

    /// <summary>Extensions of its files, with the dot, lower case; the first is the one that is written.</summary>
    public IReadOnlyList<string> Extensions { get; }

    /// <summary>Whether a file that begins so is of this format.</summary>
    /// <param name="head">Up to the first 4 KiB.</param>
    public bool Recognises(ReadOnlySpan<byte> head);

    /// <summary>Whether it has room for this kind of row.</summary>
    public bool Holds(RowKind kind);

    /// <summary>Opens a file to read.</summary>
    /// <param name="stream">The file, at its beginning and seekable; stays the caller's to dispose.</param>
    /// <param name="kind">What its rows are.</param>
    /// <param name="columns">The columns to look for.</param>
    /// <param name="options">What the file cannot tell itself.</param>
    public TableReader OpenReader(Stream stream, RowKind kind, IReadOnlyList<Column> columns, ReadOptions options);

    /// <summary>Begins a file.</summary>
    /// <param name="stream">Where to; stays the caller's to dispose.</param>
    /// <param name="kind">What its rows are.</param>
    /// <param name="columns">The columns that rows will have.</param>
    /// <param name="options">How to write.</param>
    public TableWriter OpenWriter(Stream stream, RowKind kind, IReadOnlyList<Column> columns, WriteOptions options);
}

/// <summary>What the rows of a file are.</summary>
public enum RowKind
{
    /// <summary>Who said what about which item.</summary>
    Labels,

    /// <summary>Gold classes.</summary>
    Gold,

    /// <summary>Items with their contents.</summary>
    Items,

    /// <summary>Labelers.</summary>
    Labelers,

    /// <summary>What a model says of items; only written.</summary>
    Predictions,
}

/// <summary>What a file cannot tell itself.</summary>
/// <param name="ItemKey">Label Studio: key of a task's data that is the item; null takes <c>item_id</c> where a task has it, else the task's id.</param>
/// <param name="LabelKey">Label Studio: name of the control whose choice is the label; null takes the only one.</param>
/// <param name="MaximumRowBytes">Largest row that is read.</param>
public sealed record ReadOptions(string? ItemKey = null, string? LabelKey = null, int MaximumRowBytes = ReadOptions.DefaultMaximumRowBytes)
{
    /// <summary>Largest row unless told otherwise: 32 MiB, an image of 20 MiB in base64 with room to spare.</summary>
    public const int DefaultMaximumRowBytes = 32 << 20;
}

/// <summary>How to write.</summary>
/// <param name="SpreadsheetSafe">
/// Delimited text: text that a spreadsheet would run as a formula gets an apostrophe in front. Such a file does not read back exactly.
/// </param>
public sealed record WriteOptions(bool SpreadsheetSafe = false);
