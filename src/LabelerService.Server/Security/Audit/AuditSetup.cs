using LabelerService.Storage.Audit;

namespace LabelerService.Server.Security.Audit;

/// <summary>Registers what writes the audit log.</summary>
internal static class AuditSetup
{
    /// <summary>Registers it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="key">Key of the digests of requests; all replicas have the same.</param>
    public static void AddAudit(this IServiceCollection services, byte[] key)
    {
        services.AddSingleton(provider => new AuditLog(
            provider.GetRequiredService<AuditStore>(), key, provider.GetRequiredService<ILogger<AuditLog>>()));
        services.AddSingleton<RefusalLog>();
        services.AddHostedService(provider => provider.GetRequiredService<RefusalLog>());
    }
}
