using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;

namespace LabelerService.Server.OpenApi;

/// <summary>
/// A path of <c>google.api.http</c> as OpenAPI has it, where a parameter is one segment: <c>/v1/{name=datasets/*/items/*}</c> becomes
/// <c>/v1/datasets/{dataset}/items/{item}</c>.
/// </summary>
/// <param name="Path">The path.</param>
/// <param name="Variables">Its parameters: their names, and the field of the request that each is a part of.</param>
internal sealed partial record PathTemplate(string Path, IReadOnlyList<(string Name, string Field)> Variables)
{
    /// <summary>Reads a template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="patterns">Patterns of all resources, <c>datasets/{dataset}/items/{item}</c>; they know the names of the parameters.</param>
    public static PathTemplate Parse(string template, IReadOnlyList<string> patterns)
    {
        var variables = new List<(string, string)>();
        var path = Variable().Replace(template, match =>
        {
            var field = match.Groups["field"].Value;
            var wanted = match.Groups["pattern"].Success ? match.Groups["pattern"].Value : "*";
            var named = patterns.FirstOrDefault(pattern => Wildcards(pattern) == wanted) ?? Name(wanted, field);
            variables.AddRange(Placeholder().Matches(named).Select(found => (found.Groups["name"].Value, field)));
            return named;
        });
        return new PathTemplate(path, variables);
    }

    /// <summary>The patterns of all resources in these files.</summary>
    public static IReadOnlyList<string> ResourcePatterns(IEnumerable<FileDescriptor> files) =>
        [.. files.SelectMany(file => file.MessageTypes)
            .Select(message => message.GetOptions()?.GetExtension(ResourceExtensions.Resource))
            .OfType<ResourceDescriptor>().SelectMany(resource => resource.Pattern)];

    private static string Wildcards(string pattern) => Placeholder().Replace(pattern, "*");

    // What is no resource of its own takes the name of its collection, and at last of the field.
    private static string Name(string wanted, string field)
    {
        var segments = wanted.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            if (segments[i] == "*")
            {
                segments[i] = i > 0 ? $"{{{segments[i - 1].TrimEnd('s')}}}" : $"{{{field}}}";
            }
        }

        return string.Join('/', segments);
    }

    [GeneratedRegex(@"\{(?<field>[a-z0-9_.]+)(=(?<pattern>[^}]*))?\}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\{(?<name>[a-z0-9_]+)\}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Placeholder();
}
