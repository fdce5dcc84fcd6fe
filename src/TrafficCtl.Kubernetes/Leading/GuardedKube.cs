using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Kubernetes.Leading;

/// <summary>
/// A client that sends a write only if this process will certainly still lead when the write times out. Reads are not restricted.
/// </summary>
/// <param name="kube">The cluster.</param>
/// <param name="leadership">Asked before each write.</param>
/// <param name="most">Timeout of a write. After a timeout it is unknown whether the write was done.</param>
/// <param name="clock">Measures the timeout.</param>
public sealed class GuardedKube(IKube kube, ILeadership leadership, TimeSpan most, TimeProvider clock) : IKube
{
    public ValueTask<JsonObject?> GetAsync(KubeName name, CancellationToken stop) => kube.GetAsync(name, stop);

    public ValueTask<KubeList> ListAsync(KubeKind kind, string? @in, string? labels, CancellationToken stop) =>
        kube.ListAsync(kind, @in, labels, stop);

    public IAsyncEnumerable<KubeChange> WatchAsync(
        KubeKind kind, string? @in, string? labels, string resourceVersion, CancellationToken stop) =>
        kube.WatchAsync(kind, @in, labels, resourceVersion, stop);

    public ValueTask<KubeKind?> FindAsync(
        string group, string plural, string kind, ImmutableArray<string> versions, CancellationToken stop) =>
        kube.FindAsync(group, plural, kind, versions, stop);

    public ValueTask<JsonObject> CreateAsync(KubeKind kind, string? @in, JsonObject what, CancellationToken stop) =>
        WriteAsync($"create {kind} in {@in}", token => kube.CreateAsync(kind, @in, what, token), stop);

    public ValueTask<JsonObject> ReplaceAsync(KubeName name, JsonObject what, string? subresource, CancellationToken stop) =>
        WriteAsync($"update {name}", token => kube.ReplaceAsync(name, what, subresource, token), stop);

    public ValueTask<JsonObject> PatchAsync(KubeName name, KubePatch patch, string? subresource, CancellationToken stop) =>
        WriteAsync($"patch {name}", token => kube.PatchAsync(name, patch, subresource, token), stop);

    public ValueTask<bool> DeleteAsync(KubeName name, KubeDelete how, CancellationToken stop) =>
        WriteAsync($"delete {name}", token => kube.DeleteAsync(name, how, token), stop);

    private async ValueTask<T> WriteAsync<T>(string what, Func<CancellationToken, ValueTask<T>> write, CancellationToken stop)
    {
        using var time = new CancellationTokenSource(most, clock); // Before Holds is asked: a pause of the process after it counts.
        if (!leadership.Holds(most))
            throw new KubeException(
                $"{what}: not sent, this process is not surely the leader for another {DurationText.Of(most)}; the leader does it", null,
                KubeException.NotLeading);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        try
        {
            return await write(either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new KubeException(
                $"{what}: no answer within {DurationText.Of(most)}; it is read again before another try", null, "Timeout");
        }
    }
}
