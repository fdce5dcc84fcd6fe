using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>What an environment is to run.</summary>
internal readonly record struct Resolved(Placed? Placed, DesiredBy By, string Why);

/// <summary>Resolves the desired bundle of an environment: pin, hold, seat, newest approved, last good; the first that applies.</summary>
internal static class Resolution
{
    public static Resolved Of(EnvironmentContext at) =>
        at.State.Pin is { } pin ? Pinned(at, pin)
        : at.State.Hold is { } hold ? Held(at, hold)
        : Automatic(at);

    private static Resolved Pinned(EnvironmentContext at, Overlay pin)
    {
        var placed = at.All.Find(pin.Bundle);
        var words = $"{pin.Stamp.Who} pinned {placed.Bundle.Name}: {pin.Stamp.Why}";
        if (IsBarred(at, placed, pin.Stamp) && at.State.BreakGlass is null)
            return new(null, DesiredBy.Nothing, $"{words}; it cannot read today's data, so targets stay as they are");
        at.Found.Blocks.Add(new(
            null, BlockKind.Pin, placed.Bundle.Name, pin.Stamp.Who, pin.Stamp.At, words, $"unpin {at.Name}"));
        return new(placed, DesiredBy.Pin, words);
    }

    private static Resolved Held(EnvironmentContext at, Overlay hold)
    {
        var placed = at.All.Find(hold.Bundle);
        var words = $"{hold.Stamp.Who} holds {at.Name} at {placed.Bundle.Name}: {hold.Stamp.Why}";
        at.Found.Blocks.Add(new(
            null, BlockKind.Hold, placed.Bundle.Name, hold.Stamp.Who, hold.Stamp.At, words, $"release {at.Name}"));
        var withdrawal = Withdrawals.Of(at, placed);
        if (withdrawal is not null) at.Found.Blocks.Add(withdrawal);
        var isHere = at.UsableSeat == placed || at.State.Of(hold.Bundle).GoodAt is not null;
        if (isHere && withdrawal is null && !IsBarred(at, placed, hold.Stamp)) return new(placed, DesiredBy.Hold, words);
        return GoBack(at, words);
    }

    private static Resolved Automatic(EnvironmentContext at)
    {
        var seat = at.UsableSeat;
        if (seat is not null && at.State.Seat!.IsKept)
        {
            Queue(at, seat);
            return new(seat, DesiredBy.Seat, $"{seat.Bundle.Name} keeps the seat until it is Good");
        }

        if (EntryRules.FindApproved(at, seat ?? at.LastGood) is { } approved)
            return new(approved, DesiredBy.Approved, Admitted(at, approved.Bundle));
        if (seat is not null)
            return at.State.Seat!.IsSettled
                ? new(seat, DesiredBy.Settled, $"{seat.Bundle.Name} is Good here, and nothing newer is approved")
                : new(seat, DesiredBy.Seat, $"{seat.Bundle.Name} was let in, and nothing newer is approved");
        if (at.State.Seat is { } over && Withdrawals.Of(at, over.Bundle) is { } why)
        {
            if (!at.Found.Blocks.Contains(why)) at.Found.Blocks.Add(why);
            return GoBack(at, why.Why);
        }

        return GoBack(at, "nothing is approved");
    }

    private static string Admitted(EnvironmentContext at, Bundle bundle) => at.IsForced(bundle.Hash)
        ? $"{bundle.Name} is ordered while {at.State.BreakGlass!.Stamp.Who} broke the glass: {at.State.BreakGlass.Stamp.Why}"
        : $"{bundle.Name} is the newest that every gate lets in";

    private static Resolved GoBack(EnvironmentContext at, string why)
    {
        if (at.LastGood is { } good) return new(good, DesiredBy.LastGood, $"{why}; {good.Bundle.Name} is the last good");
        foreach (var hash in at.State.GoodHistory)
            if (Withdrawals.Of(at, hash) is null) IsBarred(at, at.All.Find(hash), default);
        return new(null, DesiredBy.Nothing, $"{why}; nothing here is good and may run, so targets stay as they are");
    }

    private static bool IsBarred(EnvironmentContext at, Placed placed, FactStamp stamp)
    {
        if (DataRules.Barrier(at.All.Line, placed.Order, at.State.Newest) is not { } barrier) return false;
        var (bundle, other) = (placed.Bundle.Name, barrier.Bundle.Name);
        at.Found.Blocks.Add(new(
            placed.Bundle, BlockKind.Data, other, stamp.Who, barrier.Bundle.PublishedAt,
            $"{bundle} cannot read the data since {other}, which is {CompatibilityWords.Of(barrier.Bundle.Compatibility)}",
            $"publish a version newer than {other}"));
        return true;
    }

    /// <summary>Newer bundles wait; nobody is asked about them yet.</summary>
    private static void Queue(EnvironmentContext at, Placed seat)
    {
        foreach (var placed in Candidates.Of(at, seat))
        {
            if (placed.Order <= seat.Order) break;
            at.Found.Candidates.Add(placed);
            at.Found.Blocks.Add(new(
                placed.Bundle, BlockKind.Seat, seat.Bundle.Name, null, at.State.Seat!.PromotedAt ?? at.Now,
                $"{placed.Bundle.Name} waits until {seat.Bundle.Name} is Good in {at.Name}", $"{seat.Bundle.Name} becomes Good"));
        }
    }
}
