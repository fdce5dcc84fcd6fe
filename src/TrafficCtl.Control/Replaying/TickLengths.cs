using TrafficCtl.Core.Recording;

namespace TrafficCtl.Control.Replaying;

/// <summary>How long the ticks of a recording are.</summary>
internal sealed class TickLengths
{
    private readonly List<double> seconds = [];

    public double Median => seconds.Count == 0 ? double.NaN : seconds.Order().ElementAt(seconds.Count / 2);

    public void Absorb(in RecordedTick tick) => seconds.Add(tick.Tick.Seconds);

    /// <summary>By more than rounds that come a little early or late.</summary>
    public bool Differ(TimeSpan asked) => seconds.Count > 0 && Math.Abs(Median - asked.TotalSeconds) > 0.5;
}
