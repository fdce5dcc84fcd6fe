namespace TrafficCtl.TestKit;

/// <summary>The checkout that the tests run in.</summary>
public static class Repository
{
    /// <summary>The directory with the solution.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "TrafficCtl.sln"))) return at.FullName;
        throw new DirectoryNotFoundException($"no TrafficCtl.sln above {AppContext.BaseDirectory}");
    }
}
