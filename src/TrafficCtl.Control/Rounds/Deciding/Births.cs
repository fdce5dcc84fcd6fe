using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Journaling;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds.Deciding;

/// <summary>The first record of a target that the store has never seen.</summary>
internal static class Births
{
    public static Proposal Propose(Declaration declared, DateTimeOffset now)
    {
        var (spec, last) = (declared.Spec, declared.Last);
        var route = FindRoute(spec.Key, last);
        var isLost = route is not null || last.WhyLost is not null;
        var stable = route?.Stable ?? spec.Stable;
        var record = new ServiceRecord(
            spec.Key, stable, LastNumber(route), (route?.Generation ?? 0) + 1,
            isLost ? PassedOver(spec.Versions.Where(v => v.Version != stable)) : PassedOver(Older(spec, stable)),
            null, ReadOnlyMemory<byte>.Empty);
        var fact = isLost ? Facts.StateLost(record, spec.Listing, route, last.WhyLost, now) : Facts.Born(record, spec.Listing, now);
        return new Proposal(new Commit(-1, record, null, [fact], []), null, fact.What, fact.Text);
    }

    private static ServiceRoute? FindRoute(TargetKey key, LastKnown last)
    {
        foreach (var route in last.Routes)
            if (route.Key == key) return route;
        return null;
    }

    /// <summary>
    /// No id is used twice: a rollout costs at least one generation, so the generation is a bound where the number is unknown.
    /// </summary>
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

    /// <summary>After a loss it is unknown what was rolled back, so nothing listed starts by itself.</summary>
    private static ImmutableArray<TriedVersion> PassedOver(IEnumerable<VersionSpec> versions) =>
        [.. versions.Select(v => new TriedVersion(v.Version, v.Fingerprint, Trial.PassedOver))];
}
