using Google.Protobuf;
using Google.Protobuf.Reflection;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Server.Security.Audit;

/// <summary>
/// The resource that a message names. Only what looks like a name is taken: whatever else somebody writes into a field for names, a secret or
/// what labelers said, stays out of the log.
/// </summary>
internal static class AuditedName
{
    private const int Longest = 300;

    private static readonly string[] Fields = ["name", "parent", "model", "dataset"];

    /// <summary>The name; empty where there is none.</summary>
    public static string Of(IMessage message) =>
        OwnNames(message).Concat(NamesToBe(message)).Concat(InnerNames(message)).FirstOrDefault(IsName) ?? "";

    // A dataset that is to be created has no name yet, and no parent.
    private static IEnumerable<string> NamesToBe(IMessage message) =>
        message is CreateDatasetRequest { DatasetId: { Length: > 0 } id } ? [ResourceName.Dataset(id)] : [];

    private static IEnumerable<string> OwnNames(IMessage message) => Fields
        .Select(message.Descriptor.FindFieldByName)
        .Where(field => field is { FieldType: FieldType.String, IsRepeated: false })
        .Select(field => (string)field.Accessor.GetValue(message));

    // UpdateDataset has the dataset, CreateApiKey's answer the key.
    private static IEnumerable<string> InnerNames(IMessage message) => message.Descriptor.Fields.InFieldNumberOrder()
        .Where(field => field is { FieldType: FieldType.Message, IsRepeated: false, IsMap: false })
        .Select(field => field.Accessor.GetValue(message)).OfType<IMessage>()
        .SelectMany(OwnNames);

    private static bool IsName(string text) =>
        text.Length is > 0 and <= Longest && text.Contains('/', StringComparison.Ordinal)
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-');
}
