using System.Text.RegularExpressions;
using TrafficCtl.TestKit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>The source files of a project and the namespaces that they declare.</summary>
internal static partial class SourceFolders
{
    /// <summary>Files whose namespace is not the project's name and the folders below it.</summary>
    public static IEnumerable<string> Misnamed(string project)
    {
        var home = Path.Combine(Repository.Root, "src", project);
        foreach (var file in Directory.EnumerateFiles(home, "*.cs", SearchOption.AllDirectories))
        {
            var folder = Path.GetRelativePath(home, Path.GetDirectoryName(file)!);
            var expected = folder == "." ? project : $"{project}.{folder.Replace(Path.DirectorySeparatorChar, '.')}";
            if (Namespace().Match(File.ReadAllText(file)) is { Success: true } match && match.Groups["name"].Value != expected)
                yield return $"{Path.GetRelativePath(Repository.Root, file)} declares {match.Groups["name"].Value}, its folder is "
                    + $"{expected}";
        }
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
