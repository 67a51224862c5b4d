using System.Security.Cryptography;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client;

/// <summary>Downloads versions' files. A file appears only if its size and hash are those the service announced.</summary>
internal sealed class ModelDownload(ServiceConnection connection)
{
    /// <summary>Writes the file of a version.</summary>
    /// <param name="version">Its name.</param>
    /// <param name="path">Where to.</param>
    /// <param name="progress">Told how many bytes of how many are there.</param>
    /// <param name="cancellationToken">Ends it; the file then does not appear.</param>
    /// <exception cref="CommandException">It cannot be written, or what came is not what was announced.</exception>
    public async Task WriteAsync(string version, string path, Action<long, long> progress, CancellationToken cancellationToken)
    {
        using var call = connection.Models.DownloadModelVersion(new DownloadModelVersionRequest { Name = version }, cancellationToken: cancellationToken);
        if (!await call.ResponseStream.MoveNext(cancellationToken) || call.ResponseStream.Current.File is not { } announced)
        {
            throw new CommandException("the service sent no file: is it as new as this command?");
        }

        await using var file = AtomicFile.Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            var chunk = call.ResponseStream.Current.Chunk;
            hash.AppendData(chunk.Span);
            await file.Stream.WriteAsync(chunk.Memory, cancellationToken);
            progress(file.Stream.Length, announced.Size);
        }

        var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (file.Stream.Length != announced.Size || sha256 != announced.Sha256)
        {
            throw new CommandException(
                $"{version} did not arrive whole: {file.Stream.Length} bytes with SHA-256 {sha256} instead of {announced.Size} with {announced.Sha256}. Nothing is written; try again.");
        }

        await file.CompleteAsync(cancellationToken);
    }
}
