using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Tests.Database;

/// <summary>What is told of the database's failures: its state is no defect of ours, and a loop in the background that meets it goes on.</summary>
public sealed class DatabaseErrorTests
{
    [Theory]
    [InlineData("08006", ErrorKind.Unavailable)]
    [InlineData("28P01", ErrorKind.Unavailable)]
    [InlineData("53000", ErrorKind.Unavailable)]
    [InlineData("53100", ErrorKind.ResourceExhausted)]
    [InlineData("53200", ErrorKind.ResourceExhausted)]
    [InlineData("53400", ErrorKind.Unavailable)]
    [InlineData("55006", ErrorKind.Unavailable)]
    [InlineData("53300", ErrorKind.Unavailable)]
    [InlineData("55P03", ErrorKind.Unavailable)]
    [InlineData("57014", ErrorKind.Unavailable)]
    [InlineData("57P01", ErrorKind.Unavailable)]
    [InlineData("57P05", ErrorKind.Unavailable)]
    [InlineData("58030", ErrorKind.Unavailable)]
    [InlineData("XX000", ErrorKind.Unavailable)]
    [InlineData("25006", ErrorKind.FailedPrecondition)]
    [InlineData("42P01", ErrorKind.FailedPrecondition)]
    [InlineData("40001", ErrorKind.Aborted)]
    public void The_state_of_the_database_is_told_as_such(string state, ErrorKind kind)
    {
        var told = DatabaseErrors.Translate(new InvalidOperationException("outer", new PostgresException("secret text", "FATAL", "FATAL", state)));

        Assert.Equal(kind, told!.Kind);
        Assert.DoesNotContain("secret", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("22P02")]
    [InlineData("23505")]
    [InlineData("42601")]
    public void A_defect_of_ours_stays_one(string state) => Assert.Null(DatabaseErrors.Translate(new PostgresException("text", "ERROR", "ERROR", state)));
}
