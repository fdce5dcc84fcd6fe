namespace TrafficCtl.Offline.Judging;

/// <summary>What one route of a window did. Reused for every line.</summary>
internal sealed class FileRoute
{
    /// <summary>As the file calls it; <c>(rest)</c> for what is on no other.</summary>
    public string Name { get; set; } = "";

    public long Requests { get; set; }

    public long Errors { get; set; }

    /// <summary>−1 when not given.</summary>
    public long ClientErrors { get; set; }

    /// <summary>In the bounds of the window; empty when not given.</summary>
    public Buckets Latency { get; } = new();
}
