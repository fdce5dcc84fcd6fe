using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Kubernetes.Discovery;
using TrafficCtl.Adapters.Storage.Kubernetes;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters.Kubernetes.Telling;

/// <summary>Keeps the conditions of Deliveries that the store does not know of: Accepted, RouteResolved and Drifted. Written when one changes.</summary>
public sealed partial class DeliveryConditions(
    IKubeView view, IKube kube, Func<ClusterServices> services, Func<string, RouterStatus?> routes, Func<bool> leads, TimeProvider clock, ILogger<DeliveryConditions> log)
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    public const string Accepted = "Accepted", RouteResolved = "RouteResolved", Drifted = "Drifted";

    /// <summary>What was found to be told already, of which objects: nothing is compared again while nothing changes.</summary>
    private readonly Dictionary<KubeName, (JsonObject Seen, DeclaredState Declared, bool IsRouted, Drift? Drift)> settled = [];

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Every, clock, stop);
                if (leads()) await WriteAsync(stop);
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

    internal async Task WriteAsync(CancellationToken stop)
    {
        var all = services().Declared;
        if (settled.Count > all.Length) settled.Clear();
        foreach (var declared in all)
        {
            var name = new KubeName(KubeKind.Delivery, declared.Namespace, declared.Service);
            if (view.Get(name) is not { } seen) continue;
            var router = routes($"{declared.Namespace}.{declared.Service}");
            var known = (seen, declared, router is not null, router?.Drift);
            if (settled.TryGetValue(name, out var last) && ReferenceEquals(last.Seen, seen) && IsSame(last.Declared, declared) && last.IsRouted == known.Item3 && last.Drift == known.Drift) continue;
            if (JsonNode.DeepEquals(Write(seen.DeepClone().AsObject(), declared, router), seen))
            {
                settled[name] = known;
                continue;
            }

            try
            {
                // The informer may be behind: the precondition is of what is there now.
                if (await kube.GetAsync(name, stop) is not { } now) continue;
                var next = Write(now.DeepClone().AsObject(), declared, router);
                if (!JsonNode.DeepEquals(next, now)) await kube.ReplaceAsync(name, next, "status", stop);
            }
            catch (KubeException conflict) when (conflict.IsConflict)
            {
                // The store was first; the next pass writes.
            }
            catch (KubeException fault)
            {
                NotWritten(log, name, fault.Message);
                if (!fault.IsOfOne) return;
            }
        }
    }

    private static bool IsSame(DeclaredState a, DeclaredState b) => a.Origin == b.Origin && a.Problems.SequenceEqual(b.Problems);

    private JsonObject Write(JsonObject delivery, DeclaredState declared, RouterStatus? router)
    {
        if (delivery["status"] is not JsonObject status) delivery["status"] = status = [];
        var (generation, now) = (delivery.GenerationOf(), clock.GetUtcNow());
        var isValid = declared.Problems.IsEmpty;
        Conditions.Set(status, Accepted, isValid, isValid ? "Valid" : "Invalid", isValid ? $"{declared.Origin} is in force" : string.Join('\n', declared.Problems), generation, now);
        if (router is null) return delivery;
        var drift = router.Drift;
        var isLost = drift is { Found: null };
        Conditions.Set(status, RouteResolved, !isLost, isLost ? "Changed" : "Resolved", isLost ? drift!.Text : "", generation, now);
        Conditions.Set(status, Drifted, drift is not null, drift is null ? "AsWritten" : ReasonOf(drift.Answer), drift?.Text ?? "", generation, now);
        return delivery;
    }

    private static string ReasonOf(DriftAnswer answer) => answer switch
    {
        DriftAnswer.Correct => "Corrected",
        DriftAnswer.Pause => "Paused",
        DriftAnswer.Adopt => "Adopted",
        DriftAnswer.Abort => "TakenAsAbort",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "Writing conditions failed; it is tried again")]
    private static partial void Failed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The conditions of {Name} could not be written: {Why}")]
    private static partial void NotWritten(ILogger log, KubeName name, string why);
}
