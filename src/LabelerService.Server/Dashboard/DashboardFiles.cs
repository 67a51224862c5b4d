using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;

namespace LabelerService.Server.Dashboard;

/// <summary>
/// The files of the dashboard: read once, compressed once, served from memory. A request can only name what is in the table, so no path of
/// a request ever reaches the file system. With <c>LABELER_DASHBOARD_FILES</c> naming a folder the table is read anew for every
/// request: for people who work on the pages.
/// </summary>
internal sealed class DashboardFiles
{
    /// <summary>Names a folder to serve from instead; for development.</summary>
    public const string FolderVariable = "LABELER_DASHBOARD_FILES";

    private static readonly FrozenDictionary<string, string> MediaTypes = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".txt"] = "text/plain; charset=utf-8",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly string? _folder = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : null;
    private readonly Lazy<FrozenDictionary<string, DashboardFile>> _shipped = new(() => Read(ShippedFolder));

    private static string ShippedFolder => Path.Combine(AppContext.BaseDirectory, "dashboard");

    /// <summary>The file of a path such as <c>pages/datasets.js</c>; null if there is none.</summary>
    public DashboardFile? Find(string path)
    {
        if (_folder is not null && Read(_folder).TryGetValue(path, out var edited))
        {
            return edited;
        }

        return _shipped.Value.GetValueOrDefault(path);
    }

    private static FrozenDictionary<string, DashboardFile> Read(string folder) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => MediaTypes.ContainsKey(Path.GetExtension(file)))
        .ToFrozenDictionary(
            file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'),
            file => Create(File.ReadAllBytes(file), MediaTypes[Path.GetExtension(file)]),
            StringComparer.Ordinal);

    private static DashboardFile Create(byte[] bytes, string mediaType)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return new DashboardFile(bytes, packed.ToArray(), mediaType, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\"");
    }
}

/// <summary>A file of the dashboard.</summary>
/// <param name="Bytes">As it is.</param>
/// <param name="Packed">Compressed by gzip.</param>
/// <param name="MediaType">Content type.</param>
/// <param name="Etag">Entity tag: a hash of the content.</param>
internal sealed record DashboardFile(ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Packed, string MediaType, string Etag);
