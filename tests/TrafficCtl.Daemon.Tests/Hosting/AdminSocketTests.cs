using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Access;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

public sealed class AdminSocketTests
{
    [Fact]
    public async Task A_daemon_makes_its_socket_for_itself_alone_and_starts_without_a_warning()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        using var said = new SaidLines();
        var path = SocketOf(daemon);
        await using (await DaemonHost.StartAsync(daemon.Options with { AdminSocket = path, Logging = l => l.AddProvider(said) }, default))
        {
            using var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await peer.ConnectAsync(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.Empty(said.Lines);
    }

    [Fact]
    public async Task A_socket_that_a_killed_daemon_left_is_taken_over()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var path = SocketOf(daemon);
        Directory.CreateDirectory(daemon.Data);
        using var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        left.Bind(new UnixDomainSocketEndPoint(path));
        await using var host = await DaemonHost.StartAsync(daemon.Options with { AdminSocket = path }, default);
        using var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await peer.ConnectAsync(new UnixDomainSocketEndPoint(path));
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_socket_stays_and_the_daemon_goes_without_one()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var path = SocketOf(daemon);
        Directory.CreateDirectory(daemon.Data);
        await File.WriteAllTextAsync(path, "mine");
        var told = new ConcurrentQueue<string>();
        await using (await DaemonHost.StartAsync(daemon.Options with { AdminSocket = path }, told.Enqueue, default))
            Assert.Equal([$"the admin API has no Unix socket: {path} is there already and is no socket"], told);
        Assert.Equal("mine", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task A_socket_that_another_process_answers_stays_its_own()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var path = SocketOf(daemon);
        Directory.CreateDirectory(daemon.Data);
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(path));
        other.Listen();
        var told = new ConcurrentQueue<string>();
        await using (await DaemonHost.StartAsync(daemon.Options with { AdminSocket = path }, told.Enqueue, default))
            Assert.Equal([$"the admin API has no Unix socket: another process listens at {path}"], told);
        using var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await peer.ConnectAsync(new UnixDomainSocketEndPoint(path));
    }

    [Fact]
    public void A_path_that_no_socket_takes_is_none() => Assert.Null(AdminSocket.PathIn("/tmp/" + new string('x', 200)));

    private static string SocketOf(RealDaemon daemon)
    {
        var path = AdminSocket.PathIn(daemon.Data);
        Assert.SkipWhen(path is null, "no Unix socket with peer credentials here");
        return path!;
    }
}
