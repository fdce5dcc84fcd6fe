using TrafficCtl.TestKit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>
/// <c>Arrows/PROJECT.txt</c>: a line a folder with the folders it may use, and <c>Arrows/circles.txt</c>: arrows that may close a circle.
/// </summary>
internal static class ArrowList
{
    private static readonly string Home = Path.Combine(Repository.Root, "tests/TrafficCtl.Cli.Tests/Architecture/Arrows");

    public static IEnumerable<string> Projects =>
        Directory.EnumerateFiles(Home, "TrafficCtl.*.txt").Select(f => Path.GetFileNameWithoutExtension(f)!);

    public static IReadOnlySet<FolderArrow> Read(string project)
    {
        var file = Path.Combine(Home, $"{project}.txt");
        return File.Exists(file) ? Lines(file).SelectMany(Arrows).ToHashSet() : new HashSet<FolderArrow>();
    }

    public static void Write(string project, IEnumerable<FolderArrow> arrows) => File.WriteAllLines(Path.Combine(Home, $"{project}.txt"),
        arrows.GroupBy(a => a.From).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"{g.Key}: {string.Join(' ', g.Select(a => a.To).Order(StringComparer.Ordinal))}"));

    /// <summary>Lines of the form "TrafficCtl.Core Services -> Rollouts".</summary>
    public static IReadOnlyList<FolderArrow> Exceptions(string project) =>
    [
        .. Lines(Path.Combine(Home, "circles.txt")).Select(l => l.Split(' ')).Where(parts => parts[0] == project)
            .Select(parts => new FolderArrow(parts[1], parts[3])),
    ];

    public static IEnumerable<string> ExceptedProjects => Lines(Path.Combine(Home, "circles.txt")).Select(l => l.Split(' ')[0]).Distinct();

    private static IEnumerable<string> Lines(string file) => File.ReadLines(file).Where(l => l.Length > 0 && l[0] != '#');

    private static IEnumerable<FolderArrow> Arrows(string line)
    {
        var (from, to) = line.Split(": ") is [var f, var t]
            ? (f, t)
            : throw new InvalidDataException($"'{line}' is not 'FOLDER: FOLDER ...'");
        return to.Split(' ').Select(t => new FolderArrow(from, t));
    }
}
