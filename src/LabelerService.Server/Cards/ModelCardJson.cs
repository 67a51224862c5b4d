using Google.Protobuf;
using LabelerService.Contracts.V1;

namespace LabelerService.Server.Cards;

/// <summary>A card as JSON: the protobuf JSON form of <see cref="ModelCard"/>, indented, with zeros and empty texts written out.</summary>
internal static class ModelCardJson
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithIndentation());

    /// <summary>The document.</summary>
    public static string Write(ModelCard card) => Formatter.Format(card) + "\n";
}
