using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>
/// Keeps the Rollout objects telling what the record says. They are written after it, and any later write makes good for one that failed.
/// </summary>
internal sealed partial class RolloutWrites(IKube kube, KubeStoreSettings settings, TimeProvider clock, ILogger log)
{
    private const int MostTries = 5;

    /// <summary>The rollout that ended last, and the active one with its evidence; a fault is remembered and told.</summary>
    /// <param name="held">Its gate is held.</param>
    /// <param name="evidence">The evidence of the active rollout; null leaves what is there.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The fault; null when all is written.</returns>
    public async ValueTask<KubeException?> ShowAsync(HeldDelivery held, StoredEvidence? evidence, CancellationToken stop)
    {
        if (held is not { Object: not null, State: { Record: { } record } state }) return null;
        try
        {
            // Also an active one of which the process died before it was told: first what was earlier.
            if (state.Ended is { } ended && (held.IsBehind || IsUntold(held, ended, state)))
                await WriteAsync(held, ended, null, stop);
            if (record.Active is { } active) await WriteAsync(held, active, evidence, stop);
            held.IsBehind = false;
            return null;
        }
        catch (KubeException fault)
        {
            if (!held.IsBehind) Behind(log, held.Key.Service, fault.Message);
            held.IsBehind = true;
            return fault;
        }
    }

    private static bool IsUntold(HeldDelivery held, RolloutState ended, DeliveryState state) =>
        held.Rollouts.TryGetValue(ended.Id, out var known)
            ? known.Object("status")?.Number("generation") != ended.Generation
            : state.Facts.Any(f => f.RolloutId == ended.Id);

    /// <summary>The object of a rollout; null when there is none, or it is somebody else's.</summary>
    public async ValueTask<JsonObject?> ReadAsync(HeldDelivery held, string id, int number, CancellationToken stop)
    {
        var found = await kube.GetAsync(ObjectNames.Rollout(held.Key, settings.Home, number), stop);
        return found is not null && RolloutObject.IsOf(found, id) ? found : null;
    }

    /// <summary>Deletes what is kept no longer.</summary>
    public async ValueTask DeleteSurplusAsync(HeldDelivery held, CancellationToken stop)
    {
        while (held.Surplus.TryPeek(out var number))
        {
            var id = RolloutState.IdOf(held.Key, number);
            if (await ReadAsync(held, id, number, stop) is { } old)
                await kube.DeleteAsync(ObjectNames.Rollout(held.Key, settings.Home, number), new KubeDelete(old.Meta("uid")), stop);
            held.Surplus.Dequeue();
        }
    }

    private async ValueTask WriteAsync(HeldDelivery held, RolloutState state, StoredEvidence? evidence, CancellationToken stop)
    {
        var name = ObjectNames.Rollout(held.Key, settings.Home, state.Number);
        var last = held.Rollouts.GetValueOrDefault(state.Id);
        for (var tries = 1; ; tries++)
        {
            var isHeld = tries == 1 && last is not null;
            var found = isHeld ? last : await kube.GetAsync(name, stop);
            if (found is not null && !RolloutObject.IsOf(found, state.Id))
                throw new KubeException($"{name} is not of rollout {state.Id}: somebody made it by hand; delete it", null, "Conflict");
            try
            {
                found ??= await CreateAsync(held, name, state, last, stop);
                var wanted = RolloutObject.With(found, state, held.State!.Facts, evidence, clock.GetUtcNow());
                held.Rollouts[state.Id] = JsonNode.DeepEquals(wanted, found)
                    ? found
                    : await kube.ReplaceAsync(name, wanted, "status", stop);
                return;
            }
            catch (KubeException fault) when (tries < MostTries
                && fault.Code is HttpStatusCode.Conflict or HttpStatusCode.NotFound
                && tries < MostTries)
            {
                // Somebody was first, or deleted it: look again.
            }
            catch (KubeException)
            {
                held.Rollouts.Remove(state.Id);
                throw;
            }
        }
    }

    /// <summary>Anew where it was deleted: with the facts that are remembered.</summary>
    private async ValueTask<JsonObject> CreateAsync(
        HeldDelivery held, KubeName name, RolloutState state, JsonObject? last, CancellationToken stop)
    {
        var made = await kube.CreateAsync(KubeKind.Rollout, name.Namespace, RolloutObject.New(name, state, held.Object!), stop);
        if (last?["status"] is { } status) made["status"] = status.DeepClone();
        var limit = (int)(held.Object!.Object("spec")?.Number("revisionHistoryLimit") ?? settings.History);
        for (var number = state.Number - limit; number > Math.Max(0, state.Number - limit - 3); number--) held.Surplus.Enqueue(number);
        return made;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The Rollout object of {Service} cannot be written ({Why}): the decision is saved "
        + "in its Delivery, and the object is written later")]
    private static partial void Behind(ILogger log, string service, string why);
}
