using System.Xml;
using LabelerService.Core.Errors;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// Reads a label config. It is a stranger's XML: no document type, so no entities; nothing is fetched; size and depth are bounded.
/// </summary>
internal static class LabelConfigReader
{
    private const int MostCharacters = 1 << 20;
    private const int MostDepth = 64;
    private const int MostElements = 20_000;

    /// <summary>Reads a label config.</summary>
    /// <param name="xml">The XML.</param>
    /// <param name="field">Path of it in the request.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field.</exception>
    public static LabelConfig Read(string xml, string field)
    {
        if (xml.Length > MostCharacters)
        {
            throw ServiceException.InvalidField(field, $"has more than {MostCharacters} characters");
        }

        var controls = new List<StudioControl>();
        var objects = new Dictionary<string, StudioObject>(StringComparer.Ordinal);
        try
        {
            using var text = new StringReader(xml);
            using var reader = XmlReader.Create(text, new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                IgnoreComments = true,
                IgnoreProcessingInstructions = true,
                MaxCharactersInDocument = MostCharacters,
            });
            for (var elements = 0; reader.Read();)
            {
                if (reader.NodeType != XmlNodeType.Element)
                {
                    continue;
                }

                if (reader.Depth > MostDepth || ++elements > MostElements)
                {
                    throw ServiceException.InvalidField(field, $"is larger than what is read: {MostElements} elements, {MostDepth} levels");
                }

                ReadElement(reader, controls, objects);
            }
        }
        catch (XmlException error)
        {
            throw ServiceException.InvalidField(
                field, $"is no XML that is taken (line {error.LineNumber}, position {error.LinePosition}); a document type is not allowed");
        }

        return new LabelConfig(controls, objects);
    }

    private static void ReadElement(XmlReader reader, List<StudioControl> controls, Dictionary<string, StudioObject> objects)
    {
        var name = Attribute(reader, "name");
        if (Is(reader, "Choices") && name is not null)
        {
            controls.Add(new StudioControl(name, FirstName(Attribute(reader, "toName")), IsRating: false, ManyReason(reader), new List<StudioChoice>()));
        }
        else if (Is(reader, "Rating") && name is not null)
        {
            controls.Add(new StudioControl(name, FirstName(Attribute(reader, "toName")), IsRating: true, ManyReason(reader), []));
        }
        else if (Is(reader, "Choice") && Attribute(reader, "value") is { } value && controls is [.., { Choices: List<StudioChoice> choices }])
        {
            choices.Add(new StudioChoice(value, Attribute(reader, "alias")));
        }
        else if (name is not null && Attribute(reader, "value") is { } data && data.StartsWith('$'))
        {
            objects.TryAdd(name, new StudioObject(
                reader.LocalName, data[1..], string.Equals(Attribute(reader, "valueType"), "url", StringComparison.OrdinalIgnoreCase)));
        }
    }

    private static string? ManyReason(XmlReader reader) =>
        Attribute(reader, "choice") is { } choice && choice.StartsWith("multiple", StringComparison.OrdinalIgnoreCase) ? "takes several choices at once"
        : IsTrue(reader, "perRegion") ? "is asked for each region"
        : IsTrue(reader, "perItem") ? "is asked for each item of a list"
        : null;

    private static bool IsTrue(XmlReader reader, string name) => string.Equals(Attribute(reader, name), "true", StringComparison.OrdinalIgnoreCase);

    private static string FirstName(string? names) => names?.Split(',', 2)[0].Trim() ?? "";

    private static string? Attribute(XmlReader reader, string name) => reader.GetAttribute(name) is { Length: > 0 } value ? value : null;

    private static bool Is(XmlReader reader, string tag) => string.Equals(reader.LocalName, tag, StringComparison.OrdinalIgnoreCase);
}
