using System.Net.Sockets;
using System.Text;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

public sealed class SdNotifyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_manager_is_told_over_the_socket_that_it_named(bool isAbstract)
    {
        var path = Path.Combine(Path.GetTempPath(), $"trafficctl-{Guid.NewGuid():N}");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + path : path));
        try
        {
            await SdNotify.SendAsync("READY=1", isAbstract ? '@' + path : path);
            var buffer = new byte[512];
            Assert.Equal("READY=1", Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public Task Without_a_manager_nothing_happens(string? address) => SdNotify.SendAsync("READY=1", address);

    [Fact]
    public Task A_deaf_manager_is_reported() => Assert.ThrowsAsync<SocketException>(() => SdNotify.SendAsync("READY=1", "/nowhere/at/all"));
}
