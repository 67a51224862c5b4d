using System.Globalization;
using System.Text.RegularExpressions;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Architecture;

/// <summary>Whoever looks for an event by its id finds this event and no other.</summary>
public sealed partial class EventIdTests
{
    [Fact]
    public void Every_message_of_the_log_has_an_event_id_of_its_own()
    {
        var ids = new Dictionary<int, List<string>>();
        foreach (var file in Sources())
        {
            var text = File.ReadAllText(file);
            var messages = Message().Matches(text);
            Assert.True(
                Attribute().Count(text) == messages.Count, $"{file}: a [LoggerMessage] does not begin with its event id");
            foreach (Match message in messages)
            {
                var id = int.Parse(message.Groups["id"].ValueSpan, CultureInfo.InvariantCulture);
                (ids.TryGetValue(id, out var places) ? places : ids[id] = []).Add(Path.GetFileName(file));
            }
        }

        Assert.True(ids.Count > 60, $"only {ids.Count} messages were found");
        Assert.Empty(ids.Where(id => id.Value.Count > 1).Select(id => $"{id.Key}: {string.Join(", ", id.Value)}"));
    }

    [Fact]
    public void Nothing_is_logged_without_an_event_id()
    {
        var places = Sources().Where(file => Plain().IsMatch(File.ReadAllText(file))).Select(Path.GetFileName);
        Assert.Empty(places);
    }

    private static IEnumerable<string> Sources() =>
        Directory.GetFiles(Path.Combine(Assemblies.Repository, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal));

    [GeneratedRegex(@"\[LoggerMessage\(", RegexOptions.NonBacktracking)]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\[LoggerMessage\(\s*(EventId\s*=\s*)?(?<id>[0-9]+)\s*,", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Message();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Plain();
}
