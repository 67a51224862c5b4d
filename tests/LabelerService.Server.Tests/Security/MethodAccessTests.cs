using Google.Protobuf.Reflection;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;
using LabelerService.Core.Access;
using LabelerService.Server.Security;

namespace LabelerService.Server.Tests.Security;

/// <summary>Whoever adds an rpc says who may call it; whoever removes one takes its entry with it.</summary>
[Trait("Suite", "security")]
public sealed class MethodAccessTests
{
    [Fact]
    public void Every_rpc_of_the_API_has_an_entry_and_nothing_else_has() =>
        Assert.Equal(
            Methods().Select(method => $"{method.Service.FullName}/{method.Name}").Order(StringComparer.Ordinal),
            MethodAccess.Methods.Where(name => name.StartsWith("labeler.v1.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    [Fact]
    public void Only_reflection_the_document_and_the_Open_Inference_Protocol_are_there_beside_the_API() => Assert.Equal(
        GRPCInferenceService.Descriptor.Methods.Select(method => method.Name).Where(name => name is not ("ServerLive" or "ServerReady"))
            .Select(name => $"inference.GRPCInferenceService/{name}")
            .Concat(["grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "openapi/v1.json"])
            .Order(StringComparer.Ordinal),
        MethodAccess.Methods.Where(name => !name.StartsWith("labeler.v1.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    [Fact]
    public void Admins_may_call_everything_and_a_method_without_entry_is_called_by_nobody()
    {
        Assert.All(MethodAccess.Methods, method => Assert.Contains(Role.Admin, MethodAccess.RolesOf(method)));
        Assert.Empty(MethodAccess.RolesOf("/labeler.v1.DatasetService/NoSuchMethod"));
    }

    [Fact]
    public void Only_admins_delete_or_manage_keys_and_readers_change_nothing()
    {
        Assert.All(
            MethodAccess.Methods.Where(method => method.Contains("/Delete") || method.Contains("/BatchDelete") || method.Contains("ApiKeyService")),
            method => Assert.Equal([Role.Admin], MethodAccess.RolesOf(method)));
        string[] reading = ["Get", "List", "Watch", "Refresh", "Suggest", "Export", "Download", "Evaluate", "Compare", "Predict", "BatchPredict", "StreamPredict", "ServerReflectionInfo", "ServerMetadata", "ModelReady", "ModelMetadata", "ModelInfer", "v1.json"];
        Assert.All(
            MethodAccess.Methods.Where(method => MethodAccess.RolesOf(method).Contains(Role.Reader)),
            method => Assert.Contains(reading, verb => method.Split('/')[1].StartsWith(verb, StringComparison.Ordinal)));
    }

    private static IEnumerable<MethodDescriptor> Methods() =>
        typeof(DatasetService).Assembly.GetTypes()
            .Where(type => type.Namespace == "LabelerService.Contracts.V1" && type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => (FileDescriptor)type.GetProperty("Descriptor")!.GetValue(null)!)
            .SelectMany(file => file.Services).SelectMany(service => service.Methods);
}
