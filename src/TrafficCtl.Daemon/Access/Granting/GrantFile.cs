using System.Collections.Frozen;
using System.Collections.Immutable;
using TrafficCtl.Control.Files;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Proxy.Files;

namespace TrafficCtl.Daemon.Access.Granting;

/// <summary>The declared grants in force. The file is followed; while it cannot be used, what it said before stays in force.</summary>
internal sealed class GrantFile : IFollowedFile
{
    private readonly FollowedFiles<FrozenDictionary<GrantSubject, ImmutableArray<Grant>>>? followed;
    private readonly string path = "";

    /// <summary>No file: nobody has more than it has by itself.</summary>
    public GrantFile()
    {
    }

    /// <exception cref="InvalidDataException">The file cannot be read or used; the message says where and why.</exception>
    public GrantFile(string path)
    {
        this.path = path;
        followed = new([path], contents => Make(path, contents[0]), Objection);
    }

    public string Source => "admin-grants";

    public string? Problem =>
        followed?.Problem is { } why ? $"the grants of {path} cannot be used: {why} The former ones stay in force." : null;

    public string Renewed => $"the grants of {path} were changed and are in force (subjects: {followed?.Current.Count ?? 0})";

    public bool Poll() => followed?.Poll() == true;

    /// <summary>The identity with the grants that are declared for it. It is good as long as they are.</summary>
    public Identity Give(Identity identity)
    {
        if (followed is null || identity.Subjects.IsEmpty) return identity;
        var (declared, isStillGood) = (Of(identity.Subjects), identity.IsStillGood);
        return identity with
        {
            Grants = [.. identity.Grants, .. declared],
            IsStillGood = () => isStillGood() && Of(identity.Subjects).SequenceEqual(declared),
        };
    }

    private ImmutableArray<Grant> Of(ImmutableArray<GrantSubject> subjects)
    {
        var all = followed!.Current;
        return [.. subjects.SelectMany(subject => all.TryGetValue(subject, out var grants) ? grants : [])];
    }

    private static FrozenDictionary<GrantSubject, ImmutableArray<Grant>> Make(string path, byte[] content)
    {
        var report = new Report(path);
        if (GrantReader.Read(content, report) is { } grants) return grants;
        var problems = report.All.Select(static p => p.ToString()).ToArray();
        var more = problems.Length == 1 ? "" : $"; and {problems.Length - 1} more problems";
        throw new InvalidDataException($"{problems[0]}{more}.");
    }

    /// <summary>Who may write the file may give itself any right.</summary>
    private static string? Objection(string path) =>
        !OperatingSystem.IsWindows() && (FileStatus.Of(path).Mode & UnixFileMode.OtherWrite) != UnixFileMode.None
            ? $"every user of this machine may write {path}, and so give any right: chmod o-w {path}."
            : null;
}
