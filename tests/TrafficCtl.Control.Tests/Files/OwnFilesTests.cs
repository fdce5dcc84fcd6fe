using System.Runtime.Versioning;
using TrafficCtl.Control.Files;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Files;

/// <summary>Who may have written a file: real files, modes and links.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class OwnFilesTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory directory = new();

    [Fact]
    public void A_file_of_ones_own_is_also_below_a_sticky_directory() => Assert.Null(OwnFiles.WhyNot(Make("a/shop.yaml"), []));

    [Theory]
    [InlineData("a/shop.yaml", UnixFileMode.OtherWrite)]
    [InlineData("a/shop.yaml", UnixFileMode.GroupWrite)]
    [InlineData("a", UnixFileMode.OtherWrite)]
    [InlineData("", UnixFileMode.GroupWrite)]
    public void One_that_others_may_write_or_replace_is_not(string at, UnixFileMode mode)
    {
        var file = Make("a/shop.yaml");
        var open = Path.TrimEndingDirectorySeparator(directory.File(at));
        File.SetUnixFileMode(open, Private | mode);
        Assert.Equal($"others may write {open}: chmod go-w {open}", OwnFiles.WhyNot(file, []));
        Assert.Null(OwnFiles.WhyNot(file, [directory.Path]));
        Assert.NotNull(OwnFiles.WhyNot(file, [directory.File("other")]));
    }

    [Fact]
    public void A_link_is_as_safe_as_the_way_to_it_and_the_way_behind_it()
    {
        var file = Make("open/shop.yaml");
        var link = directory.File("link.yaml");
        File.CreateSymbolicLink(link, file);
        Assert.Null(OwnFiles.WhyNot(link, []));
        File.SetUnixFileMode(directory.File("open"), Private | UnixFileMode.OtherWrite);
        Assert.Contains("others may write", OwnFiles.WhyNot(link, []), StringComparison.Ordinal);
        // A link out of an allowed directory leads to what is not allowed.
        Assert.NotNull(OwnFiles.WhyNot(link, [directory.File("allowed")]));
    }

    [Fact]
    public void A_directory_whose_name_begins_alike_is_another_one()
    {
        var file = Make("allowed-not/shop.yaml");
        File.SetUnixFileMode(file, Private | UnixFileMode.OtherWrite);
        Assert.NotNull(OwnFiles.WhyNot(file, [directory.File("allowed")]));
    }

    [Fact]
    public void A_file_that_is_not_there_is_nobodys() => Assert.NotNull(OwnFiles.WhyNot(directory.File("none"), []));

    public void Dispose() => directory.Dispose();

    private string Make(string name)
    {
        var file = directory.Write(name, "service: shop\n");
        File.SetUnixFileMode(file, Private);
        var at = Path.GetDirectoryName(file)!;
        while (at.StartsWith(directory.Path, StringComparison.Ordinal))
        {
            File.SetUnixFileMode(at, Private);
            at = Path.GetDirectoryName(at)!;
        }

        return file;
    }
}
