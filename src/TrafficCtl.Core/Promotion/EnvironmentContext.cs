using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.State;

namespace TrafficCtl.Core.Promotion;

/// <summary>One evaluation of one environment: its inputs, and what is found on the way.</summary>
internal sealed class EnvironmentContext(PromotionSpec spec, EnvironmentSpec environment, PromotionState all, DateTimeOffset now)
{
    private Placed? _lastGood;
    private bool _hasLastGood;

    public PromotionSpec Spec => spec;

    public EnvironmentSpec Environment => environment;

    public string Name => environment.Name;

    public PromotionState All => all;

    public EnvironmentState State { get; } = all.In(environment.Name);

    public DateTimeOffset Now => now;

    public EnvironmentFindings Found { get; } = new();

    /// <summary>The seat where what was let in last may still run.</summary>
    public Placed? UsableSeat =>
        State.Seat is { IsOver: false } seat && Withdrawals.Of(this, seat.Bundle) is null ? all.Find(seat.Bundle) : null;

    /// <summary>What the environment goes back to; null where nothing is good and can read the data.</summary>
    public Placed? LastGood
    {
        get
        {
            if (_hasLastGood) return _lastGood;
            (_lastGood, _hasLastGood) = (LastGoods.Find(this), true);
            return _lastGood;
        }
    }

    /// <summary>The narrowest stop that reaches the target, or with none the environment; null where none does.</summary>
    public LineStop? StopAt(string? target)
    {
        LineStop? found = null;
        foreach (var stop in all.Stops)
            if (stop.Scope.Covers(Name, target) && (found is null || stop.Scope.Target is not null)) found = stop;
        return found;
    }

    /// <summary>A person broke the glass and ordered that bundle.</summary>
    public bool IsForced(string bundle) => State.BreakGlass is not null
        && (State.Orders.ContainsKey(bundle) || State.Pin?.Bundle == bundle
            || (State.Seat is { IsOrdered: true } seat && seat.Bundle == bundle));
}
