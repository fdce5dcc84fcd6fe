using System.Collections.Immutable;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Gates;

/// <summary>A condition on beginning a step, with its parameters: one item of <c>needs</c>. A closed family, one file a gate.</summary>
/// <remarks>A gate is a value: two with the same parameters are the same gate.</remarks>
public abstract record Gate
{
    private protected Gate()
    {
    }

    /// <summary>In reasons, such as <c>alerts</c> in "waits for gate alerts".</summary>
    public abstract string Name { get; }

    public abstract GateKind Kind { get; }

    /// <summary>
    /// The name with every parameter that changes what is asked: what is saved of a gate is saved under it, so that an answer to one
    /// question is never taken for the answer to another.
    /// </summary>
    public virtual string Key => Name;

    /// <summary>Owner, reason, deadline and outcome.</summary>
    public GateTerms Terms { get; init; } = GateTerms.None;

    /// <summary>How long it may hold a rollout: that of the terms, or what the gate's own parameters say. Null for no limit.</summary>
    public virtual TimeSpan? Deadline => Terms.Deadline;

    /// <summary>It may stay closed for ever by nobody's doing, so a file must say until when it waits.</summary>
    public virtual bool NeedsDeadline => false;

    /// <summary>Asking it may go wrong for good (<see cref="GateAnswer.Errored"/>): then its outcome follows without a deadline.</summary>
    public virtual bool MayError => false;

    /// <summary>
    /// Asking it does something: it is asked once, when the candidate has a live endpoint and every gate before it is open.
    /// </summary>
    public virtual bool HasEffects => false;

    /// <summary>What a target must be able to do for this gate ever to open; null where it needs nothing.</summary>
    public virtual Ability? Ability => null;

    /// <summary>Why it is unknown where no source answers it.</summary>
    public virtual string Unanswered => $"nothing here can answer it: remove {Name} from needs";

    /// <summary>The answer where it follows from facts alone; null where a source has to be asked.</summary>
    public virtual GateAnswer? Answer(GateFacts facts) => null;
}

/// <summary>How long an answer holds.</summary>
public enum GateKind
{
    /// <summary>Once open it stays open for this rollout: an approval, a verification.</summary>
    Latched,

    /// <summary>It may close again, and is asked before every step: alerts, a time window.</summary>
    Live,

    /// <summary>It opens when enough time and traffic have passed.</summary>
    Timed,
}

/// <summary>What a gate may answer from by itself.</summary>
/// <param name="Now">The time of day of the round.</param>
public readonly record struct GateFacts(DateTimeOffset Now)
{
    /// <summary>The version that asks to go on: of a rollout its candidate; null where nobody says.</summary>
    public string? Version { get; init; }

    /// <summary>Where and for how long that version ran before; default where that is unknown.</summary>
    public ImmutableArray<Occupancy> Occupancies { get; init; }

    /// <summary>Who brought the version in; null where that is unknown.</summary>
    public string? Author { get; init; }

    /// <summary>The approvals and rejections of this gate that were accepted, oldest first; default for none.</summary>
    public ImmutableArray<Approval> Approvals { get; init; }
}
