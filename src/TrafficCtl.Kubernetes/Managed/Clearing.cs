using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>
/// Deletes what the controller made for services whose root Service is gone for good: first the route is released, and nothing goes that
/// a route or a Service of the user still sends requests to.
/// </summary>
/// <remarks>
/// What was made has no owner that a user deletes, so it is found by its labels: also where neither a declaration nor a Delivery is left.
/// Nothing has a finalizer: where no controller runs it stays, and a namespace that is deleted never waits.
/// </remarks>
public sealed partial class Clearing : IDisposable
{
    /// <summary>A pass at least so often.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private static readonly ImmutableArray<KubeKind> Kinds =
    [
        KubeKind.ScaledObject, KubeKind.HorizontalPodAutoscaler, KubeKind.Deployment, KubeKind.Service, KubeKind.ConfigMap, KubeKind.Secret,
    ];

    private readonly IKubeView view;
    private readonly IKube kube;
    private readonly ClusterDiscovery discovery;
    private readonly Func<string, CancellationToken, ValueTask<string?>> release;
    private readonly ITeller teller;
    private readonly Func<bool> leads;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly RouteUses routes;
    private readonly Waker waker;
    private readonly Inventory.Memory memory = new();
    private readonly Dictionary<string, long> missing = new(StringComparer.Ordinal), releasing = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> told = new(StringComparer.Ordinal);
    private readonly HashSet<string> released = new(StringComparer.Ordinal);

    /// <param name="view">What the informers hold.</param>
    /// <param name="kube">Where objects are deleted; a leader's.</param>
    /// <param name="discovery">Of services whose root Service was deleted.</param>
    /// <param name="release">Takes the controller's ownership off a service's route; why it cannot, or null when it is done.</param>
    /// <param name="namespaces">That the controller serves; empty for all.</param>
    /// <param name="teller">Of what is deleted, and what cannot be.</param>
    /// <param name="leads">This process may write.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">The log.</param>
    public Clearing(
        IKubeView view, IKube kube, ClusterDiscovery discovery, Func<string, CancellationToken, ValueTask<string?>> release,
        ImmutableArray<string> namespaces, ITeller teller, Func<bool> leads, TimeProvider clock, ILogger<Clearing> log)
    {
        (this.view, this.kube, this.discovery, this.release, this.teller) = (view, kube, discovery, release, teller);
        (this.leads, this.clock, this.log, routes, waker) = (leads, clock, log, new RouteUses(kube, namespaces), new Waker(clock));
        view.Changed += Wake;
    }

    /// <summary>Passes until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        // Another may have led since: how long a Service has been away is not known.
        missing.Clear();
        releasing.Clear();
        released.Clear();
        told.Clear();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await waker.WaitAsync(Longest, stop)) await Task.Delay(ManagedMode.Gather, clock, stop);
                if (leads()) await DoAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                Failed(log, fault);
            }
        }
    }

    public void Dispose()
    {
        view.Changed -= Wake;
        waker.Dispose();
    }

    /// <summary>One pass.</summary>
    internal async Task DoAsync(CancellationToken stop)
    {
        if (!view.IsSynced(KubeKind.Service) || !view.IsSynced(KubeKind.Deployment)) return;
        var made = Kinds.SelectMany(kind => view.All(kind).Where(OwnObjects.IsMade).Select(o => new MadeObject(kind, o)))
            .Where(m => !Scalers.IsOfKeda(m.Object)).ToArray();
        foreach (var thing in made.Where(m => OwnObjects.HasServiceAsOwner(m.Object))) await DisownAsync(thing, stop);
        var services = discovery.Services;
        // Before the first pass it is unknown what is declared.
        if (ReferenceEquals(services, ClusterServices.None)) return;
        foreach (var service in services.All) await ReleaseAsync(service, stop);
        var held = services.All.Where(s => !released.Contains(s.Name) || IsInConsul(s)).Select(s => s.Name)
            .ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in made.GroupBy(m => (Space: m.Object.NamespaceOf(), Service: m.Object.Label(OwnObjects.ServiceLabel) ?? "")))
        {
            var root = new KubeName(KubeKind.Service, group.Key.Space, group.Key.Service);
            var name = $"{root.Namespace}.{root.Name}";
            if (root.Name.Length == 0 || view.Get(root) is not null) continue;
            seen.Add(name);
            if (!missing.TryGetValue(name, out var since)) missing[name] = since = clock.GetTimestamp();
            if (held.Contains(name) || clock.GetElapsedTime(since) < Departures.Grace) continue;
            try
            {
                await ClearAsync(root, [.. group], clock.GetElapsedTime(since), stop);
            }
            catch (KubeException fault)
            {
                // What was deleted is seen in the next pass, and the rest is deleted then.
                NotCleared(log, name, fault.Message);
                if (fault.Reason != KubeException.NotLeading && !fault.IsConflict) Tell(root, "ClearingFailed", fault.Message);
            }
        }

        foreach (var back in missing.Keys.Where(k => !seen.Contains(k)).ToArray())
        {
            missing.Remove(back);
            told.Remove(back);
        }
    }

    /// <summary>Of earlier builds: the garbage collector would take it with a Service that is only replaced.</summary>
    private async ValueTask DisownAsync(MadeObject thing, CancellationToken stop)
    {
        if (thing.Object.TextAt("metadata", "resourceVersion") is not { } version) return;
        var owners = OwnObjects.OwnersBesideServices(thing.Object);
        var metadata = new JsonObject { ["resourceVersion"] = version, ["ownerReferences"] = owners };
        try
        {
            await kube.PatchAsync(thing.Name, KubePatch.Merge(new JsonObject { ["metadata"] = metadata }), null, stop);
            Say($"{thing.Name} is owned by its Service no longer: it stays where that is replaced");
        }
        catch (KubeException fault)
        {
            var name = thing.Name.ToString();
            NotCleared(log, name, fault.Message);
        }
    }

    private async ValueTask ReleaseAsync(ClusterService service, CancellationToken stop)
    {
        if (service.Departure != Departure.Over)
        {
            released.Remove(service.Name);
            releasing.Remove(service.Name);
            return;
        }

        if (released.Contains(service.Name)) return;
        if (!releasing.TryGetValue(service.Name, out var since)) releasing[service.Name] = since = clock.GetTimestamp();
        if (await release(service.Name, stop) is { } why)
        {
            var root = new KubeName(KubeKind.Service, service.Delivery.Namespace, service.Delivery.Service);
            var isOver = clock.GetElapsedTime(since) >= Departures.Limit;
            Tell(root, "ReleaseFailed", isOver ? $"{why}; it is given up, and the route stays as it is" : $"{why}; it is retried");
            if (!isOver) return;
        }

        released.Add(service.Name);
        releasing.Remove(service.Name);
        if (IsInConsul(service))
        {
            var (space, name) = (service.Delivery.Namespace, service.Delivery.Service);
            Tell(
                new KubeName(KubeKind.Service, space, name), "StillUsed",
                $"Service {space}/{name} was deleted, and only Consul knows whether it still sends requests to the pods that the "
                + $"controller made for it: they stay; kubectl -n {space} delete deployments,services,hpa,configmaps "
                + $"-l {OwnObjects.ManagedBy}={OwnObjects.Us},{OwnObjects.ServiceLabel}={name} deletes them");
            return;
        }

        discovery.LetGo(service.Name);
    }

    /// <summary>What a Consul sends requests to is on no object of the cluster.</summary>
    private static bool IsInConsul(ClusterService service) =>
        service.Delivery is { IsManaged: true } delivery && (delivery.Route.Dialect == "consul" || delivery.Also.Any(a => a.Route.Dialect == "consul"));

    private async ValueTask ClearAsync(KubeName root, MadeObject[] made, TimeSpan gone, CancellationToken stop)
    {
        // Capacity goes with its autoscaler, and only when the server says now that the Service is gone.
        if (!view.IsSynced(KubeKind.HorizontalPodAutoscaler) || await kube.GetAsync(root, stop) is not null) return;
        if (await ManagedMode.HasKedaAsync(kube, stop) && !view.IsSynced(KubeKind.ScaledObject)) return;
        if (await UsedByAsync(root.Namespace!, made, stop) is { } used)
        {
            Tell(
                root, "StillUsed",
                $"Service {root.Namespace}/{root.Name} was deleted, and {used}, which the controller made for it: that stays. "
                + "Delete what sends to it, or let it send to objects of your own");
            return;
        }

        var inventory = new Inventory(view, memory);
        foreach (var copy in made.Where(m => m.Name.Kind == KubeKind.Deployment))
            if (!await GiveBackAsync(root, copy, inventory, gone, stop)) return;
        foreach (var thing in made)
        {
            if (thing.IsConfig && await NamedConfig.IsNamedAsync(kube, thing.Name, stop)) continue;
            await kube.DeleteAsync(thing.Name, new KubeDelete(thing.Object.UidOf()), stop);
            Say($"{thing.Name} is deleted: Service {root.Namespace}/{root.Name} is gone");
        }

        var done = $"Service {root.Namespace}/{root.Name} was deleted: what the controller made for it is deleted too";
        Tell(root, "Cleared", done, isWarning: false);
    }

    /// <summary>Who still sends requests to what was made; null when nobody does.</summary>
    private async ValueTask<string?> UsedByAsync(string space, MadeObject[] made, CancellationToken stop)
    {
        foreach (var copy in made.Where(m => m.Name.Kind == KubeKind.Deployment).Select(m => SeenDeployment.Of(m.Object)))
            foreach (var service in view.All(KubeKind.Service).Where(s => s.NamespaceOf() == space && !OwnObjects.IsOurs(s)))
                if (SeenService.Of(service).Selects(copy))
                    return $"Service {space}/{service.NameOf()} still selects the pods of Deployment {copy.Name}";
        var slots = made.Where(m => m.Name.Kind == KubeKind.Service).Select(m => m.Name.Name).ToArray();
        return slots.Length > 0 && await routes.FindAsync(space, slots, stop) is { } route
            ? $"{route} still sends requests to Service {string.Join(" or ", slots)}"
            : null;
    }

    /// <summary>What the controller scaled down runs again before its copy goes, where it is the same version.</summary>
    /// <returns>False while it does not yet.</returns>
    private async ValueTask<bool> GiveBackAsync(KubeName root, MadeObject copy, Inventory inventory, TimeSpan gone, CancellationToken stop)
    {
        if (copy.Object.Annotation(OwnObjects.Source) is not { } name) return true;
        if (inventory.Deployment(root.Namespace!, name) is not { } source) return true;
        if (Scalers.Of(view, root.Namespace!, name) is { IsPausedByUs: true } paused)
            await kube.PatchAsync(new KubeName(paused.Kind, root.Namespace, paused.Name), ManagedMode.PauseOf(isPaused: false), null, stop);
        var parked = copy.Object.Annotation(OwnObjects.Parked)?.Split(" behind ");
        if (parked is not [var version, var good] || version != good) return true;
        if (source.Desired == 0)
        {
            var replicas = Math.Max(1, SeenDeployment.Of(copy.Object).Desired);
            var scale = KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } });
            await kube.PatchAsync(new KubeName(KubeKind.Deployment, root.Namespace, name), scale, null, stop);
            Say($"Deployment {root.Namespace}/{name} is scaled to {replicas}: its copy is deleted");
            return false;
        }

        return (source.Object.NumberAt("status", "readyReplicas") ?? 0) >= source.Least || gone >= Departures.Grace + Departures.Limit;
    }

    private void Tell(KubeName root, string reason, string text, bool isWarning = true)
    {
        var name = $"{root.Namespace}.{root.Name}";
        if (told.TryGetValue(name, out var before) && before == text) return;
        told[name] = text;
        if (isWarning) NotCleared(log, name, text);
        else Say(text);
        var delivery = new KubeName(KubeKind.Delivery, root.Namespace, root.Name);
        if (view.Get(delivery) is { } about)
            teller.Tell(new Told(new KubeOrigin(delivery, about.UidOf()), isWarning, reason, "Clear", text));
    }

    private void Say(string what) => Did(log, what);

    private void Wake(KubeKind kind)
    {
        if (kind == KubeKind.Service || kind == KubeKind.Deployment) waker.Wake();
    }

    /// <summary>An object that the controller made.</summary>
    private sealed record MadeObject(KubeKind Kind, JsonObject Object)
    {
        public KubeName Name { get; } = new(Kind, Object.NamespaceOf(), Object.NameOf());

        public bool IsConfig => Kind == KubeKind.ConfigMap || Kind == KubeKind.Secret;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{What}")]
    private static partial void Did(ILogger log, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What the controller made for {Service} is not deleted: {Why}")]
    private static partial void NotCleared(ILogger log, string service, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deleting what is no longer needed failed; it is retried")]
    private static partial void Failed(ILogger log, Exception fault);
}
