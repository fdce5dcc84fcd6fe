namespace TrafficCtl.Core.Judging;

/// <summary>Which way a custom metric is better.</summary>
public enum Direction
{
    /// <summary>More is better: orders, cache hits.</summary>
    Higher,

    /// <summary>Less is better: CPU seconds per request, memory.</summary>
    Lower,

    /// <summary>It should stay as it is.</summary>
    Both,
}
