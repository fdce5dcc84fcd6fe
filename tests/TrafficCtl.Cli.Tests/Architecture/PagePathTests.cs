using System.Text.RegularExpressions;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>The pages for contributors name files, folders and pages that exist.</summary>
public sealed partial class PagePathTests
{
    public static TheoryData<string> Pages =>
    [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/architecture.md",
        "docs/contributing.md",
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "decisions"), "*.md")
            .Select(file => $"docs/decisions/{Path.GetFileName(file)}").Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_path_that_a_page_names_exists(string page)
    {
        var missing = Named().Matches(Prose(page)).Select(static match => match.Groups["path"].Value)
            .Where(path => !path.Contains('*', StringComparison.Ordinal) && !Exists(Path.Combine(Repository.Root, path)));
        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_of_a_page_leads_to_a_file(string page)
    {
        var home = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        var broken = Link().Matches(Prose(page)).Select(static match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !Exists(Path.Combine(home, target)));
        Assert.Empty(broken);
    }

    [Fact]
    public void The_test_and_the_class_that_the_page_for_contributors_runs_exist()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "CONTRIBUTING.md"));
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories).ToArray();
        var type = Class().Match(page).Groups["name"].Value;
        Assert.Contains(sources, file => Path.GetFileNameWithoutExtension(file) == type[(type.LastIndexOf('.') + 1)..]);
        var test = Method().Match(page).Groups["name"].Value;
        Assert.Contains(sources, file => File.ReadAllText(file).Contains($"public void {test}()", StringComparison.Ordinal));
    }

    /// <summary>Examples name files of their reader.</summary>
    private static string Prose(string page) =>
        Fence().Replace(File.ReadAllText(Path.Combine(Repository.Root, page)).ReplaceLineEndings("\n"), "");

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    [GeneratedRegex("`(?<path>(src|tests|docs|proto|loadtests|dashboards)/[^` ]*)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Named();

    [GeneratedRegex(@"-class (?<name>[\w.]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Class();

    [GeneratedRegex(@"-method '\*\.(?<name>\w+)'", RegexOptions.ExplicitCapture)]
    private static partial Regex Method();

    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)(#[^)\s]*)?\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Fence();
}
