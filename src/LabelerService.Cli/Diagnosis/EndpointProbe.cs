using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace LabelerService.Cli.Diagnosis;

/// <summary>What stands behind a URL that should be the service's gRPC port.</summary>
internal enum EndpointKind
{
    /// <summary>A server that may well be the service: whatever is wrong is not the way there.</summary>
    Grpc,

    /// <summary>No machine has this name.</summary>
    UnknownHost,

    /// <summary>The machine is there, but nothing listens at this port.</summary>
    Refused,

    /// <summary>Nothing answers at all.</summary>
    Silent,

    /// <summary>An HTTP/1.1 server in clear text: the service's HTTP port, or something else.</summary>
    Http,

    /// <summary>It wants TLS, but the URL is http.</summary>
    WantsTls,

    /// <summary>It speaks clear text, but the URL is https.</summary>
    ClearText,

    /// <summary>It wants a certificate of the client.</summary>
    WantsClientCertificate,

    /// <summary>Its certificate is not to be trusted.</summary>
    Untrusted,
}

/// <summary>What was found behind a URL.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Detail">More about it, in words; empty if there is nothing to say.</param>
/// <param name="Expires">When the certificate ends; null without one.</param>
internal sealed record Endpoint(EndpointKind Kind, string Detail = "", DateTimeOffset? Expires = null);

/// <summary>Looks at a URL without the API: who answers there, and in which language. Sends no key.</summary>
internal static class EndpointProbe
{
    private const int MostRead = 4096;
    private const byte TlsAlert = 0x15;
    private static readonly TimeSpan Limit = Patience.OfSeconds(5);
    private static readonly byte[] Question = "GET /healthz HTTP/1.1\r\nHost: labeler\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <summary>Looks at a URL.</summary>
    /// <param name="server">The URL.</param>
    /// <param name="tls">How to speak TLS with it.</param>
    /// <param name="cancellationToken">Ends the looking.</param>
    public static async Task<Endpoint> LookAsync(Uri server, SslClientAuthenticationOptions tls, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            return server.Scheme == "https" ? await SecureAsync(server, tls, limit.Token) : await ClearAsync(server, tls, limit.Token);
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode switch
            {
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => new Endpoint(EndpointKind.UnknownHost),
                SocketError.ConnectionRefused => new Endpoint(EndpointKind.Refused),
                _ => new Endpoint(EndpointKind.Silent, error.Message),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Endpoint(EndpointKind.Silent);
        }
        catch (IOException error)
        {
            return new Endpoint(EndpointKind.Silent, error.Message);
        }
    }

    /// <summary>Whether a clear-text HTTP/2 server listens at a port, as the service's gRPC port does.</summary>
    public static async Task<bool> SpeaksHttp2Async(Uri server, CancellationToken cancellationToken) =>
        (await LookAsync(server, new SslClientAuthenticationOptions(), cancellationToken)).Kind == EndpointKind.Grpc;

    private static async Task<Endpoint> ClearAsync(Uri server, SslClientAuthenticationOptions tls, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(server, cancellationToken);
        if (answer.StartsWith("HTTP/1.", StringComparison.Ordinal) && !answer.Contains("HTTP/2 only", StringComparison.Ordinal))
        {
            return new Endpoint(EndpointKind.Http, answer.Contains("Healthy", StringComparison.Ordinal) ? "Healthy" : "");
        }

        // A TLS server answers a question in clear text with an alert, or not at all.
        if (answer.Length == 0 || answer[0] == (char)TlsAlert)
        {
            var secure = await HandshakeAsync(server, tls, cancellationToken);
            return secure is { Kind: EndpointKind.ClearText } ? new Endpoint(EndpointKind.Grpc) : new Endpoint(EndpointKind.WantsTls);
        }

        return new Endpoint(EndpointKind.Grpc);
    }

    private static async Task<Endpoint> SecureAsync(Uri server, SslClientAuthenticationOptions tls, CancellationToken cancellationToken)
    {
        var secure = await HandshakeAsync(server, tls, cancellationToken);
        return secure.Kind == EndpointKind.ClearText && (await AskAsync(server, cancellationToken)).Length == 0
            ? new Endpoint(EndpointKind.Silent, secure.Detail)
            : secure;
    }

    // What comes back to a question in HTTP/1.1, its beginning.
    private static async Task<string> AskAsync(Uri server, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, cancellationToken);
        await using var stream = client.GetStream();
        var buffer = new byte[MostRead];
        try
        {
            await stream.WriteAsync(Question, cancellationToken);
            return Encoding.Latin1.GetString(buffer, 0, await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken));
        }
        catch (IOException)
        {
            // It hung up on us: no answer.
            return "";
        }
    }

    private static async Task<Endpoint> HandshakeAsync(Uri server, SslClientAuthenticationOptions tls, CancellationToken cancellationToken)
    {
        var (problems, reasons) = (SslPolicyErrors.None, new List<string>());
        DateTimeOffset? expires = null;
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, cancellationToken);
        await using var stream = new SslStream(client.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = server.Host,
                    CertificateChainPolicy = tls.CertificateChainPolicy,
                    LocalCertificateSelectionCallback = tls.LocalCertificateSelectionCallback,
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                    // Nothing is sent through this connection; the certificate is only looked at, and what is wrong with it told.
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    {
                        problems = errors;
                        expires = certificate is X509Certificate2 seen ? new DateTimeOffset(seen.NotAfter.ToUniversalTime()) : null;
                        reasons.AddRange(chain?.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')) ?? []);
                        return true;
                    },
                },
                cancellationToken);
            // A server that wants a certificate of ours says so only after the handshake of TLS 1.3.
            _ = await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, cancellationToken);
        }
        catch (OperationCanceledException) when (stream.IsAuthenticated)
        {
            // It waits for us to speak; it has the client's certificate or wants none.
        }
        catch (AuthenticationException error)
        {
            return new Endpoint(EndpointKind.ClearText, error.Message);
        }
        catch (IOException error) when (stream.IsAuthenticated)
        {
            return new Endpoint(EndpointKind.WantsClientCertificate, error.InnerException?.Message ?? error.Message, expires);
        }
        catch (IOException error)
        {
            return new Endpoint(EndpointKind.ClearText, error.Message);
        }

        return problems == SslPolicyErrors.None ? new Endpoint(EndpointKind.Grpc, "", expires)
            : new Endpoint(
                EndpointKind.Untrusted,
                problems.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? $"its certificate is not for {server.Host}"
                    : reasons.Count > 0 ? string.Join("; ", reasons.Distinct()) : "its certificate is not signed by an authority that is trusted here",
                expires);
    }
}
