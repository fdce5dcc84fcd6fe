namespace TrafficCtl.Core.Promotion.Facts;

/// <summary>What a gate said of a bundle.</summary>
public enum GateVerdict
{
    /// <summary>Whoever is asked has not decided yet.</summary>
    Waiting,

    Passed,

    /// <summary>Against the bundle.</summary>
    Failed,

    /// <summary>It could not be found out: neither for nor against the bundle.</summary>
    Errored,
}

/// <summary>Names of gates that no file declares.</summary>
public static class ReservedGates
{
    /// <summary>The question of an environment that proposes: a person answers it by an order.</summary>
    public const string Proposal = "propose";
}

/// <summary>What is known of a bundle in an environment.</summary>
public abstract partial record PromotionFact
{
    /// <summary>Recorded before a gate is asked, so that it is asked once for each round.</summary>
    /// <param name="Round">From 0; the next after an answer that errored, expired or was revoked.</param>
    public sealed record GateAsked(FactStamp Stamp, string Environment, string Gate, string Bundle, int Round) : PromotionFact(Stamp);

    /// <param name="IsVerification">It is asked of a bundle that runs: to fail is a failure of the bundle.</param>
    /// <param name="Evidence">What the verdict rests on: an address, a digest, a number.</param>
    /// <param name="Expires">When it counts no longer; null for never, or for a live gate after its freshness.</param>
    public sealed record GateAnswered(
        FactStamp Stamp, string Environment, string Gate, string Bundle, GateVerdict Verdict, bool IsVerification = false,
        string? Evidence = null, DateTimeOffset? Expires = null) : PromotionFact(Stamp);

    /// <summary>A person's word on a gate that asks for approvals. The gate is answered once enough of them are there.</summary>
    /// <param name="IsRejection">The person says no.</param>
    /// <param name="As">The roles and groups of the person there, as verified, with a space between.</param>
    public sealed record GateVoted(FactStamp Stamp, string Environment, string Gate, string Bundle, bool IsRejection, string As)
        : PromotionFact(Stamp);

    /// <summary>Good on every target that counts, and verified. Also how an environment is told what ran before it was known.</summary>
    public sealed record EnvironmentGood(FactStamp Stamp, string Environment, string Bundle) : PromotionFact(Stamp);

    /// <summary>What was known is not trusted any more: the answer of a gate, or with no gate that the bundle is Good there.</summary>
    public sealed record EvidenceRevoked(FactStamp Stamp, string Environment, string Bundle, string? Gate = null) : PromotionFact(Stamp);
}
