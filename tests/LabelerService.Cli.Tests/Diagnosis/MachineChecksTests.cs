using LabelerService.Cli.Diagnosis;

namespace LabelerService.Cli.Tests.Diagnosis;

public sealed class MachineChecksTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task On_a_machine_that_has_nothing_everything_needed_is_a_problem_with_a_fix()
    {
        var findings = await LookAsync(servesHere: true);

        foreach (var check in (string[])[".NET SDK", "libstdc++", "PostgreSQL", "TLS"])
        {
            var finding = Assert.Single(findings, finding => finding.Check == check);
            Assert.Equal(FindingLevel.Problem, finding.Level);
            Assert.NotNull(finding.Fix);
        }

        Assert.Equal(FindingLevel.Note, Assert.Single(findings, finding => finding.Check == "Docker (optional)").Level);
        Assert.Equal(FindingLevel.Note, Assert.Single(findings, finding => finding.Check == "Chromium (optional)").Level);
    }

    [Fact]
    public async Task Where_the_service_runs_elsewhere_it_is_not_needed()
    {
        var findings = await LookAsync(servesHere: false);

        Assert.Equal(FindingLevel.Note, Assert.Single(findings, finding => finding.Check == "libstdc++").Level);
        Assert.Equal(FindingLevel.Note, Assert.Single(findings, finding => finding.Check == "PostgreSQL").Level);
        Assert.DoesNotContain(findings, finding => finding.Check.StartsWith("port", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("… GLIBCXX_3.4.30 …", FindingLevel.Problem)]
    [InlineData("… GLIBCXX_3.4.32 …", FindingLevel.Ok)]
    public async Task The_library_is_judged_by_its_symbols(string content, object level)
    {
        Directory.CreateDirectory(_root["usr/lib/x86_64-linux-gnu"]);
        _root.Write("usr/lib/x86_64-linux-gnu/libstdc++.so.6", content);

        Assert.Equal(level, Assert.Single(await LookAsync(servesHere: true), finding => finding.Check == "libstdc++").Level);
    }

    [Theory]
    [InlineData("postgres (PostgreSQL) 17.2 (Debian 17.2-1)", FindingLevel.Ok, "17 in ")]
    [InlineData("postgres (PostgreSQL) 18beta1", FindingLevel.Ok, "18 in ")]
    [InlineData("postgres (PostgreSQL) 13.9", FindingLevel.Problem, "13 in ")]
    public async Task PostgreSQL_is_judged_by_what_it_says_of_its_version(string version, object level, string detail)
    {
        Directory.CreateDirectory(_root["usr/lib/postgresql/x/bin"]);
        foreach (var program in (string[])["initdb", "postgres"])
        {
            File.SetUnixFileMode(
                _root.Write($"usr/lib/postgresql/x/bin/{program}", $"#!/bin/sh\necho '{version}'\n"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var finding = Assert.Single(await LookAsync(servesHere: true), finding => finding.Check == "PostgreSQL");
        Assert.Equal(level, finding.Level);
        Assert.StartsWith(detail, finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_named_makes_programs_of_PostgreSQL_needless()
    {
        var findings = await new MachineChecks(_root[""], name => name == "LABELER_POSTGRES" ? "Host=db" : null, servesHere: true).RunAsync(default);

        Assert.Equal(FindingLevel.Ok, Assert.Single(findings, finding => finding.Check == "PostgreSQL").Level);
    }

    private async Task<IReadOnlyList<Finding>> LookAsync(bool servesHere) =>
        await new MachineChecks(_root[""], _ => null, servesHere).RunAsync(CancellationToken.None);
}
