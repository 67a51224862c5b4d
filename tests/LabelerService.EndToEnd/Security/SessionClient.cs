using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace LabelerService.EndToEnd.Security;

/// <summary>Calls as a browser with a page of the service does: with a cookie, or as another page makes it call.</summary>
internal sealed class SessionClient(string address) : IDisposable
{
    // Cookies are set by hand: what a browser would not do has to be tried too.
    private readonly HttpClient _http = new(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(address) };

    /// <summary>Value of the cookie that was set last.</summary>
    public string? Cookie { get; set; }

    /// <summary>The last <c>Set-Cookie</c>, with its attributes.</summary>
    public string SetCookie { get; private set; } = "";

    /// <summary>Signs in from the service's own page.</summary>
    public async Task<Answer> SignInAsync(string credential) =>
        await SendAsync(HttpMethod.Post, "/session", new { credential });

    /// <summary>Signs in, which must succeed.</summary>
    public async Task<Answer> SignedInAsync(string credential)
    {
        var answer = await SignInAsync(credential);
        Assert.True(answer.Status == HttpStatusCode.OK, $"{answer.Status}: {answer.Text}");
        return answer;
    }

    /// <summary>Who the service says is there.</summary>
    public Task<Answer> WhoAsync() => SendAsync(HttpMethod.Get, "/session");

    /// <summary>Sends a request of the service's own page.</summary>
    public Task<Answer> SendAsync(HttpMethod method, string path, object? body = null) =>
        SendAsync(method, path, body, ("x-labeler-dashboard", "1"), ("Sec-Fetch-Site", "same-origin"), ("Origin", method == HttpMethod.Get ? "" : address));

    /// <summary>Sends a request with just these headers, and the cookie.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body as HttpContent ?? (body is null ? null : JsonContent.Create(body));
        if (Cookie is not null)
        {
            request.Headers.Add("Cookie", $"labeler-session={Cookie}");
        }

        foreach (var (name, value) in headers.Where(header => header.Value.Length > 0))
        {
            request.Headers.Add(name, value);
        }

        using var response = await _http.SendAsync(request);
        if (response.Headers.TryGetValues("Set-Cookie", out var set))
        {
            SetCookie = set.Single();
            Cookie = SetCookie.Split(';')[0]["labeler-session=".Length..] is { Length: > 0 } value ? value : null;
        }

        return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public void Dispose() => _http.Dispose();

    /// <summary>What the service answered.</summary>
    internal sealed record Answer(HttpStatusCode Status, string Text)
    {
        public JsonElement Json => JsonDocument.Parse(Text).RootElement;

        /// <summary>The reason of a refusal.</summary>
        public string Reason => Json.GetProperty("details")[0].GetProperty("reason").GetString()!;
    }
}
