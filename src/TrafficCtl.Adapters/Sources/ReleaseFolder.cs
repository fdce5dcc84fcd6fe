using System.Collections.Immutable;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Runtimes;

namespace TrafficCtl.Adapters.Sources;

/// <param name="Version">The name of its folder.</param>
/// <param name="Artifact">What is run of it.</param>
public sealed record FoundRelease(string Version, string Artifact, string Digest);

/// <summary>What changed between two looks.</summary>
/// <param name="Complete">Versions that are complete, or complete again after a change.</param>
/// <param name="Gone">Versions that were complete, and whose folder is no longer there.</param>
/// <param name="Troubles">What is no release and never will be, in sentences; each as long as it is so.</param>
public sealed record ReleaseChanges(
    ImmutableArray<FoundRelease> Complete, ImmutableArray<string> Gone, ImmutableArray<string> Troubles);

/// <summary>
/// The folders of the versions of one service (<c>artifact: ./releases/{version}/checkout</c>). Not for two threads at once.
/// </summary>
/// <remarks>
/// A version is complete when its artifact is there and nothing in its folder has changed for <see cref="Settle"/>; at once when the
/// folder has a file named <see cref="Marker"/>, which is to be written last. A folder whose name begins with a dot is passed over: make
/// a version under such a name and rename it, and it is never seen half.
/// </remarks>
public sealed class ReleaseFolder(ArtifactPattern pattern, TimeProvider clock)
{
    /// <summary>The file that says that a version is complete.</summary>
    public const string Marker = ".complete";

    /// <summary>Folders of one service; more are not looked at.</summary>
    public const int MostVersions = 10_000;

    /// <summary>How long a folder without a marker must not have changed.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Seen> known = new(StringComparer.Ordinal);

    /// <summary>Looks at all of them. What cannot be read now is looked at again the next time.</summary>
    /// <exception cref="IOException">The folder of the versions' folders cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public async Task<ReleaseChanges> LookAsync(CancellationToken stop)
    {
        var complete = ImmutableArray.CreateBuilder<FoundRelease>();
        var troubles = ImmutableArray.CreateBuilder<string>();
        var present = new HashSet<string>(StringComparer.Ordinal);
        if (!Directory.Exists(pattern.Folder))
        {
            troubles.Add($"the folder {pattern.Folder}, where versions are to appear, does not exist");
        }
        else
        {
            var entries = new DirectoryInfo(pattern.Folder).EnumerateFileSystemInfos();
            foreach (var entry in entries.OrderBy(static e => e.Name, StringComparer.Ordinal))
            {
                if (entry.Name.StartsWith('.')) continue;
                if (present.Count == MostVersions)
                {
                    troubles.Add($"{pattern.Folder} has more than {MostVersions} versions; delete old ones");
                    break;
                }

                if (FindProblem(entry) is { } problem)
                {
                    troubles.Add($"{entry.FullName} {problem}; it is not published");
                    continue;
                }

                present.Add(entry.Name);
                var (found, trouble) = await LookAtAsync(entry.Name, stop);
                if (found is not null) complete.Add(found);
                if (trouble is not null) troubles.Add(trouble);
            }
        }

        var gone = known.Keys.Where(name => !present.Contains(name)).Order(StringComparer.Ordinal).ToImmutableArray();
        var lost = gone.Where(name => known[name].Digest is not null).ToImmutableArray();
        foreach (var name in gone) known.Remove(name);
        return new(complete.DrainToImmutable(), lost, troubles.DrainToImmutable());
    }

    private static string? FindProblem(FileSystemInfo entry) =>
        entry.LinkTarget is not null ? "is a link; links are not followed, move the folder here"
        : entry is not DirectoryInfo ? "is no folder of a version"
        : VersionName.FindProblem(entry.Name);

    private async Task<(FoundRelease? Found, string? Trouble)> LookAtAsync(string version, CancellationToken stop)
    {
        var (folder, artifact) = (pattern.FolderOf(version), pattern.Of(version));
        var seen = known.GetValueOrDefault(version);
        try
        {
            var stamp = ReleaseTree.Stamp(folder);
            if (seen is null || seen.Stamp != stamp) known[version] = seen = new Seen(stamp, clock.GetTimestamp(), null, seen?.Digest);
            if (seen.PublishedStamp == stamp) return (null, null);
            var isMarked = File.Exists(Path.Combine(folder, Marker));
            var isSettled = clock.GetElapsedTime(seen.Since) >= Settle;
            if (!isMarked && !isSettled) return (null, null);
            if (!Path.Exists(artifact))
                return (null, $"{folder} has no {pattern.Inside}, and has not changed for {DurationText.Of(Settle)}; it is not published");
            var digest = await ReleaseTree.DigestAsync(folder, stop);
            // What was written meanwhile is not what was read.
            if (ReleaseTree.Stamp(folder) != stamp) return (null, null);
            known[version] = seen with { PublishedStamp = stamp, Digest = digest };
            return seen.Digest == digest ? (null, null) : (new FoundRelease(version, artifact, digest), null);
        }
        catch (InvalidDataException refused)
        {
            return (null, $"{folder} {refused.Message}; it is not published");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return (null, $"{folder} cannot be read: {fault.Message}; it is looked at again");
        }
    }

    /// <param name="Since">When this stamp was seen first.</param>
    /// <param name="PublishedStamp">The stamp of what was found complete; null before.</param>
    /// <param name="Digest">Of what was found complete last; null before.</param>
    private sealed record Seen(string Stamp, long Since, string? PublishedStamp, string? Digest);
}
