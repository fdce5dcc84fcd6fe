using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Core.Promotion.Facts;

/// <summary>Why a target was given a bundle.</summary>
public enum StartReason
{
    /// <summary>The environment lets a new bundle in.</summary>
    Promotion,

    /// <summary>A person pinned or holds it.</summary>
    Pin,

    /// <summary>The environment has it already: a target that is new, or was away.</summary>
    Convergence,

    /// <summary>What ran must not: the last good bundle comes back.</summary>
    Back,
}

/// <summary>What targets and their rollouts report.</summary>
public abstract partial record PromotionFact
{
    /// <summary>A fact of one target of an environment.</summary>
    public abstract record OfTarget : PromotionFact
    {
        private protected OfTarget(FactStamp stamp, string environment, string target)
            : base(stamp) => (Environment, Target) = (environment, target);

        public string Environment { get; init; }

        public string Target { get; init; }
    }

    /// <summary>The target is reachable, or is not.</summary>
    public sealed record TargetObserved(FactStamp Stamp, string Environment, string Target, bool IsConnected)
        : OfTarget(Stamp, Environment, Target);

    public sealed record RolloutStarted(
        FactStamp Stamp, string Environment, string Target, string Bundle, string RolloutId, StartReason Reason)
        : OfTarget(Stamp, Environment, Target);

    /// <param name="Step">From 0.</param>
    public sealed record RolloutStepped(FactStamp Stamp, string Environment, string Target, string Bundle, int Step)
        : OfTarget(Stamp, Environment, Target);

    /// <summary>It entered 100 % there.</summary>
    public sealed record RolloutPromoted(FactStamp Stamp, string Environment, string Target, string Bundle)
        : OfTarget(Stamp, Environment, Target);

    /// <summary>Its watch is over there.</summary>
    public sealed record RolloutGood(FactStamp Stamp, string Environment, string Target, string Bundle)
        : OfTarget(Stamp, Environment, Target);

    /// <summary>The rollout went back by itself.</summary>
    /// <param name="To">What the target runs now; null where it runs nothing.</param>
    public sealed record RolloutRolledBack(
        FactStamp Stamp, string Environment, string Target, string Bundle, string? To, RollbackCause Cause)
        : OfTarget(Stamp, Environment, Target)
    {
        /// <summary>It was shown to be bad. Without evidence against it, it only has not succeeded.</summary>
        public bool IsFailure => Cause is RollbackCause.Breaker or RollbackCause.Verdict or RollbackCause.TargetGone;
    }

    /// <summary>A person ended the rollout.</summary>
    public sealed record RolloutAborted(FactStamp Stamp, string Environment, string Target, string Bundle, string? To)
        : OfTarget(Stamp, Environment, Target);

    /// <summary>The rollout, or what the target ran, was taken back because this engine wants something else there.</summary>
    public sealed record RolloutWithdrawn(FactStamp Stamp, string Environment, string Target, string Bundle, string? To)
        : OfTarget(Stamp, Environment, Target);

    /// <summary>Requests that the bundle served at 100 %, since the last such fact.</summary>
    public sealed record RequestsServed(FactStamp Stamp, string Environment, string Target, string Bundle, long Requests)
        : OfTarget(Stamp, Environment, Target);
}
