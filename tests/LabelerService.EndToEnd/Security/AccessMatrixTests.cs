using Google.Protobuf.Reflection;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Access;
using LabelerService.Server.Security;

namespace LabelerService.EndToEnd.Security;

/// <summary>Role × method × own, foreign and missing dataset, against the catalogue.</summary>
[Trait("Suite", "security")]
public sealed class AccessMatrixTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private readonly SecuredServer _server = fixture.Server;

    public static TheoryData<string> Roles => [.. Enum.GetNames<Role>()];

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_role_may_make_its_calls_in_its_datasets_and_no_others(string name)
    {
        var role = Enum.Parse<Role>(name);
        var (own, foreign) = ($"own-{name.ToLowerInvariant()}", $"foreign-{name.ToLowerInvariant()}");
        await _server.CreateDatasetAsync(foreign);
        var key = await _server.CreateKeyAsync(
            (ApiKey.Types.Role)role, role == Role.Admin ? null : $"datasets/{own}", role == Role.Labeler ? "anna" : "");
        var invoker = _server.Call(key);
        foreach (var method in ApiMethods.All)
        {
            // Deleting comes with a dataset each time; creating finds it there.
            await EnsureAsync(own);
            var allowed = MethodAccess.RolesOf(ApiMethods.Path(method)).Contains(role);
            var status = await ApiMethods.CallAsync(invoker, method, ApiMethods.Request(method, own));
            // An annotation that nobody has made looks to a labeler like another's.
            var foreignAnnotation = method.Name is "GetAnnotation" or "ListAnnotationRevisions";
            Check(method, "own", !allowed ? "ROLE_FORBIDDEN" : role == Role.Labeler && foreignAnnotation ? "LABELER_FORBIDDEN" : null, status);
            if (role != Role.Admin && ApiMethods.NamesDataset(method))
            {
                var there = await ApiMethods.CallAsync(invoker, method, ApiMethods.Request(method, foreign));
                Check(method, "foreign", allowed ? "DATASET_FORBIDDEN" : "ROLE_FORBIDDEN", there);
                var missing = await ApiMethods.CallAsync(invoker, method, ApiMethods.Request(method, "missing"));
                Assert.Equal((there.Code, there.Reason, there.Message.Replace(foreign, "missing")), missing);
            }
        }
    }

    [Fact]
    public void Every_method_but_those_about_no_dataset_is_checked_for_foreign_ones() => Assert.Equal(
        ["CreateApiKey", "CreateDataset", "DeleteApiKey", "GetApiKey", "LeaseTrainingRun", "ListAggregators", "ListAlgorithms", "ListApiKeys", "ListAuditEvents", "ListDatasets", "ListTrainers", "VerifyAuditLog"],
        ApiMethods.All.Where(method => !ApiMethods.NamesDataset(method) || method.Name == "CreateDataset").Select(method => method.Name).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Lists_of_datasets_show_the_scope_and_their_pages_cannot_be_turned_by_others()
    {
        foreach (var id in new[] { "list-a", "list-b", "list-c" })
        {
            await _server.CreateDatasetAsync(id);
        }

        var both = (await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest
        {
            ApiKey = new ApiKey { Role = ApiKey.Types.Role.Reader, Datasets = { "datasets/list-a", "datasets/list-c", "datasets/list-never-made" } },
        })).Key;
        var first = await _server.Datasets(both).ListDatasetsAsync(new ListDatasetsRequest { PageSize = 1 });
        Assert.Equal("datasets/list-a", Assert.Single(first.Datasets).Name);
        var second = await _server.Datasets(both).ListDatasetsAsync(new ListDatasetsRequest { PageSize = 1, PageToken = first.NextPageToken });
        Assert.Equal("datasets/list-c", Assert.Single(second.Datasets).Name);
        Assert.Empty(second.NextPageToken);

        var other = await _server.CreateKeyAsync(ApiKey.Types.Role.Reader, "datasets/list-b");
        foreach (var stranger in new[] { other, _server.AdminKey })
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () => await _server.Datasets(stranger).ListDatasetsAsync(
                new ListDatasetsRequest { PageSize = 1, PageToken = first.NextPageToken }));
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        }
    }

    private static void Check(MethodDescriptor method, string where, string? reason, (StatusCode Code, string Reason, string Message) status)
    {
        var refused = status.Code is StatusCode.PermissionDenied or StatusCode.Unauthenticated;
        Assert.True(
            reason is null ? !refused : (StatusCode.PermissionDenied, reason) == (status.Code, status.Reason),
            $"{method.FullName} in the {where} dataset: expected {reason ?? "to pass"}, got {status}");
    }

    private async Task EnsureAsync(string id)
    {
        try
        {
            await _server.CreateDatasetAsync(id);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.AlreadyExists)
        {
            // Nobody has deleted it.
        }
    }
}
