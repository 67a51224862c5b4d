using LabelerService.Storage.Embedded;

namespace LabelerService.Storage.Tests.Embedded;

public sealed class PostmasterProcessTests
{
    [Theory]
    [InlineData("/usr/lib/postgresql/15/bin/postgres\0-D\0/data/pgdata\0", true)]
    [InlineData("/usr/lib/postgresql/15/bin/postgres\0-D\0/data/pgdata/\0", true)]
    [InlineData("postgres\0-c\0port=1\0-D\0/data/pgdata\0", true)]
    [InlineData("/usr/lib/postgresql/15/bin/postgres\0-D\0/data/pgdata2\0", false)]
    [InlineData("/usr/lib/postgresql/15/bin/postgres\0-D", false)]
    [InlineData("/usr/bin/tail\0-D\0/data/pgdata\0", false)]
    [InlineData("postgres: checkpointer \0", false)]
    [InlineData("", false)]
    public void A_postmaster_is_known_by_its_command_line_where_its_directory_is_hidden(string command, bool expected) =>
        Assert.Equal(expected, PostmasterProcess.IsPostmasterOf(command, "/data/pgdata"));

    [Fact]
    public void A_process_is_not_the_postmaster_of_a_directory_it_does_not_work_in()
    {
        Assert.True(PostmasterProcess.IsRunning(Environment.ProcessId));
        Assert.False(PostmasterProcess.Serves(Environment.ProcessId, "/nowhere/pgdata"));
        Assert.True(PostmasterProcess.Serves(Environment.ProcessId, Environment.CurrentDirectory));
    }
}
