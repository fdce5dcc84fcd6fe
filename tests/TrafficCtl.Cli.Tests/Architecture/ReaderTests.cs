using TrafficCtl.Cli.Tests.Architecture.Sample.Users;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>What the arrows are read from: every way in which one type names another, over the folders in <c>Sample</c>.</summary>
public sealed class ReaderTests
{
    private const string Root = "TrafficCtl.Cli.Tests.Architecture.Sample", Sources = "tests/TrafficCtl.Cli.Tests/Architecture/Sample";

    [Theory]
    [InlineData(nameof(InBase))]
    [InlineData(nameof(InArgumentOfAFace))]
    [InlineData(nameof(InAttribute))]
    [InlineData("InConstraint`1")]
    [InlineData(nameof(InCallInALambda))]
    [InlineData(nameof(InLocalAcrossAnAwait))]
    [InlineData(nameof(InArgumentOfAMethod))]
    [InlineData(nameof(InCatch))]
    [InlineData(nameof(InPattern))]
    [InlineData(nameof(InField))]
    public void A_use_is_seen(string user) =>
        Assert.Contains(
            Uses, u => u.Arrow == new FolderArrow("Users", "Used") && u.Place.StartsWith($"{user} uses ", StringComparison.Ordinal));

    [Fact]
    public void A_folder_that_uses_nothing_has_no_arrow() => Assert.DoesNotContain(Uses, u => u.Arrow.From == "Used");

    [Fact]
    public void A_constant_is_seen_by_its_using_directive() =>
        Assert.Contains(
            new FolderArrow("Users", "Used"), FolderArrows.Written(Path.Combine(Repository.Root, Sources), Root).Select(u => u.Arrow));

    [Theory]
    [InlineData("A -> B, B -> C", "")]
    [InlineData("A -> B, B -> A", "A -> B -> A")]
    [InlineData("A -> B, B -> C, C -> A, C -> D", "A -> B -> C -> A")]
    [InlineData("A -> B, B -> A, B -> C, C -> B", "A -> B -> A|C -> B -> C")]
    public void A_circle_is_found_and_told_once(string arrows, string circles) =>
        Assert.Equal(circles.Split('|', StringSplitOptions.RemoveEmptyEntries),
            new FolderGraph(arrows.Split(", ").Select(a => a.Split(" -> ")).Select(a => new FolderArrow(a[0], a[1]))).Circles());

    private static List<FolderUse> Uses { get; } = FolderArrows.Compiled(typeof(ReaderTests).Assembly.Location, Root);
}
