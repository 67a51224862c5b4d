using Google.Api;
using Google.Protobuf.Reflection;
using LabelerService.Contracts.V1;

namespace LabelerService.Contracts.Tests;

/// <summary>Rules that hold for every message and method of labeler.v1, whatever is added.</summary>
[Trait("Suite", "security")]
public sealed class DescriptorTests
{
    private static readonly FileDescriptor[] Files =
    [
        DatasetServiceReflection.Descriptor, ItemServiceReflection.Descriptor, LabelerRegistryServiceReflection.Descriptor,
        AnnotationServiceReflection.Descriptor, TrainingServiceReflection.Descriptor, TrainerServiceReflection.Descriptor, RetrainingServiceReflection.Descriptor, ModelServiceReflection.Descriptor, InsightServiceReflection.Descriptor,
        PredictionServiceReflection.Descriptor, PredictionJobServiceReflection.Descriptor,
        BackboneServiceReflection.Descriptor, CurveServiceReflection.Descriptor, ApiKeyServiceReflection.Descriptor,
        AuditServiceReflection.Descriptor,
    ];

    public static TheoryData<string> Methods => [.. AllMethods().Select(method => method.FullName)];

    [Fact]
    public void Every_service_of_the_assembly_is_in_the_list()
    {
        var generated = typeof(DatasetService).Assembly.GetTypes()
            .Where(type => type.Namespace == "LabelerService.Contracts.V1" && type.Name.EndsWith("ServiceReflection", StringComparison.Ordinal))
            .Select(type => ((FileDescriptor)type.GetProperty("Descriptor")!.GetValue(null)!).Name);
        Assert.Equal(generated.Order(), Files.Select(file => file.Name).Order());
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_method_but_client_streams_can_be_called_as_JSON(string name)
    {
        var method = AllMethods().Single(candidate => candidate.FullName == name);
        var http = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
        Assert.Equal(method.IsClientStreaming, http is null);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void No_request_can_nest_without_end_or_hold_anything_at_all(string name)
    {
        // Recursive messages exhaust the stack of whoever parses them (CVE-2026-0994 and kin).
        var method = AllMethods().Single(candidate => candidate.FullName == name);
        Walk(method.InputType, []);

        static void Walk(MessageDescriptor message, HashSet<string> above)
        {
            Assert.DoesNotContain(message.FullName, new[] { "google.protobuf.Any", "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue" });
            Assert.True(above.Add(message.FullName), $"{message.FullName} contains itself");
            foreach (var field in message.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
            {
                Walk(field.MessageType, [.. above]);
            }
        }
    }

    [Fact]
    public void Lists_have_the_standard_paging_fields()
    {
        foreach (var method in AllMethods().Where(method => method.Name.StartsWith("List", StringComparison.Ordinal) && method.Name is not ("ListAlgorithms" or "ListAggregators")))
        {
            Assert.Equal(FieldType.Int32, method.InputType.FindFieldByName("page_size").FieldType);
            Assert.Equal(FieldType.String, method.InputType.FindFieldByName("page_token").FieldType);
            Assert.Equal(FieldType.String, method.OutputType.FindFieldByName("next_page_token").FieldType);
            Assert.True(method.OutputType.FindFieldByNumber(1).IsRepeated, $"{method.FullName} has its results in field 1");
        }
    }

    private static IEnumerable<MethodDescriptor> AllMethods() => Files.SelectMany(file => file.Services).SelectMany(service => service.Methods);
}
