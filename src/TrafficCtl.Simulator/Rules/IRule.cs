using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Simulator.Rules;

/// <summary>A way to decide a rollout: what moves the candidate's share up, and what takes it back.</summary>
/// <remarks>Stateless and shared by all threads; what it learns of one rollout is in its <see cref="IRuleRun"/>.</remarks>
public interface IRule
{
    /// <summary>Lower case, as on the command line and in the tables: <c>ours</c>, <c>flagger</c>.</summary>
    string Name { get; }

    /// <summary>One line for the help.</summary>
    string About { get; }

    /// <summary>The candidate is deployed and ready at this moment, which is time 0 of the run.</summary>
    IRuleRun Begin(RuleSetting setting);
}

/// <summary>What a rule may know before a rollout begins.</summary>
/// <param name="Past">Ten minutes or more of stable alone.</param>
/// <param name="KnowsUsers">Whose request it is is known: ticks carry users and their flow.</param>
public sealed record RuleSetting(Baseline Past, bool KnowsUsers = false)
{
    /// <summary>What ticks count by route; null where routes are not told apart.</summary>
    public PathGroups? Paths { get; init; }
}

/// <summary>One rollout in virtual time under one rule. Used by one thread.</summary>
public interface IRuleRun
{
    /// <summary>How long a window it wants: a multiple of the world's tick of 5 s. May change from one window to the next.</summary>
    double IntervalSeconds { get; }

    /// <summary>The share of the candidate in force from now until the end of the next window; nothing else changes it.</summary>
    Weights Weights { get; }

    RunEnd End { get; }

    /// <summary>Nothing that could be observed changes <see cref="End"/> and <see cref="Weights"/> any more.</summary>
    bool IsOver { get; }

    /// <summary>Both arms over the interval that ends now. The counts are reused after the call.</summary>
    /// <param name="window">With the weights that were in force, and of both arms' requests by outcome and latency.</param>
    /// <param name="now">Seconds since the run began.</param>
    void Observe(in Tick window, double now);
}

/// <summary>Where a run stands.</summary>
public enum RunEnd
{
    /// <summary>Below 100 %: on its way, or held for a person.</summary>
    Running,

    /// <summary>It entered 100 %. A rule that goes on watching may still go back.</summary>
    Promoted,

    /// <summary>The candidate is at 0 for good.</summary>
    RolledBack,
}
