using System.Text.RegularExpressions;
using System.Xml.Linq;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>The packages that the build uses are those that docs/dependencies.md gives a reason for.</summary>
public sealed partial class PackageListTests
{
    private static readonly XDocument Versions = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props"));

    [Fact]
    public void Every_package_has_a_line_in_the_page_and_every_line_a_package() =>
        Assert.Equal(
            Names("PackageVersion", "GlobalPackageReference").Order(StringComparer.Ordinal), Documented().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_package_with_a_version_is_referenced_by_a_project()
    {
        string[] roots = ["src", "tests", "loadtests", "proto"];
        var referenced = roots
            .SelectMany(r => Directory.EnumerateFiles(Path.Combine(Repository.Root, r), "*.csproj", SearchOption.AllDirectories))
            .SelectMany(file => XDocument.Load(file).Descendants("PackageReference"))
            .Select(reference => (string)reference.Attribute("Include")!)
            .Distinct(StringComparer.Ordinal);
        Assert.Equal(Names("PackageVersion").Order(StringComparer.Ordinal), referenced.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_version_is_exact() => Assert.All(
        Versions.Descendants().Select(e => (string?)e.Attribute("Version")).OfType<string>(),
        version => Assert.Matches(ExactVersion(), version));

    /// <summary>A reason that names a test is believed because of it.</summary>
    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        var tests = string.Concat(Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var named = TestName().Matches(Page()).Select(match => match.Groups["name"].Value).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains($" {name}(", tests, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Names(params string[] elements) =>
        elements.SelectMany(element => Versions.Descendants(element)).Select(package => (string)package.Attribute("Include")!);

    private static IEnumerable<string> Documented()
    {
        var section = Page().Split("\n## ").Single(s => s.StartsWith("Referenced\n", StringComparison.Ordinal));
        return Row().Matches(section).Select(row => row.Groups["name"].Value).Where(name => name is not ("package" or "---"));
    }

    private static string Page() => File.ReadAllText(Path.Combine(Repository.Root, "docs", "dependencies.md"));

    [GeneratedRegex(@"`(?<name>[A-Z][a-z0-9]*(_\w+)+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\| ?(?<name>[^ |]+) ?\|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex(@"^\d+(\.\d+){1,3}(-[0-9A-Za-z.]+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex ExactVersion();
}
