using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Services;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>Keeps the stable copies of the services that are in managed mode: plans from what is seen, and does it.</summary>
public sealed partial class ManagedMode : IDisposable
{
    /// <summary>A pass at least so often; and what changed meanwhile is gathered for some time.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5), Gather = TimeSpan.FromMilliseconds(500);

    private readonly ClusterLink cluster;
    private readonly Func<ClusterServices> services;
    private readonly Func<string, ServiceRecord?> records;
    private readonly Func<string, RouterStatus?>? routers;
    private readonly IEventRecorder recorder;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly Waker waker;
    private readonly Inventory.Memory memory = new();
    private readonly Dictionary<string, (string What, long Since)> settled = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Remark>> told = new(StringComparer.Ordinal);

    /// <param name="cluster">The cluster whose autoscalers are watched too, and where objects are made.</param>
    /// <param name="services">What discovery found last.</param>
    /// <param name="records">The store's word on a service, as the loop saw it last; null when it is not known.</param>
    /// <param name="recorder">Reports what is done and what cannot be.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">The log.</param>
    /// <param name="routers">The router's word on a service; null where every split is in force as soon as it is asked for.</param>
    public ManagedMode(
        ClusterLink cluster, Func<ClusterServices> services, Func<string, ServiceRecord?> records, IEventRecorder recorder,
        TimeProvider clock,
        ILogger<ManagedMode> log, Func<string, RouterStatus?>? routers = null)
    {
        (this.cluster, this.services, this.records, this.routers) = (cluster, services, records, routers);
        (this.recorder, this.clock, this.log, waker) = (recorder, clock, log, new Waker(clock));
        cluster.View.Changed += Wake;
    }

    /// <summary>Passes until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        // Another may have led since: how long what serves has been the same is not known.
        settled.Clear();
        told.Clear();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await waker.WaitAsync(Longest, stop)) await Task.Delay(Gather, clock, stop);
                if (cluster.IsLeader() && services().All.Any(s => s.Delivery.IsManaged)) await DoAsync(stop);
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
        cluster.View.Changed -= Wake;
        waker.Dispose();
    }

    /// <summary>One pass over the services in managed mode.</summary>
    internal async Task DoAsync(CancellationToken stop)
    {
        // A copy without its autoscaler would not take the load: nothing is done before they are known.
        if (!cluster.View.IsSynced(KubeKind.HorizontalPodAutoscaler)) return;
        if (await HasKedaAsync(cluster.Kube, stop) && !cluster.View.IsSynced(KubeKind.ScaledObject)) return;
        var inventory = new Inventory(cluster.View, memory);
        foreach (var service in services().All.Where(s => s.Delivery.IsManaged))
        {
            var record = records(service.Name);
            // Born, but what it is is not known here yet: nothing may be made of a guess.
            if (record is null && IsBorn(service, out var good) && (record = Left(service, good)) is null) continue;
            if (ManagedReader.Read(service, cluster.View, inventory, record, SettledFor(service, record)) is not { } seen) continue;
            seen = seen with { IsInForce = IsInForce(service) };
            var plan = ManagedPlan.Of(seen);
            Tell(service, plan);
            try
            {
                foreach (var action in plan.Actions) await DoAsync(service, action, stop);
            }
            catch (KubeException fault)
            {
                // What was done is seen in the next pass, and the rest is planned again.
                NotDone(log, service.Name, fault.Message);
                if (fault.Reason != KubeException.NotLeading && !fault.IsConflict)
                    recorder.Record(new ObjectEvent(service.Origin, IsWarning: true, "ManagedModeFailed", "Manage", fault.Message));
            }
        }
    }

    /// <summary>KEDA's definition is there, so Deployments may be scaled by it.</summary>
    /// <exception cref="KubeException">Not known.</exception>
    internal static async ValueTask<bool> HasKedaAsync(IKube kube, CancellationToken stop)
    {
        var kind = KubeKind.ScaledObject;
        return await kube.FindAsync(kind.Group, kind.Plural, kind.Kind, [kind.Version], stop) is not null;
    }

    /// <summary>Only annotations of the user's object, with a mark by which the controller knows its own pause.</summary>
    internal static KubePatch PauseOf(bool isPaused) => KubePatch.Merge(new JsonObject
    {
        ["metadata"] = new JsonObject
        {
            ["annotations"] = new JsonObject
            {
                [Scalers.PausedReplicas] = isPaused ? "0" : null,
                [Scalers.PausedByUs] = isPaused ? "true" : null,
            },
        },
    });

    private bool IsBorn(ClusterService service, [NotNullWhen(true)] out string? good) =>
        (good = cluster.View.Get(NameOf(service))?.TextAt("status", "record", "lastGood")) is not null;

    /// <summary>
    /// Where nothing is left that a loop could take up, as after the root Service was deleted and what was made for it too: what the
    /// record on the cluster says is good, also where a rollout was under way: the loop ends that when it has slots again. Null while a
    /// loop takes it up.
    /// </summary>
    private static ServiceRecord? Left(ClusterService service, string good) => service.Spec is null
        ? new ServiceRecord(service.Key, good, 0, 0, [], null, default)
        : null;

    private static KubeName NameOf(ClusterService service) => new(KubeKind.Delivery, service.Delivery.Namespace, service.Delivery.Service);

    private async Task DoAsync(ClusterService service, ManagedAction action, CancellationToken stop)
    {
        switch (action)
        {
            case ManagedAction.Apply(var on, var whole, _):
                await cluster.Kube.PatchAsync(on, KubePatch.Apply(whole), null, stop);
                break;
            case ManagedAction.Scale(var on, var replicas, _):
                await cluster.Kube.PatchAsync(
                    on, KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }), null, stop);
                break;
            case ManagedAction.Mark(var on, var key, var value, _):
                await cluster.Kube.PatchAsync(
                    on,
                    KubePatch.Merge(
                        new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [key] = value } } }),
                    null, stop);
                break;
            case ManagedAction.Pause(var on, var isPaused, _):
                await cluster.Kube.PatchAsync(on, PauseOf(isPaused), null, stop);
                break;
            case ManagedAction.Delete(var on, _, _) when await NamedConfig.IsNamedAsync(cluster.Kube, on, stop):
                // An informer had not heard of it yet; the next pass plans again.
                return;
            case ManagedAction.Delete(var on, var uid, _):
                await cluster.Kube.DeleteAsync(on, new KubeDelete(uid), stop);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        var words = Words(action);
        Did(log, service.Name, words);
        if (action is not ManagedAction.Mark)
            recorder.Record(new ObjectEvent(service.Origin, IsWarning: false, "Managed", action.GetType().Name, words));
    }

    private static string Words(ManagedAction action) => action switch
    {
        ManagedAction.Apply => $"{action.On} is made: {action.Why}",
        ManagedAction.Scale(_, var replicas, _) => $"{action.On} is scaled to {replicas}: {action.Why}",
        ManagedAction.Mark(_, var key, _, _) => $"{action.On} is marked with {key}: {action.Why}",
        ManagedAction.Pause { IsPaused: true } => $"{action.On} is paused at 0 replicas: {action.Why}",
        ManagedAction.Pause => $"{action.On} is no longer paused: {action.Why}",
        ManagedAction.Delete => $"{action.On} is deleted: {action.Why}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>By this process' own clock: a new leader waits once more.</summary>
    private TimeSpan SettledFor(ClusterService service, ServiceRecord? record)
    {
        var what = record is null ? "" : $"{record.LastGood} {record.Active?.Id} {service.Spec?.Cluster.SlotOf(record.LastGood)?.Service}";
        if (!settled.TryGetValue(service.Name, out var held) || held.What != what)
            settled[service.Name] = held = (what, clock.GetTimestamp());
        return clock.GetElapsedTime(held.Since);
    }

    /// <summary>False also while it is not known: then nothing is taken away.</summary>
    private bool IsInForce(ClusterService service) =>
        routers is null || routers(service.Name) is { Drift: null, Pending: null, Abort: null, EffectiveExposure.ReachesCandidate: false };

    private void Tell(ClusterService service, ManagedPlan plan)
    {
        if (!told.TryGetValue(service.Name, out var before)) told[service.Name] = before = [];
        foreach (var remark in plan.Remarks.Where(r => !before.Contains(r)))
            recorder.Record(new ObjectEvent(service.Origin, IsWarning: true, remark.Reason, "Manage", remark.Text));
        before.Clear();
        before.UnionWith(plan.Remarks);
    }

    private void Wake(KubeKind kind)
    {
        if (kind == KubeKind.Deployment || kind == KubeKind.ConfigMap || kind == KubeKind.Secret || kind == KubeKind.Service
            || kind == KubeKind.HorizontalPodAutoscaler || kind == KubeKind.ScaledObject) waker.Wake();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: {What}")]
    private static partial void Did(ILogger log, string service, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Managed mode of {Service}: {Why}")]
    private static partial void NotDone(ILogger log, string service, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Managed mode failed; it is retried")]
    private static partial void Failed(ILogger log, Exception fault);
}
