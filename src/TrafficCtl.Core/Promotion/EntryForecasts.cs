using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>
/// Forecasts from facts and declarations alone: when a bundle enters an environment, and since when it would be there without a gate.
/// </summary>
public static class EntryForecasts
{
    /// <summary>How far ahead a gate that opens by the calendar is followed.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromDays(60);

    private static readonly TimeSpan Stride = TimeSpan.FromMinutes(15);

    /// <summary>When the bundle enters the environment, if the gates that somebody answers pass and no rollout fails.</summary>
    public static EntryForecast When(
        PromotionSpec spec, PromotionState state, EnvironmentSpec environment, Bundle bundle, DateTimeOffset now)
    {
        var conditions = new SortedSet<string>(StringComparer.Ordinal);
        var (at, never) = EntryOf(new(spec, environment, state, now), state.Find(bundle.Hash), conditions);
        return new(at, never is null ? [.. conditions] : [], never);
    }

    /// <summary>
    /// Since when the bundle would be let in if that gate were not there; null where something else keeps it out too, or where it is in.
    /// </summary>
    public static DateTimeOffset? SinceWithout(
        PromotionSpec spec, PromotionState state, EnvironmentSpec environment, Bundle bundle, string gate, DateTimeOffset now)
    {
        if (environment.Needs.All(g => g.Id != gate)) return null;
        var without = environment with { Needs = [.. environment.Needs.Where(g => g.Id != gate)] };
        var at = new EnvironmentContext(spec, without, state, now);
        if (Resolution.Of(at) is not { By: DesiredBy.Approved } resolved || resolved.Placed?.Bundle.Hash != bundle.Hash) return null;
        var since = bundle.PublishedAt;
        foreach (var before in environment.After)
            if (EvidenceRules.GoodSince(at, before, resolved.Placed) is { } good && good > since) since = good;
        foreach (var other in without.Needs)
            if (OpenSince(at, other, resolved.Placed, since) is { } open && open > since) since = open;
        return since;
    }

    private static (DateTimeOffset? At, string? Never) EntryOf(EnvironmentContext at, Placed placed, SortedSet<string> conditions)
    {
        var name = placed.Bundle.Name;
        if (at.UsableSeat == placed) return (at.State.Seat!.StartedAt, null);
        if (Withdrawals.Of(at, placed) is { } withdrawal) return (null, withdrawal.Why);
        if (at.State.Pin is { } pin) return (null, $"{pin.Stamp.Who} pinned {at.All.Find(pin.Bundle).Bundle.Name} in {at.Name}");
        if (at.State.Hold is { } hold) return (null, $"{hold.Stamp.Who} holds {at.Name}");
        if (at.StopAt(null) is { } stop) return (null, Lines.Words(stop));
        if (placed.Order <= at.State.Newest && Candidates.Of(at, at.UsableSeat ?? at.LastGood).All(c => c.Order != placed.Order))
            return (null, $"something newer than {name} ran in {at.Name}");
        if (at.Environment.Mode != PromotionMode.Auto && !at.State.Orders.ContainsKey(placed.Bundle.Hash))
            conditions.Add($"promote {name} to {at.Name}");
        var entry = at.Now;
        foreach (var before in at.Environment.After)
        {
            var (good, never) = GoodOf(new(at.Spec, at.Spec.Find(before)!, at.All, at.Now), placed, conditions);
            if (good is null) return (null, never);
            if (good > entry) entry = good.Value;
        }

        if (at.State.Seat is { IsKept: true } seat && at.UsableSeat is not null && seat.PromotedAt + at.Environment.Watch is { } free
            && free > entry) entry = free;
        return Through(at, placed, entry, conditions);
    }

    private static (DateTimeOffset? At, string? Never) GoodOf(EnvironmentContext at, Placed placed, SortedSet<string> conditions)
    {
        if (EvidenceRules.GoodSince(at, at.Name, placed) is { } good) return (good, null);
        var (promoted, never) = PromotedOf(at, placed, conditions);
        if (promoted is null) return (null, never);
        foreach (var gate in at.Environment.Verify)
            if (!EntryGateRules.Evaluate(at, gate, placed, at.Now, mayAsk: false, isVerification: true).IsOpen)
                conditions.Add($"{gate.Id} in {at.Name}");
        var end = promoted.Value + at.Environment.Watch;
        return (end > at.Now ? end : at.Now, null);
    }

    private static (DateTimeOffset? At, string? Never) PromotedOf(EnvironmentContext at, Placed placed, SortedSet<string> conditions)
    {
        if (at.UsableSeat == placed && at.State.Seat!.PromotedAt is { } since) return (since, null);
        var (entry, never) = EntryOf(at, placed, conditions);
        return (entry + at.Environment.Ramp, never);
    }

    /// <summary>Gates that follow from facts give a time, the others a condition.</summary>
    private static (DateTimeOffset? At, string? Never) Through(
        EnvironmentContext at, Placed placed, DateTimeOffset entry, SortedSet<string> conditions)
    {
        foreach (var gate in at.Environment.Needs.Where(static g => g.Soak is not null))
        {
            var (end, never) = SoakEnd(at, gate.Soak!, placed, conditions);
            if (end is null) return (null, never);
            if (end > entry) entry = end.Value;
            if (gate.Soak!.Requests > 0) conditions.Add($"{gate.Id} in {at.Name} gets its requests");
        }

        foreach (var gate in at.Environment.Needs.Where(static g => g.Soak is null))
        {
            if (!EntryGateRules.IsStateless(at, gate))
            {
                var status = EntryGateRules.Evaluate(at, gate, placed, at.Now, mayAsk: false);
                if (status.Stand == GateStand.Failed) return (null, $"{gate.Id}: {status.Why}");
                if (!status.IsOpen) conditions.Add($"{gate.Id} in {at.Name}");
                continue;
            }

            if (Opening(gate, entry) is not { } opening)
                return (null, $"{gate.Id} of {at.Name} does not open within {DurationText.Of(Horizon)}");
            entry = opening;
        }

        return (entry, null);
    }

    private static (DateTimeOffset? At, string? Never) SoakEnd(
        EnvironmentContext at, SoakTerms soak, Placed placed, SortedSet<string> conditions)
    {
        var occupancy = OccupancyOf(at, soak, placed);
        if (occupancy.LongestAt(at.Now).Time >= soak.For) return (at.Now, null);
        if (occupancy.Targets > 0) return (occupancy.Since + soak.For, null);
        var (promoted, never) = PromotedOf(new(at.Spec, at.Spec.Find(soak.In)!, at.All, at.Now), placed, conditions);
        return (promoted + soak.For, never);
    }

    private static BundleOccupancy OccupancyOf(EnvironmentContext at, SoakTerms soak, Placed placed) =>
        at.All.In(soak.In).Of(EvidenceRules.Stands(at, soak.In, placed) ?? placed.Bundle.Hash).Occupancy;

    /// <summary>The first moment from then on at which it is open, to the minute.</summary>
    private static DateTimeOffset? Opening(EntryGate gate, DateTimeOffset from)
    {
        if (IsOpen(gate, from)) return from;
        for (var at = from; at < from + Horizon; at += Stride)
        {
            if (!IsOpen(gate, at + Stride)) continue;
            var (closed, open) = (at, at + Stride);
            while (open - closed > TimeSpan.FromMinutes(1))
            {
                var middle = closed + ((open - closed) / 2);
                if (IsOpen(gate, middle)) open = middle;
                else closed = middle;
            }

            return open;
        }

        return null;
    }

    private static bool IsOpen(EntryGate gate, DateTimeOffset at) => gate.Gate!.Answer(new GateFacts(at)) is GateAnswer.Open;

    private static DateTimeOffset? OpenSince(EnvironmentContext at, EntryGate gate, Placed placed, DateTimeOffset since)
    {
        if (gate.Soak is not { } soak) return EntryGateRules.Evaluate(at, gate, placed, since, mayAsk: false).Since;
        var occupancy = OccupancyOf(at, soak, placed);
        return occupancy.Targets > 0 ? occupancy.Since + soak.For : null;
    }
}
