using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>
/// What the routes of one service do, as one status: in force when all of them say so, and exposed as far as the most exposed one.
/// </summary>
internal static class RouteStatuses
{
    /// <param name="all">In the order of the declaration; a status is null where nothing was asked of a route yet.</param>
    /// <returns>Null when nothing was asked of any.</returns>
    public static RouterStatus? Of(ImmutableArray<RouteSays<RouterStatus?>> all)
    {
        var known = all.Where(s => s.Says is not null).Select(s => new RouteSays<RouterStatus>(s.Route, s.Says!)).ToImmutableArray();
        if (known.IsEmpty) return null;
        var slowest = (known.Where(s => s.Says.Pending is not null).MinBy(s => s.Says.Route.Generation) ?? known[0]).Says;
        var asked = slowest.Pending ?? slowest.Route;
        var isWhole = known.Length == all.Length;
        return slowest with
        {
            Route = isWhole || slowest.Pending is not null ? slowest.Route : asked with { Generation = 0 },
            Pending = isWhole ? slowest.Pending : asked,
            EffectiveExposure = known.Select(s => s.Says.EffectiveExposure).MaxBy(e => (e.Highest.Candidate, e.Shadow?.Candidate ?? 0))!,
            Warning = Text(all, s => s?.Warning),
            CountsBecause = isWhole && slowest.Pending is null ? Text(all, s => s?.CountsBecause) : null,
            WaitsFor = Text(all, s => s is null ? "nothing was written to it yet" : s.WaitsFor),
            Withheld = Text(all, s => s?.Withheld),
            Abort = known.Select(s => s.Says.Abort).FirstOrDefault(a => a is not null),
            Drift = DriftOf(known),
        };
    }

    /// <summary>Who says what: said by all it needs no names. Null when nobody says anything.</summary>
    public static string? Text<T>(ImmutableArray<RouteSays<T>> all, Func<T, string?> text)
    {
        var said = all.Select(s => (s.Route, Text: text(s.Says))).Where(s => s.Text is not null)
            .GroupBy(s => s.Text!, StringComparer.Ordinal);
        var words = said.Select(s => s.Count() == all.Length ? s.Key : $"{string.Join(", ", s.Select(r => r.Route))}: {s.Key}").ToArray();
        return words.Length == 0 ? null : string.Join("; ", words);
    }

    /// <summary>The gravest one decides, and the text names all.</summary>
    private static Control.Ports.Drift? DriftOf(ImmutableArray<RouteSays<RouterStatus>> known)
    {
        var drifted = known.Where(s => s.Says.Drift is not null).ToImmutableArray();
        if (drifted.IsEmpty) return null;
        var gravest = drifted.Select(s => s.Says.Drift!).MaxBy(d => (Gravity(d.Answer), d.Found is null));
        return gravest! with { Text = string.Join("; ", drifted.Select(s => $"{s.Route}: {s.Says.Drift!.Text}")) };
    }

    private static int Gravity(DriftAnswer answer) => answer switch
    {
        DriftAnswer.Abort => 3,
        DriftAnswer.Pause => 2,
        DriftAnswer.Adopt => 1,
        DriftAnswer.Correct => 0,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>What one of several routes says.</summary>
internal sealed record RouteSays<T>(RouteReference Route, T Says);
