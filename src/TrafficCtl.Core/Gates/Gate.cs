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
public readonly record struct GateFacts(DateTimeOffset Now);
