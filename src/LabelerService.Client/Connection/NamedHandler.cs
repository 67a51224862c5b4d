namespace LabelerService.Client;

/// <summary>Says in <c>user-agent</c> which program calls, in front of what gRPC says of itself.</summary>
internal sealed class NamedHandler(string? program, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string Header = "User-Agent";

    private readonly string _name = string.Join(
        ' ', new[] { program, $"LabelerService.Client/{typeof(NamedHandler).Assembly.GetName().Version?.ToString(3)}" }.OfType<string>());

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var library = request.Headers.NonValidated.TryGetValues(Header, out var values) ? values.ToString() : "";
        request.Headers.Remove(Header);
        request.Headers.TryAddWithoutValidation(Header, $"{_name} {library}".TrimEnd());
        return base.SendAsync(request, cancellationToken);
    }
}
