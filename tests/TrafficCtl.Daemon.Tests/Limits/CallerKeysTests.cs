using System.Net;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Limits;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Limits;

public sealed class CallerKeysTests
{
    [Theory]
    [InlineData("127.0.0.1", "this machine")]
    [InlineData("127.9.9.9", "this machine")]
    [InlineData("::1", "this machine")]
    [InlineData("::ffff:127.0.0.1", "this machine")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    public void An_address_or_what_one_client_has_of_them_is_one_caller(string address, string key) =>
        Assert.Equal(key, CallerKeys.Of(null, IPAddress.Parse(address)));

    [Fact]
    public void Who_was_verified_counts_and_not_the_address_and_who_was_not_is_an_address()
    {
        Assert.Equal("ci (token)", CallerKeys.Of(new Identity("ci", "token", []), IPAddress.Loopback));
        Assert.Equal("this machine", CallerKeys.Of(Identity.OfNobody, IPAddress.Loopback));
        Assert.Equal("the admin socket", CallerKeys.Of(null, address: null));
    }
}
