using System.Collections.Immutable;
using TrafficCtl.Core.Gates;

namespace TrafficCtl.Core.Promotion.Environments;

/// <summary>The bundle has been current in an environment for that long without a break, and served that many requests meanwhile.</summary>
public sealed record SoakTerms(string In, TimeSpan For, long Requests = 0);

/// <summary>A gate of an environment: which, how it is answered, whose it is, and how long it may take.</summary>
/// <param name="Id">Names it inside the environment; verdicts are kept by it.</param>
public sealed record EntryGate(string Id, GateKind Kind)
{
    /// <summary>
    /// A gate that is live or timed answers by itself where it can, and one that asks for approvals from the votes of people. Null where
    /// somebody has to be asked; a latched one is always asked.
    /// </summary>
    public Gate? Gate { get; init; }

    /// <summary>Set for a soak, which follows from facts of this engine.</summary>
    public SoakTerms? Soak { get; init; }

    /// <summary>Who can do something about it.</summary>
    public string? Owner { get; init; }

    /// <summary>From the first question; null where it may take any time.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>What it counts as at its deadline; <see cref="GateOutcome.Pause"/> goes on waiting, and says so.</summary>
    public GateOutcome AtDeadline { get; init; }

    /// <summary>How long the answer of a live gate stands where the answer itself does not say.</summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The gates of an environment, or some of them, in their order: each has an id of its own, which says what it is.</summary>
    /// <param name="gates">As they are declared.</param>
    /// <param name="taken">The ids of the environment so far; the new ones are added.</param>
    public static ImmutableArray<EntryGate> Of(IEnumerable<Gate> gates, ISet<string> taken) =>
        [.. gates.Select(gate => Of(EntryGateIds.Take(gate, taken), gate))];

    /// <summary>With the owner, the deadline and the outcome that the gate declares.</summary>
    public static EntryGate Of(string id, Gate gate) => new(id, gate.Kind)
    {
        Gate = gate is SoakGate ? null : gate,
        Soak = gate is SoakGate soak ? new(soak.In, soak.For, soak.Requests) : null,
        Owner = gate.Terms.Owner ?? (gate as ApproveGate)?.By,
        Deadline = gate.Deadline,
        AtDeadline = gate.Terms.Then,
    };
}
