using System.Net;
using LabelerService.Core.Errors;
using LabelerService.Server.Security.Sessions;
using Microsoft.Extensions.Time.Testing;

namespace LabelerService.Server.Tests.Security;

[Trait("Suite", "security")]
public sealed class SignInLimiterTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly SignInLimiter _limiter;

    public SignInLimiterTests() => _limiter = new SignInLimiter(_time);

    [Fact]
    public void An_address_has_its_failures_then_one_more_every_six_seconds()
    {
        var address = IPAddress.Parse("192.0.2.7");
        for (var i = 0; i < SignInLimiter.Burst; i++)
        {
            _limiter.Check(address);
            _limiter.NoteFailure(address);
        }

        Assert.Contains("Wait 6 s", Assert.Throws<ServiceException>(() => _limiter.Check(address)).Message, StringComparison.Ordinal);
        _limiter.Check(IPAddress.Parse("192.0.2.8"));
        _time.Advance(SignInLimiter.Refill);
        _limiter.Check(address);
        _limiter.NoteFailure(address);
        Assert.Throws<ServiceException>(() => _limiter.Check(address));
        _time.Advance(SignInLimiter.Refill * SignInLimiter.Burst);
        _limiter.Check(address);
    }

    [Theory]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    public void Addresses_of_one_user_count_as_one(string one, string other, bool same)
    {
        for (var i = 0; i < SignInLimiter.Burst; i++)
        {
            _limiter.NoteFailure(IPAddress.Parse(one));
        }

        Assert.Equal(same, Record.Exception(() => _limiter.Check(IPAddress.Parse(other))) is not null);
    }

    [Fact]
    public void What_is_remembered_is_bounded_and_goes_with_time()
    {
        for (var i = 0u; i < SignInLimiter.MostAddresses + 1_000; i++)
        {
            _limiter.NoteFailure(new IPAddress(BitConverter.GetBytes(i + 1)));
        }

        Assert.Equal(SignInLimiter.MostAddresses, _limiter.Count);
        _time.Advance(SignInLimiter.Refill);
        _limiter.NoteFailure(IPAddress.Loopback);
        Assert.Equal(1, _limiter.Count);
    }
}
