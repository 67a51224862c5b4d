using System.Text.Json;

namespace LabelerService.Storage.Database;

/// <summary>JSON columns. Written with the exact member names, so that a stored document reads the same in every version.</summary>
internal static class Json
{
    public static string Write<T>(T value) => JsonSerializer.Serialize(value);

    public static string WriteMap(IReadOnlyDictionary<string, string>? map) => map is null ? "{}" : JsonSerializer.Serialize(map);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json) ?? throw new InvalidDataException($"A stored {typeof(T).Name} is empty.");

    public static IReadOnlyDictionary<string, string> ReadMap(string json) => Read<Dictionary<string, string>>(json);
}
