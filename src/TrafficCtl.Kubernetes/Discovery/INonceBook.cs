using System.Collections.Immutable;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>The wishes of the cluster's objects that were handled already, durably: each nonce counts once.</summary>
public interface INonceBook
{
    /// <summary>The last handled nonce by place, such as <c>Service/pause</c>; empty for a service never seen.</summary>
    /// <exception cref="KubeException">It cannot be read now.</exception>
    ValueTask<ImmutableSortedDictionary<string, string>> ReadAsync(string service, CancellationToken stop);

    /// <summary>Replaces what is known of a service.</summary>
    /// <exception cref="KubeException">Nothing was saved.</exception>
    ValueTask WriteAsync(string service, ImmutableSortedDictionary<string, string> handled, CancellationToken stop);
}
