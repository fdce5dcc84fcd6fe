using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Core.Promotion;

/// <summary>Whether a bundle is Good in an environment, as the ones after it see that.</summary>
internal static class EvidenceRules
{
    /// <summary>Since when; null where it is not Good there.</summary>
    public static DateTimeOffset? GoodSince(EnvironmentContext at, string environment, Placed placed) =>
        Own(at, environment, placed.Bundle.Hash) ?? (Stands(at, environment, placed) is { } version ? Own(at, environment, version) : null);

    /// <summary>
    /// The evidence on which a bundle rests in an environment before was taken back: when and why; null where it was not.
    /// </summary>
    public static Loss? Lost(EnvironmentContext at, Placed placed)
    {
        foreach (var before in at.Spec.Upstream(at.Name))
        {
            var state = at.All.In(before);
            if (state.Of(placed.Bundle.Hash) is { Revocation: { } revocation })
                return new(before, revocation.At, revocation.Who, revocation.Why);
            if (placed.Bundle.IsRevision && state.Of(placed.Bundle.Hash).GoodAt is null && LostBase(at, before, placed) is { } loss)
                return loss;
        }

        return null;
    }

    /// <summary>
    /// The version whose evidence stands for its revision, because the environment has moved past it and cannot run the revision any more.
    /// </summary>
    public static string? Stands(EnvironmentContext at, string environment, Placed placed)
    {
        if (!placed.Bundle.IsRevision) return null;
        var state = at.All.In(environment);
        if (state.Newest.Base <= placed.Order.Base) return null;
        if (state.Seat is { } seat && at.All.Find(seat.Bundle).Order.Base == placed.Order.Base) return null;
        return at.All.Line.BaseOf(placed)?.Bundle.Hash;
    }

    private static Loss? LostBase(EnvironmentContext at, string environment, Placed revision)
    {
        if (at.All.Line.BaseOf(revision) is not { } version) return null;
        var record = at.All.In(environment).Of(version.Bundle.Hash);
        var veto = Vetoes.Of(at.Spec, at.All, environment, version.Bundle.Hash, at.Now);
        return (record.Revocation ?? record.Failure ?? veto?.Stamp) is { } end
            ? new(environment, end.At, end.Who, $"of {version.Bundle.Name}: {end.Why}")
            : null;
    }

    private static DateTimeOffset? Own(EnvironmentContext at, string environment, string bundle) =>
        at.All.In(environment).Of(bundle).GoodAt is { } good
        && Vetoes.Of(at.Spec, at.All, environment, bundle, at.Now) is null
            ? good
            : null;
}

/// <summary>Evidence that was taken back.</summary>
internal sealed record Loss(string Environment, DateTimeOffset At, string Who, string Why);
