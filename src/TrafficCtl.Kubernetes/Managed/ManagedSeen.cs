using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>All that managed mode decides by, of one service at one moment.</summary>
internal sealed record ManagedSeen
{
    public required ClusterDelivery Delivery { get; init; }

    /// <summary>The Service that clients address.</summary>
    public required SeenService Root { get; init; }

    /// <summary>The user's Deployment; null when it cannot be told which.</summary>
    public SeenDeployment? Source { get; init; }

    /// <summary>Why nothing can be copied, where that is not for want of a Deployment.</summary>
    public Remark? Refused { get; init; }

    /// <summary>Null while configuration is missing that its pods need.</summary>
    public TemplateIdentity? SourceIs { get; init; }

    /// <summary>Its pods that are ready.</summary>
    public int SourceReady { get; init; }

    /// <summary>The stable copy; null while there is none.</summary>
    public SeenDeployment? Copy { get; init; }

    /// <summary>Null while it is not there, or configuration is missing that its pods need: that may only be not heard of yet.</summary>
    public TemplateIdentity? CopyIs { get; init; }

    /// <summary>The autoscaler of <see cref="Source"/>; null without one.</summary>
    public SeenScaler? SourceScaler { get; init; }

    /// <summary>The one of our own; null while there is none.</summary>
    public SeenScaler? CopyScaler { get; init; }

    public SeenService? StableService { get; init; }

    public SeenService? CandidateService { get; init; }

    /// <summary>What the source's template names and the copy is to have for itself.</summary>
    public ImmutableDictionary<(KubeKind Kind, string Name), JsonObject> Configs { get; init; } =
        ImmutableDictionary<(KubeKind, string), JsonObject>.Empty;

    /// <summary>Copies of configuration that are there.</summary>
    public ImmutableArray<(KubeKind Kind, JsonObject Object)> OwnConfigs { get; init; } = [];

    /// <summary>The objects among <see cref="OwnConfigs"/> that a Deployment of the namespace names, whoever owns it.</summary>
    public ImmutableHashSet<(KubeKind, string)> Named { get; init; } = [];

    /// <summary>A copy in the namespace, of whichever service, still has pods of an earlier template.</summary>
    public bool IsRolling { get; init; }

    /// <summary>What stands under the names that the copy's configuration and its autoscaler are to have, whoever's it is.</summary>
    public ImmutableDictionary<(KubeKind, string), JsonObject> There { get; init; } =
        ImmutableDictionary<(KubeKind, string), JsonObject>.Empty;

    /// <summary>The version that serves without a rollout; null before the birth.</summary>
    public string? LastGood { get; init; }

    /// <summary>The candidate of the active rollout; null without one.</summary>
    public string? Candidate { get; init; }

    /// <summary>The slot that the last good version is served from; null when none can.</summary>
    public string? Serving { get; init; }

    /// <summary>
    /// The split in force is the one that the record asks for without a rollout: no request goes to another slot than <see
    /// cref="Serving"/>.
    /// </summary>
    public bool IsInForce { get; init; } = true;

    /// <summary>How long the three above have been what they are.</summary>
    public TimeSpan SettledFor { get; init; }
}

/// <summary>One thing to be done, in the order of the plan; repeating it is harmless.</summary>
internal abstract record ManagedAction(KubeName On, string Why)
{
    /// <summary>The whole object as it is to be.</summary>
    internal sealed record Apply(KubeName On, JsonObject Whole, string Why) : ManagedAction(On, Why);

    internal sealed record Scale(KubeName On, int Replicas, string Why) : ManagedAction(On, Why);

    /// <summary>An annotation of an object of our own.</summary>
    internal sealed record Mark(KubeName On, string Key, string Value, string Why) : ManagedAction(On, Why);

    /// <summary>The user's autoscaler of what is scaled to 0 leaves it there, or scales again.</summary>
    internal sealed record Pause(KubeName On, bool IsPaused, string Why) : ManagedAction(On, Why);

    /// <summary>The deletion of an object of our own, as it was seen.</summary>
    internal sealed record Delete(KubeName On, string Uid, string Why) : ManagedAction(On, Why);
}
