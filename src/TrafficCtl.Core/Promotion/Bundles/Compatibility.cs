namespace TrafficCtl.Core.Promotion.Bundles;

/// <summary>What a bundle does to data that older bundles read: it decides how far back a rollback may go.</summary>
public enum Compatibility
{
    /// <summary>Leaves the data as it was: going back across it is allowed.</summary>
    Reversible,

    /// <summary>Only adds to the data: older bundles still read it.</summary>
    Expand,

    /// <summary>Removes what an earlier <see cref="Expand"/> made obsolete: only bundles newer than that one still read the data.</summary>
    Contract,

    /// <summary>No older bundle reads the data any more.</summary>
    ForwardOnly,
}

/// <summary>The words of a file and of a command line.</summary>
public static class CompatibilityWords
{
    public static readonly string[] All = ["reversible", "expand", "contract", "forward-only"];

    public static string Of(Compatibility compatibility) => All[(int)compatibility];

    /// <summary>Null for any other word.</summary>
    public static Compatibility? Parse(string word) => Array.IndexOf(All, word) is var at and >= 0 ? (Compatibility)at : null;
}
