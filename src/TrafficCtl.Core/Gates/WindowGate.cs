using System.Collections.Immutable;
using NodaTime;

namespace TrafficCtl.Core.Gates;

/// <summary>Open in any of its windows.</summary>
/// <param name="Windows">At least one.</param>
public sealed record WindowGate(ImmutableArray<TimeWindow> Windows) : Gate
{
    /// <summary>How far ahead is looked: a week first, then what shows every time of every day of the week in every place.</summary>
    private const int NearDays = 9, FarDays = 400;

    public override string Name => "window";

    public override GateKind Kind => GateKind.Live;

    public override string Key => $"window {string.Join("; ", Windows)}";

    public override GateAnswer Answer(GateFacts facts)
    {
        var now = Instant.FromDateTimeOffset(facts.Now);
        var zone = Windows[0].Clocks;
        var change = NextChange(now);
        if (IsOpen(now))
            return new GateAnswer.Open(
                change is { } closes ? $"it is open until {Zones.Text(closes, zone)}" : "it is always open");
        return new GateAnswer.Closed(change is { } opens
            ? $"it opens at {Zones.Text(opens, zone)}, in {Zones.Until(opens, now)}"
            : "it does not open within a year");
    }

    /// <summary>When it next opens (while it is closed) or closes (while it is open); null when that is not within a year.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset now) => NextChange(Instant.FromDateTimeOffset(now))?.ToDateTimeOffset();

    /// <summary>Whether it is open at an instant.</summary>
    public bool IsOpenAt(DateTimeOffset at) => IsOpen(Instant.FromDateTimeOffset(at));

    /// <summary>Whether several are ever open at once: a step needs all of them.</summary>
    /// <param name="gates">Those of one service.</param>
    /// <param name="from">From when on it is looked for, for a year.</param>
    public static bool DoMeet(ImmutableArray<WindowGate> gates, DateTimeOffset from)
    {
        var start = Instant.FromDateTimeOffset(from);
        foreach (var edge in gates.SelectMany(g => g.Windows).SelectMany(w => w.Edges(start, FarDays)).Append(start))
            if (edge >= start && gates.All(g => g.IsOpen(edge))) return true;
        return false;
    }

    private bool IsOpen(Instant at)
    {
        foreach (var window in Windows)
            if (window.Has(at)) return true;
        return false;
    }

    private Instant? NextChange(Instant now) => NextChange(now, NearDays) ?? NextChange(now, FarDays);

    /// <summary>Between two edges nothing changes, so the first edge with another state is the change.</summary>
    private Instant? NextChange(Instant now, int days)
    {
        var isOpen = IsOpen(now);
        Instant? first = null;
        foreach (var window in Windows)
        {
            foreach (var edge in window.Edges(now, days))
                if (edge > now && (first is null || edge < first) && IsOpen(edge) != isOpen) first = edge;
        }

        return first;
    }

    public bool Equals(WindowGate? other) => base.Equals(other) && Windows.SequenceEqual(other!.Windows);

    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);
}
