using System.Net.Sockets;
using System.Runtime.Versioning;
using TrafficCtl.Control.Files;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Files;

[UnsupportedOSPlatform("windows")]
public sealed class FileStatusTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-kind-").FullName;

    public FileStatusTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "asks the kernel for kinds");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Tells_the_kind_of_a_path_without_opening_it()
    {
        File.WriteAllText(In("file"), "12345");
        File.CreateSymbolicLink(In("link"), In("file"));
        File.CreateSymbolicLink(In("nowhere"), In("none"));
        Fifo.Make(In("pipe"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(In("socket")));

        Assert.Equal((FileKind.Regular, 5), (FileStatus.Of(In("file")).Kind, FileStatus.Of(In("file")).Length));
        Assert.Equal(FileStatus.Of(In("file")), FileStatus.Of(In("link")));
        Assert.Equal(FileKind.Missing, FileStatus.Of(In("nowhere")).Kind);
        Assert.Equal(FileKind.Missing, FileStatus.Of(In("file/below")).Kind);
        Assert.Equal(FileKind.Directory, FileStatus.Of(folder).Kind);
        Assert.Equal(FileKind.Pipe, FileStatus.Of(In("pipe")).Kind);
        Assert.Equal(FileKind.CharacterDevice, FileStatus.Of("/dev/null").Kind);
        Assert.Equal(FileKind.Socket, FileStatus.Of(In("socket")).Kind);
    }

    [Fact]
    public void Names_a_file_over_a_rename_and_never_two_by_one_name()
    {
        File.WriteAllText(In("a"), "");
        File.WriteAllText(In("b"), "");
        var (a, b) = (FileStatus.Of(In("a")).Identity, FileStatus.Of(In("b")).Identity);
        Assert.NotEqual(a, b);
        File.Move(In("b"), In("a"), overwrite: true);
        Assert.Equal(b, FileStatus.Of(In("a")).Identity);
    }

    [Fact]
    public void Tells_whether_others_may_read()
    {
        File.WriteAllText(In("key"), "");
        File.SetUnixFileMode(In("key"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.False(FileStatus.Of(In("key")).IsOpenToOthers);
        File.SetUnixFileMode(In("key"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.True(FileStatus.Of(In("key")).IsOpenToOthers);
    }

    private string In(string name) => Path.Combine(folder, name);
}
