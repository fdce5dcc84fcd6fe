using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds;

/// <summary>What the loop keeps of one target. All of it can be built again from the store, the router and the counters.</summary>
internal sealed class Track(ServiceSpec spec)
{
    private ServiceSpec spec = spec;

    public TargetKey Key { get; } = spec.Key;

    public ServiceSpec Spec
    {
        get => spec;
        set
        {
            spec = value;
            Versions = Names(value);
            MayStart = true;
        }
    }

    public ImmutableArray<string> Versions { get; private set; } = Names(spec);

    /// <summary>The elapsed time at which this process first saw that the active rollout's candidate is not listed; null while it is.</summary>
    public TimeSpan? WithdrawnSince { get; set; }

    /// <summary>Where it is born from when the store has never seen it.</summary>
    public LastKnown Last { get; set; } = LastKnown.Nothing;

    /// <summary>Spreads what all services do every few seconds over those seconds: 0 for the first service, then 1, 2, …</summary>
    public int Slot { get; init; }

    public Observation Observation { get; } = new();

    /// <summary>As it is in the store; null before the first load and before birth.</summary>
    public ServiceRecord? Record { get; set; }

    /// <summary>The store may hold something newer than <see cref="Record"/>; nothing is decided before it was read.</summary>
    public bool MustLoad { get; set; } = true;

    /// <summary>Somebody may have recorded a wish.</summary>
    public bool MustAsk { get; set; } = true;

    /// <summary>Something changed that the starter looks at.</summary>
    public bool MayStart { get; set; } = true;

    /// <summary>Recorded and not answered, oldest first.</summary>
    public ImmutableArray<Wish> Wishes { get; set; } = [];

    /// <summary>What was handed to the store without a word of it since.</summary>
    public Proposal? InDoubt { get; set; }

    /// <summary>Facts that go with the next commit.</summary>
    public List<Fact> Notes { get; } = [];

    /// <summary>What <see cref="Notes"/> hold must not wait for a decision, which may take hours to come.</summary>
    public bool MustNote { get; set; }

    public RolloutState? Newest { get; set; }

    public Seen? Seen { get; set; }

    public Decision? LastDecision { get; set; }

    /// <summary>The router's word in this round; null when it gave none.</summary>
    public RouterStatus? Router { get; set; }

    /// <summary>The route of <see cref="Record"/>, made once.</summary>
    public (ServiceRecord Of, ServiceRoute Route)? Wanted { get; set; }

    /// <summary>The last route that the router took.</summary>
    public ServiceRoute? Applied { get; set; }

    /// <summary>The drift that was last answered; null when the split is what was written.</summary>
    public Drift? Drift { get; set; }

    /// <summary>The rollout was seen paused in the face of <see cref="Drift"/>: the next time it is not, a person has decided.</summary>
    public bool IsPausedForDrift { get; set; }

    /// <summary>A person has resumed, and so decided about a drift if there is one: the router is told with the next application.</summary>
    public bool MustSettle { get; set; }

    /// <summary>An abort that the router holds and the store has answered: the router is told with the next application. Null without one.</summary>
    public Wish? AnsweredAbort { get; set; }

    /// <summary>Why the record could not be read when it was last tried; null when it could.</summary>
    public string? LoadTrouble { get; set; }

    /// <summary>The router refused a route as older than its own.</summary>
    public bool IsRouterAhead { get; set; }

    /// <summary>The elapsed time of the active rollout, and what became of the time of day since the last round.</summary>
    public RolloutClock Clock { get; } = new();

    /// <summary>When the next checkpoint is due, by the monotonic clock.</summary>
    public TimeSpan CheckpointAt { get; set; }

    public string? MetricTrouble { get; set; }

    /// <summary>What the live gates of the service said in this round.</summary>
    public ImmutableArray<GateView> Gates { get; set; } = [];

    /// <summary>There is a reading, whatever may be wrong with it.</summary>
    public bool IsMeasured { get; set; }

    /// <summary>Why nothing is measured now; null when the reading is fresh.</summary>
    public string? Unmeasured { get; set; }

    /// <summary>Why the router could not be asked.</summary>
    public string? ObserveTrouble { get; set; }

    /// <summary>Why the router could not be told.</summary>
    public string? ApplyTrouble { get; set; }

    public string? RouterTrouble => ApplyTrouble ?? ObserveTrouble;

    /// <summary>Said with the view until the rollout ends.</summary>
    public string? LostWords { get; set; }

    /// <summary>What became of the state, for as long as nobody has decided what is to come next; null when it is not lost.</summary>
    public string? StateLost { get; set; }

    /// <summary>Faults inside, one after the other.</summary>
    public int Faults { get; set; }

    public string? FaultWords { get; set; }

    private static ImmutableArray<string> Names(ServiceSpec spec) => [.. spec.Versions.Where(v => !v.IsRetained).Select(v => v.Version)];
}
