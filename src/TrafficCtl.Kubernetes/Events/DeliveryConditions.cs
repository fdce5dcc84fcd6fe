using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Storage;

namespace TrafficCtl.Kubernetes.Events;

/// <summary>
/// Keeps the conditions of Deliveries that the store does not know of: Accepted, Serving, RouteResolved, Drifted; in a rollout Measured;
/// Confirmed while a split is long not confirmed; after one that was taken back Rejected; and Ready, Reconciling and Stalled, which
/// depend on them too. Written when one changes.
/// </summary>
public sealed partial class DeliveryConditions(
    ClusterLink cluster, Func<ClusterServices> services, Func<string, ServiceView?> views, IEventRecorder recorder, TimeProvider clock,
    ILogger<DeliveryConditions> log)
{
    /// <summary>A pass at least so often, and so soon after what serves changed: discovery has seen it by then.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5), Soon = TimeSpan.FromSeconds(1);

    public const string Accepted = Conditions.Accepted, Serving = Conditions.Serving, RouteResolved = "RouteResolved", Drifted = "Drifted",
        Measured = "Measured", Confirmed = "Confirmed", Rejected = Conditions.Rejected;

    private readonly LastingTroubles troubles = new(recorder, clock);

    /// <summary>What was found to be told already, of which objects: nothing is compared again while nothing changes.</summary>
    private readonly Dictionary<KubeName, (JsonObject Seen, DeclaredState? Declared, State State)> settled = [];

    public async Task RunAsync(CancellationToken stop)
    {
        using var waker = new Waker(clock);
        void Wake(KubeKind kind)
        {
            var isServing = kind == KubeKind.EndpointSlice || kind == KubeKind.Deployment || kind == KubeKind.DaemonSet;
            if (isServing || kind == KubeKind.Service) waker.Wake();
        }

        cluster.View.Changed += Wake;
        try
        {
            await WriteAsync(waker, stop);
        }
        finally
        {
            cluster.View.Changed -= Wake;
        }
    }

    private async Task WriteAsync(Waker waker, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await waker.WaitAsync(Every, stop)) await Task.Delay(Soon, clock, stop);
                if (cluster.IsLeader()) await WriteAsync(stop);
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
        var found = services();
        // Before the first pass it is unknown what is declared.
        if (ReferenceEquals(found, ClusterServices.None)) return;
        var all = found.Declared.ToDictionary(d => new KubeName(KubeKind.Delivery, d.Namespace, d.Service));
        var targets = found.All.ToDictionary(s => s.Name, s => s.Spec?.Cluster, StringComparer.Ordinal);
        foreach (var gone in settled.Keys.Where(k => cluster.View.Get(k) is null).ToArray()) settled.Remove(gone);
        foreach (var seen in cluster.View.All(KubeKind.Delivery))
        {
            var name = new KubeName(KubeKind.Delivery, seen.NamespaceOf(), seen.NameOf());
            var declared = all.GetValueOrDefault(name);
            var target = declared is null ? null : targets.GetValueOrDefault($"{declared.Namespace}.{declared.Service}");
            var state = declared is null ? default : StateOf(declared, target, seen.GenerationOf());
            if (settled.TryGetValue(name, out var last)
                && ReferenceEquals(last.Seen, seen)
                && IsSame(last.Declared, declared)
                && last.State == state)
                continue;
            if (JsonNode.DeepEquals(Write(seen.DeepClone().AsObject(), declared, state), seen))
            {
                settled[name] = (seen, declared, state);
                continue;
            }

            try
            {
                // The informer may be behind: the precondition is of what is there now.
                if (await cluster.Kube.GetAsync(name, stop) is not { } now) continue;
                var next = Write(now.DeepClone().AsObject(), declared, state);
                if (JsonNode.DeepEquals(next, now)) continue;
                await cluster.Kube.ReplaceAsync(name, next, "status", stop);
                TellOfGit(name, now, next);
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

    private State StateOf(DeclaredState declared, ClusterTarget? target, long generation)
    {
        var shown = views($"{declared.Namespace}.{declared.Service}");
        var (route, measuring, confirming) = troubles.Of(declared, shown);
        var weight = shown?.Newest is { } newest ? Shown.Weight(newest, shown.Router?.Drift) : null;
        return new State(
            weight, shown?.Router is not null, shown?.Router?.Drift, route, shown?.Record?.Active is not null, measuring, confirming)
        {
            Rejected = RejectedVersion.Of(shown?.Newest, target, cluster.View),
            Generation = generation,
        };
    }

    private static bool IsSame(DeclaredState? a, DeclaredState? b) => a is null || b is null
        ? a == b
        : (a.Origin, a.IsServed, a.NotServing, a.Leaving) == (b.Origin, b.IsServed, b.NotServing, b.Leaving)
            && a.Problems.SequenceEqual(b.Problems);

    private JsonObject Write(JsonObject delivery, DeclaredState? declared, State state)
    {
        if (declared is null && delivery["status"]?["record"] is null) return delivery;
        if (delivery["status"] is not JsonObject status) delivery["status"] = status = [];
        var (generation, now) = (delivery.GenerationOf(), clock.GetUtcNow());
        if (declared is null || declared.Leaving is not null)
        {
            Conditions.Set(
                status, Accepted, false, Conditions.NotDeclared,
                declared?.Leaving ?? "nothing declares this service now: its split stays as it is, and nobody watches it", generation, now);
            Shown.Standing(status, generation, now);
            return delivery;
        }

        var isValid = declared.Problems.IsEmpty;
        Conditions.Set(
            status, Accepted, isValid, isValid ? "Valid" : "Invalid",
            isValid ? $"{declared.Origin} is in force" : string.Join('\n', declared.Problems), generation, now);
        if (declared.NotServing is { } wrong) Conditions.Set(status, Serving, false, wrong.Reason, wrong.Text, generation, now);
        else if (declared.IsServed) Conditions.Set(status, Serving, true, "Serving", "", generation, now);
        if (state.Weight is not null && status["weight"] is not null) status["weight"] = state.Weight;
        if (state.Rejected is { } rejected)
            Conditions.Set(status, Rejected, !rejected.IsWithdrawn, rejected.Reason, rejected.Text, generation, now);
        else if (state.IsActive) Conditions.Remove(status, Rejected);
        Shown.Standing(status, generation, now);
        // An edit counts as read once a pass has looked at it: a tool that waits for it waits no longer than that.
        if (state.Generation > (Members.Number(status, "observedGeneration") ?? 0)) status["observedGeneration"] = state.Generation;
        // What changes from look to look is reported as it began: the condition is not written each time.
        if (!state.IsActive) Conditions.Remove(status, Measured);
        else if (state.Measuring is null || !Conditions.Is(status, Measured, false)) Conditions.Set(
            status, Measured, state.Measuring is null, state.Measuring is null ? "Measured" : "Unmeasured", state.Measuring ?? "",
            generation, now);
        if (state.Confirming is null) Conditions.Remove(status, Confirmed);
        else if (!Conditions.Is(status, Confirmed, false))
            Conditions.Set(status, Confirmed, false, "Unconfirmed", state.Confirming, generation, now);
        if (!state.IsRouted && state.Route is null) return delivery;
        var (drift, lost) = (state.Drift, state.Drift is { Found: null } ? state.Drift.Text : null);
        Conditions.Set(
            status, RouteResolved, (lost ?? state.Route) is null,
            lost is not null ? "Changed" : state.Route is not null ? "Unresolved" : "Resolved", lost ?? state.Route ?? "", generation, now);
        Conditions.Set(
            status, Drifted, drift is not null, drift is null ? "AsWritten" : ReasonOf(drift.Answer), drift?.Text ?? "", generation, now);
        return delivery;
    }

    /// <summary>Once a rollback, whoever is the leader: the condition is what remembers it.</summary>
    private void TellOfGit(KubeName delivery, JsonObject before, JsonObject now)
    {
        if (Said(now) is not (RejectedVersion.InGit, { } text) || Said(before) == (RejectedVersion.InGit, text)) return;
        foreach (var kind in (ReadOnlySpan<KubeKind>)[KubeKind.Service, KubeKind.Delivery])
        {
            if (cluster.View.Get(new KubeName(kind, delivery.Namespace, delivery.Name)) is { } about)
                recorder.Record(
                    new ObjectEvent(DeclaringObjects.OriginOf(kind, about), IsWarning: true, RejectedVersion.InGit, "Reject", text));
        }

        static (string? Reason, string? Text) Said(JsonObject of) =>
            of.ListAt("status", "conditions").FirstOrDefault(c => c.TextAt("type") == Rejected) is { } said
                ? (said.TextAt("reason"), said.TextAt("message"))
                : default;
    }

    private static string ReasonOf(DriftAnswer answer) => answer switch
    {
        DriftAnswer.Correct => "Corrected",
        DriftAnswer.Pause => "Paused",
        DriftAnswer.Adopt => "Adopted",
        DriftAnswer.Abort => "TakenAsAbort",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <param name="Weight">The candidate's share, for the column; null where it is not known.</param>
    /// <param name="IsRouted">The router has spoken.</param>
    /// <param name="Route">Why it cannot be routed; null when it can.</param>
    /// <param name="IsActive">A rollout is under way.</param>
    /// <param name="Measuring">Why it cannot be measured; null when it can.</param>
    /// <param name="Confirming">What a split waits for that is long not confirmed; null when none is.</param>
    private readonly record struct State(
        string? Weight, bool IsRouted, Drift? Drift, string? Route, bool IsActive, string? Measuring, string? Confirming)
    {
        /// <summary>Null where the newest rollout was not taken back.</summary>
        public RejectedVersion? Rejected { get; init; }

        /// <summary>The generation of the object as it was looked at.</summary>
        public long Generation { get; init; }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Writing conditions failed; it is retried")]
    private static partial void Failed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The conditions of {Name} could not be written: {Why}")]
    private static partial void NotWritten(ILogger log, KubeName name, string why);
}
