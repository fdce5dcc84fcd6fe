using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>
/// The compiler keeps the walls between projects; this keeps the arrows between the folders of one. A new arrow is a decision:
/// <c>UPDATE_ARROWS=1</c> writes the lists as the code is now, but takes no circle. The exceptions may only become fewer.
/// </summary>
public sealed class ArrowTests
{
    public static TheoryData<string> Projects =>
        [.. Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src"), "TrafficCtl.*")
            .Select(d => Path.GetFileName(d)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_uses_only_the_folders_that_its_projects_list_names(string project)
    {
        var (found, listed) = (Found(project), ArrowList.Read(project));
        if (Environment.GetEnvironmentVariable("UPDATE_ARROWS") == "1")
        {
            ArrowList.Write(project, found.Keys);
            return;
        }

        var fresh = found.Where(f => !listed.Contains(f.Key)).Select(f => $"{f.Key} ({f.Value})");
        var gone = listed.Where(a => !found.ContainsKey(a)).Select(a => $"{a} is listed, and nothing uses it");
        Assert.Empty(fresh.Concat(gone).Select(line => $"{project}: {line}; UPDATE_ARROWS=1 writes the list"));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_use_each_other_in_no_circle(string project)
    {
        var found = Found(project);
        var circles = new FolderGraph(found.Keys.Except(ArrowList.Exceptions(project))).Circles();
        Assert.Empty(circles.Select(c => $"{project}: {c} ({string.Join("; ", Places(c, found))})"));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_exception_is_taken_off_the_list_when_it_closes_no_circle_any_more(string project)
    {
        var exceptions = ArrowList.Exceptions(project);
        var found = Found(project);
        var straight = new FolderGraph(found.Keys.Except(exceptions));
        Assert.Empty(exceptions.Where(e => !found.ContainsKey(e) || straight.Way(e.To, e.From) is null).Select(e => $"{project} {e}"));
        Assert.Equal(exceptions.Distinct(), exceptions);
    }

    [Fact]
    public void Lists_and_exceptions_are_of_projects_that_exist()
    {
        var projects = Projects.Select(p => p.Data).ToList();
        Assert.Empty(ArrowList.Projects.Except(projects));
        Assert.Empty(ArrowList.ExceptedProjects.Except(projects));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_namespace_is_named_by_its_folder(string project) => Assert.Empty(SourceFolders.Misnamed(project));

    private static Dictionary<FolderArrow, string> Found(string project)
    {
        var assembly = project == "TrafficCtl.Cli" ? "trafficctl" : project;
        return FolderArrows.Compiled(Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll"), project)
            .Concat(FolderArrows.Written(Path.Combine(Repository.Root, "src", project), project))
            .GroupBy(u => u.Arrow).ToDictionary(g => g.Key, g => g.First().Place);
    }

    private static IEnumerable<string> Places(string circle, Dictionary<FolderArrow, string> found)
    {
        var folders = circle.Split(" -> ");
        return folders.Zip(folders.Skip(1), (from, to) => found[new(from, to)]);
    }
}
