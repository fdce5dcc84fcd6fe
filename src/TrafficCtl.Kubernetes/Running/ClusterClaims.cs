using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>Which of a process' clusters has which API server: the first that is named keeps one that two of them lead to.</summary>
/// <param name="names">The names of the clusters, in their order.</param>
internal sealed class ClusterClaims(ImmutableArray<string> names)
{
    private readonly ConcurrentDictionary<string, string> owners = new(StringComparer.Ordinal);
    private readonly ImmutableDictionary<string, TaskCompletionSource> asked =
        names.ToImmutableDictionary(
            static n => n, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>There is no other cluster that it could be.</summary>
    public bool IsAlone => names.Length == 1;

    /// <summary>The cluster was asked once who it is, and either claimed what it is or did not answer.</summary>
    public void Asked(string name) => asked[name].TrySetResult();

    /// <summary>Each of those before it was asked once.</summary>
    public Task EarlierAskedAsync(string name, CancellationToken stop) =>
        Task.WhenAll(names.TakeWhile(n => n != name).Select(n => asked[n].Task)).WaitAsync(stop);

    /// <returns>The cluster that has this API server: the one that claims it, or another one.</returns>
    public string Claim(string uid, string name) => owners.GetOrAdd(uid, name);
}
