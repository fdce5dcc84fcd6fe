using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>Analyzer rules that are off are few, and each has its reason above it in .editorconfig.</summary>
public sealed class AnalyzerRuleTests
{
    private const int Most = 14;

    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Repository.Root, ".editorconfig"));

    [Fact]
    public void Each_rule_that_is_off_has_a_reason_in_the_line_above() =>
        Assert.Empty(Lines.Where((line, i) => IsOff(line) && !Lines[i - 1].StartsWith("# ", StringComparison.Ordinal)));

    [Fact]
    public void Few_rules_are_off() => Assert.InRange(Lines.Count(IsOff), 1, Most);

    private static bool IsOff(string line) =>
        line.StartsWith("dotnet_diagnostic.", StringComparison.Ordinal) && line.EndsWith("= none", StringComparison.Ordinal);
}
