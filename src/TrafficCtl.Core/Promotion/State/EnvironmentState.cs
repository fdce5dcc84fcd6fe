using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>The bundle that an environment let in last.</summary>
/// <param name="StartedAt">When its first target got it.</param>
public sealed record Seat(string Bundle, DateTimeOffset StartedAt)
{
    /// <summary>When a first target entered 100 %.</summary>
    public DateTimeOffset? PromotedAt { get; init; }

    /// <summary>It is Good here.</summary>
    public bool IsSettled { get; init; }

    /// <summary>It failed, was aborted, or was taken back.</summary>
    public bool IsOver { get; init; }

    /// <summary>A person ordered or pinned it.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>Nothing newer enters.</summary>
    public bool IsKept => PromotedAt is not null && !IsSettled && !IsOver;
}

/// <summary>A failure that counts toward a stop of the line.</summary>
public readonly record struct CountedFailure(string Bundle, DateTimeOffset At);

/// <summary>A gate that people vote on, and what they vote about.</summary>
public readonly record struct VotedGate(string Bundle, string Gate);

/// <summary>What is known of one environment.</summary>
public sealed record EnvironmentState
{
    public static readonly EnvironmentState None = new();

    /// <summary>The newest place in the line that ever began here: what is at or before it comes back only as the last good.</summary>
    public BundleOrder Newest { get; init; }

    public Seat? Seat { get; init; }

    /// <summary>What was Good here, the latest last, each once.</summary>
    public ImmutableList<string> GoodHistory { get; init; } = [];

    public ImmutableDictionary<string, BundleRecord> Bundles { get; init; } = ImmutableDictionary<string, BundleRecord>.Empty;

    public ImmutableDictionary<string, TargetRecord> Targets { get; init; } = ImmutableDictionary<string, TargetRecord>.Empty;

    public Overlay? Pin { get; init; }

    public Overlay? Hold { get; init; }

    public BreakGlass? BreakGlass { get; init; }

    /// <summary>What people ordered here and has not begun, by bundle.</summary>
    public ImmutableDictionary<string, Overlay> Orders { get; init; } = ImmutableDictionary<string, Overlay>.Empty;

    /// <summary>Failures from which no veto was derived yet.</summary>
    public ImmutableList<string> PendingVetoes { get; init; } = [];

    /// <summary>Gates that people voted on and that have no answer yet, in the order of the first votes.</summary>
    public ImmutableList<VotedGate> OpenVotes { get; init; } = [];

    /// <summary>The last failure that counts; a second one soon after stops the line.</summary>
    public CountedFailure? LastFailure { get; init; }

    /// <summary>Why the line is to stop here; null where it is not, or did.</summary>
    public string? StopDue { get; init; }

    /// <summary>Why the line is to stop at targets here.</summary>
    public ImmutableSortedDictionary<string, string> TargetStopsDue { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public BundleRecord Of(string bundle) => Bundles.GetValueOrDefault(bundle, BundleRecord.None);

    public TargetRecord At(string target) => Targets.GetValueOrDefault(target, TargetRecord.None);

    internal EnvironmentState With(string bundle, BundleRecord record) => this with { Bundles = Bundles.SetItem(bundle, record) };

    internal EnvironmentState With(string target, TargetRecord record) => this with { Targets = Targets.SetItem(target, record) };
}
