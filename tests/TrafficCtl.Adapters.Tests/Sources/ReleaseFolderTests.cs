using TrafficCtl.Adapters.Sources;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Sources;

public sealed class ReleaseFolderTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly ManualClock clock = new();
    private readonly ReleaseFolder folder;

    public ReleaseFolderTests()
    {
        Directory.CreateDirectory(directory.File("releases"));
        var (pattern, problem) = ArtifactPattern.Parse("./releases/{version}/shop", directory.Path);
        Assert.Null(problem);
        folder = new ReleaseFolder(pattern!, clock);
    }

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_version_is_complete_when_nothing_in_it_has_changed_for_some_seconds()
    {
        directory.Write("releases/v1/shop", "half");
        Assert.Empty((await LookAsync()).Complete);
        clock.Advance(ReleaseFolder.Settle / 2);
        directory.Write("releases/v1/shop", "a whole program");
        Assert.Empty((await LookAsync()).Complete);
        clock.Advance(ReleaseFolder.Settle / 2);
        Assert.Empty((await LookAsync()).Complete);
        clock.Advance(ReleaseFolder.Settle / 2);
        var found = Assert.Single((await LookAsync()).Complete);
        Assert.Equal(("v1", directory.File("releases/v1/shop")), (found.Version, found.Artifact));
        Assert.Matches("^sha256:[0-9a-f]{64}$", found.Digest);
        clock.Advance(ReleaseFolder.Settle);
        Assert.Empty((await LookAsync()).Complete);
    }

    [Fact]
    public async Task A_marker_makes_a_version_complete_at_once()
    {
        directory.Write("releases/v1/shop", "program");
        Assert.Empty((await LookAsync()).Complete);
        directory.Write("releases/v1/.complete", "");
        Assert.Single((await LookAsync()).Complete);
    }

    [Fact]
    public async Task A_folder_that_is_renamed_to_its_version_is_never_seen_half()
    {
        directory.Write("releases/.v1.part/shop", "program");
        clock.Advance(ReleaseFolder.Settle);
        var nothing = await LookAsync();
        Assert.True(nothing.Complete.IsEmpty && nothing.Gone.IsEmpty && nothing.Troubles.IsEmpty);
        Directory.Move(directory.File("releases/.v1.part"), directory.File("releases/v1"));
        await LookAsync();
        clock.Advance(ReleaseFolder.Settle);
        Assert.Equal(["v1"], (await LookAsync()).Complete.Select(static f => f.Version));
    }

    [Fact]
    public async Task The_digest_is_of_names_contents_and_modes_and_not_of_times()
    {
        void Make(string version, Action<string> write)
        {
            directory.Write($"releases/{version}/shop", "program");
            directory.Write($"releases/{version}/lib/a", "x");
            write(directory.File($"releases/{version}"));
            directory.Write($"releases/{version}/.complete", "");
        }

        Make("v1", static _ => { });
        Make("v2", static at => File.SetLastWriteTimeUtc(at + "/lib/a", DateTime.UnixEpoch));
        Make("v3", static at => File.WriteAllText(at + "/lib/a", "y"));
        Make("v4", static at => File.Move(at + "/lib/a", at + "/lib/b"));
        Make("v5", static at => Runtimes.ProcessHost.SetMode(at + "/shop", UnixFileMode.UserRead | UnixFileMode.UserExecute));
        var found = (await LookAsync()).Complete.ToDictionary(static f => f.Version, static f => f.Digest, StringComparer.Ordinal);
        Assert.Equal(5, found.Count);
        Assert.Equal(found["v1"], found["v2"]);
        Assert.Equal(4, found.Values.Distinct().Count());
    }

    [Fact]
    public async Task Links_odd_names_and_files_are_refused_with_a_sentence()
    {
        directory.Write("releases/v1/shop", "program");
        Directory.CreateSymbolicLink(directory.File("releases/current"), directory.File("releases/v1"));
        directory.Write("releases/v 2/shop", "program");
        directory.Write("releases/-rf/shop", "program");
        directory.Write("releases/notes.txt", "not a version");
        directory.Write("releases/v3/shop", "program");
        File.CreateSymbolicLink(directory.File("releases/v3/secret"), "/etc/passwd");
        directory.Write("releases/v4/readme", "no program");
        await LookAsync();
        clock.Advance(ReleaseFolder.Settle);
        var changes = await LookAsync();
        var at = directory.File("releases");
        Assert.Equal(["v1"], changes.Complete.Select(static f => f.Version));
        Assert.Equal(
            [
                $"{at}/-rf does not begin with a letter or a digit; it is not published",
                $"{at}/current is a link; links are not followed, move the folder here; it is not published",
                $"{at}/notes.txt is no folder of a version; it is not published",
                $"{at}/v 2 has other characters than letters, digits, '.', '-', '_' and '+'; it is not published",
                $"{at}/v3 has the link secret; links are not followed, copy the file; it is not published",
                $"{at}/v4 has no shop, and has not changed for 5 s; it is not published",
            ],
            changes.Troubles);
    }

    [Fact]
    public async Task A_deleted_version_is_reported_once_and_one_that_was_never_complete_is_not()
    {
        directory.Write("releases/v1/shop", "program");
        directory.Write("releases/v1/.complete", "");
        directory.Write("releases/v2/shop", "program");
        Assert.Single((await LookAsync()).Complete);
        Directory.Delete(directory.File("releases/v1"), recursive: true);
        Directory.Delete(directory.File("releases/v2"), recursive: true);
        Assert.Equal(["v1"], (await LookAsync()).Gone.AsEnumerable());
        Assert.Empty((await LookAsync()).Gone);
    }

    [Fact]
    public async Task A_version_that_changes_after_it_was_complete_is_found_again_with_another_digest()
    {
        directory.Write("releases/v1/shop", "program");
        directory.Write("releases/v1/.complete", "");
        var before = Assert.Single((await LookAsync()).Complete);
        directory.Write("releases/v1/shop", "another program");
        var after = Assert.Single((await LookAsync()).Complete);
        Assert.NotEqual(before.Digest, after.Digest);
    }

    [Theory]
    [InlineData("./releases/{version}/shop", "/home/releases/v1/shop")]
    [InlineData("releases/{version}", "/home/releases/v1")]
    [InlineData("/srv/{version}/bin/shop", "/srv/v1/bin/shop")]
    [InlineData("{version}/shop", "/home/v1/shop")]
    public void A_pattern_names_the_artifact_of_each_version(string text, string artifact) =>
        Assert.Equal(artifact, ArtifactPattern.Parse(text, "/home").Pattern!.Of("v1"));

    [Theory]
    [InlineData("./releases/shop")]
    [InlineData("./releases/shop-{version}")]
    [InlineData("./{version}/{version}/shop")]
    [InlineData("./releases/{version}/../shop")]
    public void A_pattern_without_a_folder_for_each_version_is_refused(string text) =>
        Assert.StartsWith($"is \"{text}\"; ", ArtifactPattern.Parse(text, "/home").Problem, StringComparison.Ordinal);

    private Task<ReleaseChanges> LookAsync() => folder.LookAsync(default);
}
