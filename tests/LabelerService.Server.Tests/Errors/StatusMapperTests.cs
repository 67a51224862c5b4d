using Google.Rpc;
using Grpc.Core;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;

namespace LabelerService.Server.Tests.Errors;

public sealed class StatusMapperTests
{
    [Theory]
    [InlineData(ErrorKind.InvalidArgument, StatusCode.InvalidArgument)]
    [InlineData(ErrorKind.NotFound, StatusCode.NotFound)]
    [InlineData(ErrorKind.AlreadyExists, StatusCode.AlreadyExists)]
    [InlineData(ErrorKind.FailedPrecondition, StatusCode.FailedPrecondition)]
    [InlineData(ErrorKind.Aborted, StatusCode.Aborted)]
    [InlineData(ErrorKind.ResourceExhausted, StatusCode.ResourceExhausted)]
    [InlineData(ErrorKind.Unavailable, StatusCode.Unavailable)]
    public void Every_kind_has_its_code_reason_and_fields(ErrorKind kind, StatusCode code)
    {
        var error = StatusMapper.ToRpcException(new ServiceException(kind, "SOME_REASON", "What to do.", new FieldViolation("a.b[1]", "is wrong")));
        Assert.Equal(code, error.StatusCode);
        Assert.Equal("What to do.", error.Status.Detail);
        var status = error.GetRpcStatus()!;
        Assert.Equal(("SOME_REASON", "labeler.service"), (status.GetDetail<ErrorInfo>().Reason, status.GetDetail<ErrorInfo>().Domain));
        Assert.Equal("a.b[1]", Assert.Single(status.GetDetail<BadRequest>().FieldViolations).Field);
        Assert.Equal(kind is ErrorKind.ResourceExhausted or ErrorKind.Unavailable, status.GetDetail<RetryInfo>() is not null);
    }

    [Fact]
    public void Every_kind_there_is_has_a_code() =>
        Assert.All(Enum.GetValues<ErrorKind>(), kind => StatusMapper.ToRpcException(new ServiceException(kind, "R", "m")));

    [Fact]
    public void An_unexpected_error_says_nothing_but_its_id()
    {
        var error = StatusMapper.Internal("abc");
        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Contains("abc", error.Status.Detail, StringComparison.Ordinal);
    }
}
