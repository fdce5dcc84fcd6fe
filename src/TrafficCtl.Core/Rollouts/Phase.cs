namespace TrafficCtl.Core.Rollouts;

/// <summary>Why a rollout rolls back.</summary>
public enum RollbackCause
{
    Abort,
    Breaker,
    Verdict,
    TargetGone,
    Unsure,
    Superseded,

    /// <summary>A gate failed, or was not open at its deadline and says <c>then: fail</c>.</summary>
    Gate,
}

public enum PauseCause
{
    Person,
    Unsure,
    Gate,

    /// <summary>Nothing confirmed for <see cref="RolloutEngine.ConfirmLimit"/> that a decided weight is in force.</summary>
    Unconfirmed,
}

/// <summary>The phase of a rollout. A closed hierarchy: all phases are nested here.</summary>
public abstract record Phase
{
    private Phase()
    {
    }

    /// <summary>No step has begun; <paramref name="Gate"/> is what it waits for.</summary>
    public sealed record Waiting(string Gate) : Phase;

    /// <summary>The step's weight is decided and saved, but the router does not confirm it yet. Step = Steps.Length means 100 %.</summary>
    public sealed record Shifting(int Step) : Phase;

    /// <summary>
    /// The step's weight is in force since <paramref name="Since"/>; the unsure deadline counts from <paramref name="UnsureSince"/>.
    /// </summary>
    /// <remarks>
    /// The wall-clock times are for display only: durations are measured by the rollout's elapsed time (<see cref="Moment.Elapsed"/>).
    /// </remarks>
    public sealed record Observing(int Step, DateTimeOffset Since, DateTimeOffset UnsureSince) : Phase
    {
        /// <summary>The elapsed time at <see cref="Since"/>: the dwell counts from it.</summary>
        public TimeSpan From { get; init; }

        /// <summary>The elapsed time at <see cref="UnsureSince"/>.</summary>
        public TimeSpan UnsureFrom { get; init; }

        public static Observing Begin(int step, Moment now) =>
            new Observing(step, now.At, default) { From = now.Elapsed }.WithDeadlineFrom(now);

        public Observing WithDeadlineFrom(Moment now) => this with { UnsureSince = now.At, UnsureFrom = now.Elapsed };
    }

    /// <summary>At 100 % since <paramref name="Since"/> (promoted). The old version is kept running, so a rollback is immediate.</summary>
    public sealed record Baking(DateTimeOffset Since) : Phase
    {
        /// <summary>The elapsed time at <see cref="Since"/>: the watch counts from it.</summary>
        public TimeSpan From { get; init; }

        public static Baking Begin(Moment now) => new(now.At) { From = now.Elapsed };
    }

    /// <summary>The watch is over.</summary>
    public sealed record Good : Phase;

    /// <summary>
    /// The rollout does not advance, but the breaker, a failed verdict and an abort still end it. The weight stays that of
    /// <paramref name="At"/>.
    /// </summary>
    public sealed record Paused(Phase At, PauseCause Cause, string Why, DateTimeOffset Since) : Phase
    {
        /// <summary>The elapsed time at <see cref="Since"/>.</summary>
        public TimeSpan From { get; init; }

        public static Paused Begin(Phase at, PauseCause cause, string why, Moment now) =>
            new(at, cause, why, now.At) { From = now.Elapsed };
    }

    /// <summary>
    /// Weight 0 is decided and saved, but the router does not confirm it yet. <paramref name="By"/> says what supersedes the
    /// candidate; null for other causes.
    /// </summary>
    public sealed record RollingBack(RollbackCause Cause, string Why, string? By = null) : Phase;

    public sealed record RolledBack(RollbackCause Cause, string Why) : Phase;

    public sealed record Superseded(string By) : Phase;

    public sealed record Aborted(string Why) : Phase;

    /// <summary>Nothing follows.</summary>
    public bool IsFinal => this is Good or RolledBack or Superseded or Aborted;

    /// <summary>The candidate gets requests: those of users, or copies.</summary>
    public bool IsExposed => this switch
    {
        Shifting or Observing or Baking => true,
        Paused paused => paused.At.IsExposed,
        _ => false,
    };

    /// <summary>The step this phase belongs to: -1 before the first, <c>Steps.Length</c> at 100 %.</summary>
    public int StepIn(Plan plan) => this switch
    {
        Shifting at => Math.Min(at.Step, plan.Steps.Length),
        Observing at => Math.Min(at.Step, plan.Steps.Length),
        Baking or Good => plan.Steps.Length,
        Paused paused => paused.At.StepIn(plan),
        _ => -1,
    };

    /// <summary>The name shown to people and kept in facts.</summary>
    public string Name => GetType().Name;
}
