using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace LabelerService.Contracts;

/// <summary>
/// The protos with their comments. The descriptors of the generated code have none; these are read from a descriptor set that the build
/// embeds, with the options for HTTP routes, field behaviour and resources.
/// </summary>
public static class CommentedProtos
{
    private const string Resource = "protos.binpb";

    private static readonly ExtensionRegistry Options =
    [
        AnnotationsExtensions.Http, FieldBehaviorExtensions.FieldBehavior, ResourceExtensions.Resource, ResourceExtensions.ResourceReference,
    ];

    /// <summary>Reads the files, imports before those that import them. Each call reads them anew: keep what you make of it.</summary>
    public static IReadOnlyList<FileDescriptor> Load()
    {
        using var stream = typeof(CommentedProtos).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {Resource}.");
        var set = FileDescriptorSet.Parser.ParseFrom(stream);
        return FileDescriptor.BuildFromByteStrings(set.File.Select(file => file.ToByteString()), Options);
    }
}
