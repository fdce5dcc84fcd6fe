using System.Collections.Immutable;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Running;

/// <summary>Good files beside what a daemon serves: what would move users to another version without a rollout is a problem.</summary>
/// <remarks>One set of rules for a reload, which keeps the last good files in force, and for <c>check --running</c> before it.</remarks>
public static class RunningRules
{
    /// <param name="next">Files that have no problem of their own.</param>
    /// <param name="running">What is served now.</param>
    /// <param name="known">
    /// The last good version that the store has of a service in an environment; null where it has none, or was not asked.
    /// </param>
    /// <returns>Problems, of which nothing may take effect; and what will happen although it may not be meant.</returns>
    public static (ImmutableArray<Problem> Problems, ImmutableArray<Problem> Warnings) Check(
        ImmutableArray<Delivered> next, ImmutableArray<RunningService> running, Func<TargetKey, string?> known)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        var warnings = ImmutableArray.CreateBuilder<Problem>();
        var beside = new Beside(next, running);
        var named = new HashSet<TargetKey>();
        foreach (var delivered in next)
        {
            if (beside.Now(delivered.Spec.Key) is { } now)
            {
                named.Add(now.Key);
                Check(delivered, now, known, problems, warnings);
                if (now.Key != delivered.Spec.Key) warnings.Add(Renamed(delivered, now));
            }
            else if (Successor(delivered, beside) is { } problem)
            {
                problems.Add(problem);
            }
        }

        foreach (var gone in running.Where(r => !named.Contains(r.Key)))
            warnings.Add(new Problem(
                FilesOf(next), 0, 0, "",
                $"{beside.Named(gone.Key)} is served now and not named here: with these files alone its listener closes",
                "its record is kept, and it goes on from there when it is named again"));
        return (problems.ToImmutable(), warnings.ToImmutable());
    }

    /// <summary>The targets of the files that go on from what serves under another key: of them it matters what the store has.</summary>
    public static ImmutableArray<TargetKey> Moved(ImmutableArray<Delivered> next, ImmutableArray<RunningService> running)
    {
        var beside = new Beside(next, running);
        return [.. next.Select(static d => d.Spec.Key).Where(key => beside.Now(key) is { } now && now.Key != key)];
    }

    private static void Check(
        Delivered delivered, RunningService now, Func<TargetKey, string?> known,
        ImmutableArray<Problem>.Builder problems, ImmutableArray<Problem>.Builder warnings)
    {
        var spec = delivered.Spec;
        if (spec.FindVersion(now.LastGood) is null && now.StandIn is { } standIn)
        {
            if (spec.Stable != standIn) problems.Add(Replaced(delivered, now, standIn));
        }
        else if (spec.FindVersion(now.LastGood) is null) problems.Add(Unlisted(delivered, now));
        else if (Moved(delivered, now, known) is { } moved) problems.Add(moved);
        else if (AllNew(delivered, now, now.LastGood) is { } replaced) warnings.Add(replaced);
        if (now.Candidate is not { } candidate) return;
        if (spec.FindVersion(candidate) is null)
            warnings.Add(At(
                delivered, "versions",
                now.IsExposed
                    ? $"{candidate} is being rolled out and not listed: it goes back to 0 %, and {now.LastGood} serves everything"
                    : $"{candidate} is to be rolled out and not listed: its rollout ends before the first step", "list it to go on"));
        else if (AllNew(delivered, now, candidate) is { } replaced) warnings.Add(replaced);
    }

    /// <summary>The version that serves has no line any more: there is nothing left that was shown to be good.</summary>
    private static Problem Unlisted(Delivered delivered, RunningService now)
    {
        var (spec, was) = (delivered.Spec, now.Find(now.LastGood));
        var entry = was is null
            ? now.LastGood
            : $"{now.LastGood}: [{string.Join(", ", was.Endpoints.Select(e => e.AbsoluteUri.TrimEnd('/')))}]";
        if (was is not null
            && spec.Versions.FirstOrDefault(v => v.Fingerprint == was.Fingerprint && now.Find(v.Version) is null) is { } twin)
            return At(
                delivered, $"versions.{twin.Version}", $"{now.LastGood} serves {spec.Key.Name}, and has another name here: a version is "
                    + $"known by its name, so {twin.Version} would be a new one",
                $"name it {now.LastGood} again");
        if (now.Candidate is { } candidate)
            return At(
                delivered, "versions",
                $"{now.LastGood} is what {spec.Key.Name} goes back to while {candidate} is rolled out, and it is not listed",
                $"list it again, {entry}, until {candidate} is good");
        var other = spec.Versions[^1].Version;
        return At(
            delivered, "versions",
            $"{now.LastGood} serves all requests of {spec.Key.Name} and is not listed: no other version was shown to be good",
            $"list it again, {entry}; or with it still listed publish another one (trafficctl publish {spec.Key.Name} {other}), and "
                + "remove it once that is good");
    }

    /// <summary>
    /// Since the start the file's <c>stable</c> serves, because the last good version is nowhere to be found; now it would be another.
    /// </summary>
    private static Problem Replaced(Delivered delivered, RunningService now, string standIn) => At(
        delivered, "stable", $"{standIn} serves {delivered.Spec.Key.Name} in the place of {now.LastGood}, which is not listed; "
            + $"{delivered.Spec.Stable} would get all requests at once",
        $"write stable: {standIn}, or list {now.LastGood} again");

    /// <summary>
    /// Another target, in this environment or another one, has a record of its own, or none: then it begins with <c>stable</c>.
    /// </summary>
    private static Problem? Moved(Delivered delivered, RunningService now, Func<TargetKey, string?> known)
    {
        var spec = delivered.Spec;
        if (spec.Key == now.Key) return null;
        var next = known(spec.Key) ?? spec.Stable;
        if (next == now.LastGood) return null;
        var isOther = spec.Environment != now.Key.Environment;
        return At(
            delivered, RenamedKey(delivered, now),
            (isOther
                ? $"{now.LastGood} serves {spec.Service} in environment {now.Key.Environment}; in {spec.Environment} it is {next}"
                : $"{now.LastGood} serves {now.Key}; of {spec.Key} it is {next}") + ", which would get all requests at once",
            next == spec.Stable ? $"write stable: {now.LastGood}"
            : isOther ? $"publish {now.LastGood} in {spec.Environment} first, or give the service another name"
            : $"publish {now.LastGood} as {spec.Key} first, or give the target another name");
    }

    private static Problem Renamed(Delivered delivered, RunningService now)
    {
        var key = delivered.Spec.Key;
        var ends = now.Candidate is { } candidate ? $", and the rollout of {candidate} stays behind" : "";
        return At(
            delivered, RenamedKey(delivered, now),
            $"{now.Key} is served now and named {key} here: it has the record of that name, or begins one{ends}",
            $"the record of {now.Key} is kept, and it goes on from there when it is named so again");
    }

    private static string RenamedKey(Delivered delivered, RunningService now) =>
        delivered.Spec.Environment != now.Key.Environment ? "environment" : "target";

    private static Problem? AllNew(Delivered delivered, RunningService now, string version)
    {
        if (now.Find(version) is not { Endpoints.IsEmpty: false } was || delivered.Spec.FindVersion(version) is not { } next) return null;
        return next.Endpoints.Any(was.Endpoints.Contains)
            ? null
            : At(
                delivered, $"versions.{version}",
                $"every endpoint of {version}, which serves now, is another one: its requests go there at once, without a rollout",
                "if something new runs there, list it as a version of its own");
    }

    /// <summary>
    /// A service of another name where one serves that goes: its users would meet its <c>stable</c>, whatever they had before.
    /// </summary>
    private static Problem? Successor(Delivered delivered, Beside beside)
    {
        var spec = delivered.Spec;
        foreach (var gone in beside.LeavingTo(spec))
        {
            if (gone.Find(gone.LastGood) is not { } was || spec.FindVersion(spec.Stable)?.Fingerprint == was.Fingerprint) continue;
            return At(
                delivered, "stable", $"{spec.Key.Name} takes the place of {beside.Named(gone.Key)}, where {gone.LastGood} serves; its "
                    + $"stable {spec.Stable} is at other endpoints and would get all requests at once",
                $"begin with what serves: {spec.Stable}: [{string.Join(", ", was.Endpoints.Select(e => e.AbsoluteUri.TrimEnd('/')))}]; or "
                    + $"remove {beside.Named(gone.Key)} first");
        }

        return null;
    }

    private static Problem At(Delivered delivered, string path, string message, string hint)
    {
        var origin = delivered.Values.FirstOrDefault(v => v.Path == path && v.Origin.File is not null)?.Origin
            ?? delivered.Values.FirstOrDefault(v => v.Path.StartsWith(path, StringComparison.Ordinal) && v.Origin.File is not null)?.Origin
            ?? delivered.Values.FirstOrDefault(v => v.Path == "service")?.Origin
            ?? Origin.Default;
        return new Problem(origin.File ?? "", origin.Line, origin.Line > 0 ? 1 : 0, path, message, hint);
    }

    private static string FilesOf(ImmutableArray<Delivered> next) =>
        next.SelectMany(d => d.Values).Select(v => v.Origin.File).FirstOrDefault(f => f is not null) ?? "";
}
