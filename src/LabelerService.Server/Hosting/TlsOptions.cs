namespace LabelerService.Server.Hosting;

/// <summary>How both ports are encrypted.</summary>
/// <param name="CertificateFile">PEM file of the server's certificate, with the intermediate ones after it.</param>
/// <param name="KeyFile">PEM file of its private key.</param>
/// <param name="ClientCaFile">PEM file of the authorities that must have signed every client's certificate; null asks clients for none.</param>
public sealed record TlsOptions(string CertificateFile, string KeyFile, string? ClientCaFile = null);
