using LabelerService.Core.Errors;
using LabelerService.Server.Validation;

namespace LabelerService.Server.Tests.Validation;

public sealed class RequestValidatorTests
{
    [Fact]
    public void All_violations_are_reported_up_to_a_cap()
    {
        var validator = new RequestValidator();
        for (var i = 0; i < 100; i++)
        {
            validator.Add($"field[{i}]", "is wrong");
        }

        var error = Assert.Throws<ServiceException>(validator.ThrowIfInvalid);
        Assert.Equal(Limits.Violations, error.Violations.Count);
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
    }

    [Fact]
    public void Nothing_wrong_throws_nothing() => new RequestValidator().ThrowIfInvalid();

    [Theory]
    [InlineData("", true)]
    [InlineData("123e4567-e89b-42d3-a456-426614174000", true)]
    [InlineData("123e4567e89b42d3a456426614174000", false)]
    [InlineData("x", false)]
    public void A_request_id_is_a_uuid_or_nothing(string id, bool right)
    {
        var validator = new RequestValidator();
        validator.RequestId(id);
        Assert.Equal(right, Record.Exception(validator.ThrowIfInvalid) is null);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public void A_batch_has_1_to_10_000_entries(int count, bool right) => Assert.Equal(right, new RequestValidator().BatchSize(count, "batch"));
}
