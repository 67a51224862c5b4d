using System.Text;

namespace LabelerService.Core.Encodings;

/// <summary>Texts in memory, as their bytes of UTF-8: half of what strings would take.</summary>
public sealed class RawTexts : RawItems
{
    private readonly List<byte[]> _texts = [];

    /// <inheritdoc/>
    public override int Count => _texts.Count;

    /// <summary>Bytes of all texts together.</summary>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    public override RawItem this[int index] => new(default, Encoding.UTF8.GetString(_texts[index]));

    /// <summary>Adds a text. Not while another thread reads.</summary>
    /// <param name="utf8">Its bytes; not copied.</param>
    public void Add(byte[] utf8)
    {
        _texts.Add(utf8);
        Bytes += utf8.Length;
    }
}
