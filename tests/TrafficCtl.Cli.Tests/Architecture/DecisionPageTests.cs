using System.Globalization;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>docs/decisions has a page for each decision, in one form, and a list of them.</summary>
public sealed class DecisionPageTests
{
    private static readonly string Home = Path.Combine(Repository.Root, "docs", "decisions");

    private static readonly string[] Names =
        [.. Directory.EnumerateFiles(Home, "0*.md").Select(static file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Pages => [.. Names];

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_has_context_decision_consequences_and_what_was_rejected(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Home, name));
        Assert.StartsWith($"# {name[..4]} ", lines[0], StringComparison.Ordinal);
        Assert.Equal(
            ["## Context", "## Decision", "## Consequences", "## Rejected"],
            lines.Where(static l => l.StartsWith("## ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Numbers_follow_each_other() =>
        Assert.Equal(Enumerable.Range(1, Names.Length), Names.Select(static name => int.Parse(name[..4], CultureInfo.InvariantCulture)));

    [Fact]
    public void The_list_names_each_page_with_its_title()
    {
        var expected = Names.Select(name => $"| [{name[..4]}]({name}) | {File.ReadLines(Path.Combine(Home, name)).First()[7..]} |");
        var listed = File.ReadLines(Path.Combine(Home, "README.md")).Where(static l => l.StartsWith("| [0", StringComparison.Ordinal));
        Assert.Equal(expected, listed);
    }
}
