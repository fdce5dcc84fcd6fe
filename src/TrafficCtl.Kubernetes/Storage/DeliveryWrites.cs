using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>
/// Reads and writes the Delivery objects: compare and swap by resourceVersion, so that no two writers lose each other's word.
/// </summary>
internal sealed partial class DeliveryWrites(IKube kube, TimeProvider clock, ILogger log)
{
    private const int MostTries = 8;

    /// <summary>What the server says now.</summary>
    /// <exception cref="StoreUnavailableException">It is damaged.</exception>
    public async ValueTask ReadAsync(HeldDelivery held, Primed primed, CancellationToken stop)
    {
        var (isKnown, found) = held.WasRead ? default : await primed.DeliveryAsync(held.Name, stop);
        Take(held, isKnown ? found : await kube.GetAsync(held.Name, stop));
    }

    /// <summary>Saves what becomes of the state, however often somebody else is first.</summary>
    /// <param name="held">Its gate is held, and it was read.</param>
    /// <param name="change">Made anew of each newer state; what it throws ends it, and nothing is saved.</param>
    /// <param name="term">The decider's; null for what is no decision.</param>
    /// <param name="shownAs">The name of the newest Rollout object; null leaves it.</param>
    /// <param name="stop">Ends it.</param>
    public async ValueTask ChangeAsync(
        HeldDelivery held, Func<DeliveryState, DeliveryState> change, LeaderTerm? term, string? shownAs, CancellationToken stop)
    {
        for (var tries = 1; ; tries++)
        {
            var state = held.State!;
            Check(held, state, term);
            var next = change(state);
            held.Doubt();
            try
            {
                var target = held.Object ?? await CreateAsync(held, stop);
                var wanted = DeliveryJson.Write(
                    target, next,
                    status => Shown.Delivery(status, next, shownAs ?? status.Text("rollout"), target.Generation(), clock.GetUtcNow()));
                held.Take(await kube.ReplaceAsync(held.Name, wanted, "status", stop), next);
                return;
            }
            catch (KubeException fault) when (fault.Code is HttpStatusCode.Conflict or HttpStatusCode.NotFound && tries < MostTries)
            {
                Take(held, await kube.GetAsync(held.Name, stop));
            }
        }
    }

    private static void Check(HeldDelivery held, DeliveryState state, LeaderTerm? term)
    {
        if (held.Object is { } found && DeliveryJson.EnvironmentOf(found) is { } environment && environment != held.Key.Environment)
            throw KubeFaults.OtherEnvironment(held.Name, held.Key, environment);
        if (term is { } own && state.Term > own) throw KubeFaults.OlderTerm(held.Name, state.Term, own);
    }

    private void Take(HeldDelivery held, JsonObject? found)
    {
        try
        {
            var state = found is null ? new DeliveryState(held.Key) : DeliveryJson.Read(found, held.Key);
            if (held.Last is { } last && (found is null || DeliveryJson.EnvironmentOf(found) is null))
            {
                Lost(log, held.Name.ToString(), last.State.Generation);
                state = last.State with { Wishes = [.. last.State.Wishes.Union(state.Wishes)] };
            }

            held.Take(found, state);
        }
        catch (FormatException damage)
        {
            held.Doubt();
            throw KubeFaults.Damaged(held.Name, held.Key, damage);
        }
    }

    private async ValueTask<JsonObject> CreateAsync(HeldDelivery held, CancellationToken stop)
    {
        var lost = held.Last?.Object;
        if (lost is not null && !DeliveryJson.IsOurs(lost)) throw KubeFaults.Deleted(held.Name, held.Key);
        return await kube.CreateAsync(
            KubeKind.Delivery, held.Name.Namespace, lost is null ? DeliveryJson.New(held.Name) : DeliveryJson.Anew(lost), stop);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} was deleted or emptied under the controller: generation {Generation} of "
        + "its state goes on from memory and is written with the next decision")]
    private static partial void Lost(ILogger log, string name, long generation);
}
