using System.Text.Json;

namespace LabelerService.Storage.Backups;

/// <summary>One table of a backup.</summary>
/// <param name="Name">Name of the table.</param>
/// <param name="Columns">Its columns in the order of the part's rows.</param>
/// <param name="Part">Name of the part: PostgreSQL's binary COPY of the rows.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Bytes">Length of the part before it was compressed.</param>
/// <param name="Sha256">SHA-256 of the part before it was compressed, hexadecimal.</param>
public sealed record BackupTable(string Name, IReadOnlyList<string> Columns, string Part, long Rows, long Bytes, string Sha256);

/// <summary>Where a sequence stood.</summary>
/// <param name="Name">Name of the sequence.</param>
/// <param name="LastValue">Its last value.</param>
/// <param name="IsCalled">Whether that value was given out.</param>
public sealed record BackupSequence(string Name, long LastValue, bool IsCalled);

/// <summary>What a backup says of itself; the part <see cref="PartName"/>.</summary>
public sealed record BackupManifest
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Name of the part that holds the manifest.</summary>
    public const string PartName = "manifest.json";

    /// <summary>Name of the last part: SHA-256 of the manifest, hexadecimal.</summary>
    public const string HashPartName = "manifest.sha256";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>How parts and manifest are laid out.</summary>
    public required int Format { get; init; }

    /// <summary>Version of the service that wrote it.</summary>
    public required string Version { get; init; }

    /// <summary>The moment whose state it holds (database clock).</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Version of PostgreSQL that it was taken from.</summary>
    public required string Postgres { get; init; }

    /// <summary>The migrations that its schema had, in order.</summary>
    public required IReadOnlyList<string> Migrations { get; init; }

    /// <summary>All tables that hold rows of their own.</summary>
    public required IReadOnlyList<BackupTable> Tables { get; init; }

    /// <summary>All sequences.</summary>
    public required IReadOnlyList<BackupSequence> Sequences { get; init; }

    /// <summary>Tables whose rows are left out, because they mean nothing in another cluster.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>The manifest as JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Options);

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static BackupManifest FromJson(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<BackupManifest>(json, Options) ?? throw new JsonException("The manifest is empty.");

    /// <summary>Reads only what says which versions can read the rest.</summary>
    /// <exception cref="JsonException">It is no manifest.</exception>
    internal static Head HeadOf(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<Head>(json, Options) ?? throw new JsonException("The manifest is empty.");

    /// <summary>What every format has.</summary>
    internal sealed record Head(int Format, string Version);
}
