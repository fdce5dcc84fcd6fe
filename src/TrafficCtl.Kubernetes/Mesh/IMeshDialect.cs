using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>
/// How one mesh writes a split down. Pure: JSON in, JSON out; fetching, retries, fences, confirmation and drift live once, in
/// <see cref="Keeping.MeshRouter"/>.
/// </summary>
/// <remarks>Every method throws <see cref="MeshException"/> for what it cannot understand.</remarks>
internal interface IMeshDialect
{
    /// <summary>How its routes are declared.</summary>
    RouteForm Form { get; }

    /// <summary>As a route reference names it: <c>istio</c>.</summary>
    string Name => Form.Dialect;

    /// <summary>Where its objects live.</summary>
    MeshHome Home => MeshHome.Kubernetes;

    /// <summary>The kinds of a cluster that it reads or writes; none where its home is elsewhere.</summary>
    ImmutableArray<MeshResource> Kinds { get; }

    /// <summary>
    /// It can send copies of requests to a slot. What <see cref="Plan"/> writes and <see cref="Read"/> finds has them then.
    /// </summary>
    bool CanMirror => false;

    /// <summary>What must be seen, given what was seen: asked again until nothing is missing.</summary>
    ImmutableArray<MeshRead> Needs(RouteScene scene);

    /// <summary>The general weights as the live object has them; null when an object of the controller's own was not made yet.</summary>
    LiveShares? Read(RouteScene scene);

    /// <summary>The writes that make the objects say it; none when they do. Both arms are always written.</summary>
    ImmutableArray<MeshEdit> Plan(RouteScene scene, WantedSplit wanted);

    /// <summary>What the mesh's own status says of what was written.</summary>
    AcceptanceStatus Assent(RouteScene scene) => AcceptanceStatus.Given;

    /// <summary>The kinds whose objects may send to the slots beside the managed one.</summary>
    ImmutableArray<MeshResource> Sending => [];

    /// <summary>
    /// The rules that are not the controller's and send to slots: of the managed object, and of all objects of <see cref="Sending"/>
    /// that the scene has.
    /// </summary>
    /// <param name="scene">What was read.</param>
    /// <param name="wanted">Its cohorts have rules that are the controller's.</param>
    ImmutableArray<OtherSender> Senders(RouteScene scene, WantedSplit wanted) => [];

    /// <summary>The managed rule as metrics may name it; null where they name none.</summary>
    ManagedRule? Rule(RouteScene scene) => null;

    /// <summary>
    /// The objects that the split is in, the one with the general weights first: whose bookkeeping names a drift's author.
    /// </summary>
    ImmutableArray<(MeshResource Of, string Name)> Objects(RouteScene scene);

    /// <summary>
    /// What releases the controller's ownership: all traffic on the stable slot, weights back, and its own objects away where that moves no
    /// traffic.
    /// </summary>
    MeshRelease Release(RouteScene scene, WantedSplit safe) => new(Plan(scene, safe), null);

    /// <summary>What a person should know of this route; none when all is well.</summary>
    ImmutableArray<string> Warnings(RouteScene scene) => [];
}

internal enum MeshHome
{
    Kubernetes,
    Consul,
}

/// <param name="IsGiven">The mesh accepted it.</param>
/// <param name="Why">Not: what it waits for, or why it was refused.</param>
internal readonly record struct AcceptanceStatus(bool IsGiven, string? Why)
{
    public static readonly AcceptanceStatus Given = new(true, null);

    public static AcceptanceStatus Not(string why) => new(false, why);
}

/// <param name="Edits">The writes.</param>
/// <param name="Kept">Why an object of the controller's own stays; null when none does.</param>
internal sealed record MeshRelease(ImmutableArray<MeshEdit> Edits, string? Kept);
