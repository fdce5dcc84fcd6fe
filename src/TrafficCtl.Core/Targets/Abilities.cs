using System.Collections.Immutable;

namespace TrafficCtl.Core.Targets;

/// <summary>What a target can do, as its process was started; of the rest, why not and what would make it possible.</summary>
public sealed class Abilities
{
    private const string NoPrometheus = "no Prometheus is asked here";
    private const string NoAlertmanager = "no Alertmanager is asked here, so the gate would never open";

    private static readonly Lack NoQueries = new(
        NoPrometheus, "start the daemon with run --prometheus URL (and check the file with check --prometheus URL), or leave it out");

    private static readonly Lack NoAlerts = new(
        NoAlertmanager, "start the daemon with run --alertmanager URL (and check the file with check --alertmanager URL), or leave it out");

    private static readonly Lack NoClusterAlerts = new(
        NoAlertmanager, "start the controller with controller --alertmanager URL, or leave it out");

    private static readonly Lack NoEnvironments = new(
        "no other environment is known here, so the gate would never open",
        "declare the service with environments (docs/pipelines.md), or leave it out: the time at a step is its hold, and its requests are "
        + "analysis.at-least");

    private static readonly Lack NoVerification = new(
        "the controller of a cluster runs no programs and asks no addresses for a declaration",
        "leave it out; verifications work behind the embedded proxy");

    private static readonly Lack NoPods = new(
        "no metric source in this version can read it here: the pods of a cluster have it", "leave it out");

    private static readonly Lack NoCopies = new(
        "the embedded proxy does not mirror requests yet",
        "leave the step out; shadow steps work on a cluster, with a route istio/… or gateway-api/…");

    private static readonly Lack NoPaths = new(
        "the metrics of a mesh or an ingress carry no path", "leave it out; routes are compared behind the embedded proxy");

    private static readonly Lack NoStart = new(
        "its versions are started elsewhere, and only their endpoints are given",
        "declare runtime: { process: … }, or start the version yourself and list its endpoints under versions");

    private static readonly Lack NoDrain = new(
        "its connections are not seen here", "the embedded proxy drains its own; leave it out");

    private static readonly Lack NoProcesses = new(
        "processes are run on Linux only: what they forked is found by /proc",
        "run the daemon on Linux, or start the versions yourself and list their endpoints under versions");

    private readonly ImmutableDictionary<Ability, Lack> lacks;

    private Abilities(ImmutableDictionary<Ability, Lack> lacks) => this.lacks = lacks;

    /// <summary>What services behind the embedded proxy can do.</summary>
    /// <param name="hasPrometheus">The process was told where one answers.</param>
    /// <param name="hasAlertmanager">The process was told where one answers.</param>
    /// <param name="programDirectories"><see cref="ProgramDirectories"/>; default for none.</param>
    public static Abilities Embedded(
        bool hasPrometheus = false, bool hasAlertmanager = false, ImmutableArray<string> programDirectories = default)
    {
        var lacking = ImmutableDictionary<Ability, Lack>.Empty.Add(Ability.Saturation, NoPods).Add(Ability.Shadow, NoCopies)
            .Add(Ability.Environments, NoEnvironments);
        if (!hasPrometheus) lacking = lacking.Add(Ability.CustomMetrics, NoQueries);
        if (!hasAlertmanager) lacking = lacking.Add(Ability.QuietAlerts, NoAlerts);
        return new Abilities(lacking) { ProgramDirectories = programDirectories.IsDefault ? [] : programDirectories };
    }

    /// <summary>
    /// What services on Kubernetes can do, where a Prometheus always is. Whether copies can be sent is for the route to say.
    /// </summary>
    /// <param name="hasAlertmanager">The process was told where one answers.</param>
    public static Abilities Cluster(bool hasAlertmanager)
    {
        var lacking = ImmutableDictionary<Ability, Lack>.Empty.Add(Ability.Routes, NoPaths)
            .Add(Ability.Environments, NoEnvironments)
            .Add(Ability.Verification, NoVerification);
        return new Abilities(hasAlertmanager ? lacking : lacking.Add(Ability.QuietAlerts, NoClusterAlerts));
    }

    /// <summary>What a target of the same process can do in a pipeline, where the service's other environments are known.</summary>
    public Abilities InPipeline() => new(lacks.Remove(Ability.Environments)) { ProgramDirectories = ProgramDirectories };

    /// <summary>Of a runtime whose versions run already, wherever their endpoints say.</summary>
    public static Abilities StaticRuntime { get; } = new(ImmutableDictionary<Ability, Lack>.Empty
        .Add(Ability.StartVersions, NoStart).Add(Ability.DrainVersions, NoDrain));

    /// <summary>Of a runtime that runs versions as processes of this machine.</summary>
    /// <param name="isSupported">The system has what that takes.</param>
    public static Abilities ProcessRuntime(bool isSupported) => new(isSupported
        ? ImmutableDictionary<Ability, Lack>.Empty
        : ImmutableDictionary<Ability, Lack>.Empty.Add(Ability.StartVersions, NoProcesses).Add(Ability.DrainVersions, NoProcesses));

    /// <summary>Directories whose delivery files may name programs although others may write them.</summary>
    public ImmutableArray<string> ProgramDirectories { get; init; } = [];

    /// <summary>Why the target cannot do it; null when it can.</summary>
    public Lack? LackOf(Ability ability) => lacks.GetValueOrDefault(ability);
}

/// <summary>Something that a target cannot do.</summary>
/// <param name="Why">In a sentence, to follow the name of the key that asks for it.</param>
/// <param name="Remedy">What would make it possible, or what to do instead.</param>
public sealed record Lack(string Why, string Remedy);
