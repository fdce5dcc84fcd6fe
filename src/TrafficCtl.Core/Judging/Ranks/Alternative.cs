namespace TrafficCtl.Core.Judging.Ranks;

/// <summary>What a test of two samples looks for: x shifted from y either way, above it, or below it.</summary>
public enum Alternative
{
    TwoSided,
    Greater,
    Less,
}

internal static class Alternatives
{
    /// <summary>Half a pair, towards "no difference" as this alternative sees it.</summary>
    public static double Correction(this Alternative alternative, double distance) => alternative switch
    {
        Alternative.Greater => 0.5,
        Alternative.Less => -0.5,
        _ => 0.5 * Math.Sign(distance),
    };
}
