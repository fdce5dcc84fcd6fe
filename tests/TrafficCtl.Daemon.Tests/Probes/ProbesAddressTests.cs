using System.Net;
using System.Net.Sockets;
using TrafficCtl.Daemon.Probes;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Probes;

public sealed class ProbesAddressTests
{
    [Theory]
    [InlineData("0.0.0.0:9181", "0.0.0.0:9181")]
    [InlineData("http://127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("HTTP://10.0.0.7:65535/", "10.0.0.7:65535")]
    [InlineData("[::]:9181", "[::]:9181")]
    [InlineData("http://[fd00::7]:80", "[fd00::7]:80")]
    [InlineData("localhost:9181", "127.0.0.1:9181")]
    public void Takes_an_address_with_a_port_as_people_write_it(string text, string address)
    {
        Assert.True(ProbesAddress.TryParse(text, out var parsed, out var problem), problem);
        Assert.Equal(IPEndPoint.Parse(address), parsed);
    }

    [Theory]
    [InlineData(":9181")]
    [InlineData("*:9181")]
    [InlineData("http://*:9181")]
    [InlineData("http://:9181")]
    public void Takes_a_port_alone_for_all_addresses_of_the_machine(string text)
    {
        Assert.True(ProbesAddress.TryParse(text, out var parsed, out var problem), problem);
        Assert.Equal(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 9181), parsed);
    }

    [Theory]
    [InlineData("", "names no port")]
    [InlineData("9181", "names no port")]
    [InlineData("0.0.0.0", "names no port")]
    [InlineData("0.0.0.0:0", "names no port")]
    [InlineData("0.0.0.0:65536", "names no port")]
    [InlineData("0.0.0.0:+1", "names no port")]
    [InlineData("http://0.0.0.0:9181/metrics", "names no port")]
    [InlineData("1.2:9181", "not an address of this machine")]
    [InlineData("::1:9181", "not an address of this machine")]
    [InlineData("[1.2.3.4]:9181", "not an address of this machine")]
    [InlineData("gateway.example:9181", "not an address of this machine")]
    [InlineData("https://0.0.0.0:9181", "plain HTTP")]
    public void Refuses_what_is_none_and_says_what_to_write(string text, string why)
    {
        Assert.False(ProbesAddress.TryParse(text, out _, out var problem));
        Assert.Contains(why, problem, StringComparison.Ordinal);
        Assert.Contains("such as 0.0.0.0:9181", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Repeats_no_password()
    {
        Assert.False(ProbesAddress.TryParse("http://ann:s3cret@0.0.0.0:9181", out _, out var problem));
        Assert.DoesNotContain("s3cret", problem, StringComparison.Ordinal);
    }
}
