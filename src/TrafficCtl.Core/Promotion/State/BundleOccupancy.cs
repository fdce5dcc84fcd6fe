namespace TrafficCtl.Core.Promotion.State;

/// <summary>How long a bundle was current in an environment without a break, and what it served meanwhile.</summary>
public readonly record struct Stretch(TimeSpan Time, long Requests)
{
    public bool IsEnough(TimeSpan time, long requests) => Time >= time && Requests >= requests;
}

/// <summary>The times at which a bundle is at 100 % on at least one connected target of an environment.</summary>
public sealed record BundleOccupancy
{
    public static readonly BundleOccupancy None = new();

    /// <summary>The longest that is over.</summary>
    public Stretch Longest { get; init; }

    /// <summary>How many connected targets have it now.</summary>
    public int Targets { get; init; }

    /// <summary>Since when at least one has.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Served since then.</summary>
    public long Requests { get; init; }

    /// <summary>The longest until now. An interruption starts it again.</summary>
    public Stretch LongestAt(DateTimeOffset now) => Targets > 0 && Open(now) is var open && open.Time >= Longest.Time ? open : Longest;

    internal BundleOccupancy Enter(DateTimeOffset at) =>
        Targets > 0 ? this with { Targets = Targets + 1 } : this with { Targets = 1, Since = at, Requests = 0 };

    internal BundleOccupancy Leave(DateTimeOffset at) => Targets switch
    {
        0 => this,
        1 => this with { Longest = LongestAt(at), Targets = 0, Requests = 0 },
        _ => this with { Targets = Targets - 1 },
    };

    internal BundleOccupancy Serve(long requests) => Targets > 0 ? this with { Requests = Requests + Math.Max(0, requests) } : this;

    private Stretch Open(DateTimeOffset now) => new(now > Since ? now - Since : TimeSpan.Zero, Requests);
}
