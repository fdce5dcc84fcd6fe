namespace TrafficCtl.Daemon.Access;

/// <summary>What became of the question who asks: an identity, or why there is none.</summary>
/// <param name="Identity">Who asks; null where it was refused.</param>
/// <param name="Refused">Why, and what to do; null where there is an identity.</param>
/// <param name="IsUnavailable">Who would know cannot be asked now: the same call may be answered later.</param>
internal readonly record struct Verified(Identity? Identity, string? Refused, bool IsUnavailable = false)
{
    public static implicit operator Verified(Identity identity) => new(identity, null);

    public static Verified No(string why) => new(null, why);

    /// <param name="why">What the caller is told, who is nobody yet.</param>
    /// <param name="because">What the log has besides, in words of others.</param>
    public static Verified Unknown(string why, string because = "") => new(null, why, IsUnavailable: true) { Because = because };

    /// <summary>More of the reason, for the log alone; empty for no more.</summary>
    public string Because { get; init; } = "";
}
