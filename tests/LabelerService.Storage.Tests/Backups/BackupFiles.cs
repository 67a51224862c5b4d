using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Storage.Backups;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Storage.Tests.Backups;

/// <summary>Backups in memory, and what may happen to them.</summary>
internal static class BackupFiles
{
    public const string Version = "test";

    public static async Task<(byte[] File, BackupManifest Manifest)> WriteAsync(string connectionString)
    {
        await using var storage = PostgresFixture.Storage(connectionString);
        using var file = new MemoryStream();
        var manifest = await storage.GetRequiredService<DatabaseBackup>().WriteAsync(file, Version, null, default);
        return (file.ToArray(), manifest);
    }

    public static async Task<BackupManifest> RestoreAsync(byte[] file, string connectionString)
    {
        await using var storage = PostgresFixture.Storage(connectionString);
        return await storage.GetRequiredService<DatabaseRestore>().ReadAsync(new MemoryStream(file), Version, null, default);
    }

    /// <summary>The same backup with another manifest, whose hash is right.</summary>
    public static byte[] WithManifest(byte[] file, Func<BackupManifest, BackupManifest> change)
    {
        using var stream = new MemoryStream();
        stream.Write(file);
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            var changed = change(BackupManifest.FromJson(Take(archive, BackupManifest.PartName))).ToJson();
            Take(archive, BackupManifest.HashPartName);
            Add(archive, BackupManifest.PartName, changed);
            Add(archive, BackupManifest.HashPartName, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(changed))));
        }

        return stream.ToArray();
    }

    /// <summary>The same backup with another byte in a part, packed as if nothing had happened.</summary>
    public static byte[] WithAlteredPart(byte[] file, string part)
    {
        using var stream = new MemoryStream();
        stream.Write(file);
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            var bytes = Take(archive, part);
            bytes[^5] ^= 1;
            Add(archive, part, bytes);
        }

        return stream.ToArray();
    }

    private static byte[] Take(ZipArchive archive, string part)
    {
        var entry = archive.GetEntry(part)!;
        using var bytes = new MemoryStream();
        using (var from = entry.Open())
        {
            from.CopyTo(bytes);
        }

        entry.Delete();
        return bytes.ToArray();
    }

    private static void Add(ZipArchive archive, string part, byte[] bytes)
    {
        using var to = archive.CreateEntry(part).Open();
        to.Write(bytes);
    }
}
