namespace TrafficCtl.Control.Timing;

/// <summary>How often every target has a round.</summary>
internal static class Beat
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
}
