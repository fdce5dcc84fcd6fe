using System.Collections.Immutable;
using TrafficCtl.Cli.Commands;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Commands;

/// <summary>A command is one file and one row: the help, suggestions, completion and refusals follow.</summary>
public sealed class NewCommandTests
{
    private static readonly ImmutableArray<CommandEntry> WithNew =
    [
        .. CommandList.All,
        HelloCommand.Entry,
    ];

    [Fact]
    public async Task A_new_command_is_one_file_and_one_row_to_the_help_the_completion_and_the_refusals()
    {
        Assert.Equal(new Run(0, "hello ann\n", ""), await Run.OfAsync(WithNew, "hello", "ann"));
        Assert.Contains("hello", (await Run.OfAsync(WithNew, "--help")).Out, StringComparison.Ordinal);
        Assert.Contains("Greets somebody", (await Run.OfAsync(WithNew, "--help")).Out, StringComparison.Ordinal);
        Assert.Contains("<NAME>", (await Run.OfAsync(WithNew, "hello", "--help")).Out, StringComparison.Ordinal);
        Assert.Equal(
            new Run(2, "", "trafficctl: usage: no command \"helo\" (did you mean \"hello\"?): see trafficctl --help\n"),
            await Run.OfAsync(WithNew, "helo"));
        Assert.StartsWith("trafficctl hello: usage: ", (await Run.OfAsync(WithNew, "hello")).Error, StringComparison.Ordinal);
        Assert.Contains("hello\n", (await Run.OfAsync(WithNew, "[suggest]", "trafficctl he")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_row_it_is_no_command() =>
        Assert.StartsWith("trafficctl: usage: no command \"hello\"", (await Run.OfAsync("hello", "ann")).Error, StringComparison.Ordinal);

    [Fact]
    public void What_the_page_for_contributors_shows_of_a_new_command_is_what_these_tests_compile()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "contributing.md"));
        var here = Path.Combine(Repository.Root, "tests", "TrafficCtl.Cli.Tests", "Commands");
        var file = File.ReadAllText(Path.Combine(here, "HelloCommand.cs"));
        Assert.Contains(file[file.IndexOf("internal static class", StringComparison.Ordinal)..].TrimEnd(), page, StringComparison.Ordinal);
        var rows = File.ReadAllText(Path.Combine(here, "NewCommandTests.cs"));
        var begin = rows.IndexOf("        HelloCommand.Entry,", StringComparison.Ordinal);
        var row = rows[begin..rows.IndexOf("    ];", begin, StringComparison.Ordinal)].TrimEnd();
        Assert.Contains(row, page, StringComparison.Ordinal);
        Assert.True(row.Split('\n').Length <= 5, "a new command changes at most five lines outside its own file");
    }
}
