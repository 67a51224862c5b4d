using Grpc.Core;
using Grpc.Core.Interceptors;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Browser;

/// <summary>A service that lets nobody in without a key, as it runs where more than its developer reach it.</summary>
public sealed class KeyedService : IAsyncLifetime
{
    private readonly string _directory = RunningService.NewDirectory();

    public RunningService Service { get; private set; } = null!;

    /// <summary>The key of the first start.</summary>
    public string AdminKey { get; private set; } = "";

    public string Address => Service.HttpAddress;

    /// <summary>Calls with the admin's key.</summary>
    internal CallInvoker Admin => Service.Channel.Intercept(metadata =>
    {
        metadata.Add("authorization", $"Bearer {AdminKey}");
        return metadata;
    });

    internal DatasetService.DatasetServiceClient Datasets => new(Admin);

    internal ItemService.ItemServiceClient Items => new(Admin);

    internal AnnotationService.AnnotationServiceClient Annotations => new(Admin);

    internal ApiKeyService.ApiKeyServiceClient Keys => new(Admin);

    internal TrainingService.TrainingServiceClient Training => new(Admin);

    internal ModelService.ModelServiceClient Models => new(Admin);

    public async Task InitializeAsync()
    {
        var file = Path.Combine(_directory, "admin-key");
        Service = await RunningService.StartAsync("--require-keys", "--admin-key-file", file);
        AdminKey = (await File.ReadAllTextAsync(file)).Trim();
    }

    public async Task DisposeAsync()
    {
        if (Service is not null)
        {
            await Service.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Makes a key.</summary>
    /// <returns>Its name and its text.</returns>
    internal async Task<(string Name, string Text)> CreateKeyAsync(ApiKey.Types.Role role, string? dataset = null, string labeler = "")
    {
        var key = new ApiKey { Role = role, LabelerId = labeler };
        if (dataset is not null)
        {
            key.Datasets.Add(dataset);
        }

        var created = await Keys.CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = key });
        return (created.ApiKey.Name, created.Key);
    }

    internal async Task RevokeAsync(string name) => await Keys.DeleteApiKeyAsync(new DeleteApiKeyRequest { Name = name });
}
