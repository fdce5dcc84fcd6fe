using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds;

/// <summary>The first record of a target that the store has never seen.</summary>
internal static class Births
{
    public static Proposal Propose(Track track, DateTimeOffset now)
    {
        var route = FindRoute(track);
        var isLost = route is not null || track.Last.WhyLost is not null;
        var stable = route?.Stable ?? track.Spec.Stable;
        var record = new ServiceRecord(
            track.Key, stable, LastNumber(route), (route?.Generation ?? 0) + 1,
            isLost ? PassedOver(track.Spec.Versions.Where(v => v.Version != stable)) : PassedOver(Older(track.Spec, stable)),
            null, ReadOnlyMemory<byte>.Empty);
        var fact = isLost ? Facts.StateLost(record, track.Spec.Listing, route, track.Last.WhyLost, now) : Facts.Born(record, track.Spec.Listing, now);
        return new Proposal(track, new Commit(-1, record, null, [fact], []), null, fact.What, fact.Text);
    }

    private static ServiceRoute? FindRoute(Track track)
    {
        foreach (var route in track.Last.Routes)
            if (route.Key == track.Key) return route;
        return null;
    }

    /// <summary>No id is used twice: a rollout costs at least one generation, so the generation is a bound where the number is unknown.</summary>
    private static int LastNumber(ServiceRoute? route)
    {
        if (route is null) return 0;
        var tail = route.RolloutId is { } id ? id[(id.LastIndexOf('-') + 1)..] : null;
        return int.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : (int)Math.Min(route.Generation, int.MaxValue - 1);
    }

    /// <summary>What the file lists before stable is older than it and starts only by a publish.</summary>
    private static IEnumerable<VersionSpec> Older(ServiceSpec spec, string stable) =>
        spec.FindVersion(stable) is null ? [] : spec.Versions.TakeWhile(v => v.Version != stable);

    /// <summary>After a loss nobody knows what was rolled back, so nothing listed starts by itself.</summary>
    private static ImmutableArray<TriedVersion> PassedOver(IEnumerable<VersionSpec> versions) =>
        [.. versions.Select(v => new TriedVersion(v.Version, v.Fingerprint, Trial.PassedOver))];
}
