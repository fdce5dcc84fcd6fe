namespace TrafficCtl.Proxy.Files;

/// <summary>What both state files do with content that cannot be understood.</summary>
internal static class StateFiles
{
    /// <summary>Where the file went; where it stays, with the reason in <paramref name="problem"/>, when it cannot be moved.</summary>
    public static string MoveAside(string path, DateTimeOffset now, ref string? problem)
    {
        try
        {
            return DurableFile.MoveAside(path, now);
        }
        catch (Exception immovable) when (immovable is IOException or UnauthorizedAccessException)
        {
            Volatile.Write(ref problem, $"cannot move {path} aside: {immovable.Message}");
            return path;
        }
    }
}
