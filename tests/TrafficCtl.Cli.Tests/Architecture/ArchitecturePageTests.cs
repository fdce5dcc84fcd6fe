using System.Text.RegularExpressions;
using System.Xml.Linq;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>docs/architecture.md names the projects, their references and their folders as they are.</summary>
public sealed partial class ArchitecturePageTests
{
    private static readonly string[] Sections =
        File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md")).ReplaceLineEndings("\n").Split("\n## ");

    [Fact]
    public void Every_project_has_a_row_with_the_projects_that_it_uses()
    {
        var written = Row().Matches(Projects()).Select(row => (row.Groups["first"].Value, row.Groups["last"].Value))
            .Where(static row => row.Item1.StartsWith("`src/", StringComparison.Ordinal));
        Assert.Equal(Built().Order(), written.Order());
    }

    [Fact]
    public void Every_folder_of_a_project_has_a_row_and_every_row_a_folder()
    {
        var written = Projects().Split("\n### ").Skip(1).SelectMany(FoldersIn).ToArray();
        var built = ProjectFolders()
            .SelectMany(Directory.EnumerateDirectories)
            .Select(folder => Path.GetRelativePath(Repository.Root, folder).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(static folder => Path.GetFileName(folder) is not ("bin" or "obj"))
            .ToArray();
        Assert.Empty(built.Except(written).Select(static folder => $"{folder} has no row in docs/architecture.md: say what it holds"));
        Assert.Empty(written.Except(built).Select(static folder => $"docs/architecture.md names {folder}, which does not exist"));
    }

    private static string Projects() => Sections.Single(s => s.StartsWith("Projects and folders\n", StringComparison.Ordinal));

    private static IEnumerable<string> FoldersIn(string section)
    {
        var project = Quoted().Match(section).Groups["name"].Value;
        return Row().Matches(section)
            .SelectMany(row => Quoted().Matches(row.Groups["first"].Value))
            .Select(folder => $"{project}/{folder.Groups["name"].Value}");
    }

    private static IEnumerable<string> ProjectFolders() =>
        Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src"), "TrafficCtl.*");

    private static IEnumerable<(string Project, string Uses)> Built() =>
        from folder in ProjectFolders()
        let name = Path.GetFileName(folder)
        let references = XDocument.Load(Path.Combine(folder, $"{name}.csproj")).Descendants("ProjectReference")
        // What a project only ships beside itself, it cannot name.
        let used = references.Where(static r => r.Attribute("Aliases") is null)
            .Select(static r => Word((string)r.Attribute("Include")!))
        let all = string.Join(", ", used.OrderBy(Rank))
        select ($"`src/{name}`", all.Length == 0 ? "–" : all);

    private static string Word(string reference) => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')) switch
    {
        "TrafficCtl.Proto" => "`proto/`",
        var project => project["TrafficCtl.".Length..],
    };

    /// <summary>As the page lists them: from what decides to what hosts.</summary>
    private static int Rank(string word) =>
        Array.IndexOf(["Core", "Control", "Proxy", "Adapters", "Kubernetes", "Daemon", "Offline", "Simulator", "`proto/`"], word);

    [GeneratedRegex(@"^\| (?<first>[^|\n]+) \|(.*\|)? (?<last>[^|\n]+) \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Quoted();
}
