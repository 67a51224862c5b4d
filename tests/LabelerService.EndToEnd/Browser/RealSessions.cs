using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Browser;

/// <summary>Sessions of other roles on a service that takes callers of its own machine for admins.</summary>
internal static class RealSessions
{
    /// <summary>Signs in with a new key, as the dashboard's form does, and loads the page anew.</summary>
    public static async Task SignInAsAsync(this DashboardPage page, RunningService service, ApiKey key)
    {
        var created = await new ApiKeyService.ApiKeyServiceClient(service.Channel).CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = key });
        var status = await page.Tab.EvaluateAsync<int>(
            "credential => fetch('/session', { method: 'POST', headers: { 'x-labeler-dashboard': '1', 'content-type': 'application/json' }, "
            + "body: JSON.stringify({ credential }) }).then(answer => answer.status)",
            created.Key);
        Assert.Equal(200, status);
        await page.ReloadAsync();
    }
}
