using System.Net.Http.Headers;
using TrafficCtl.Kubernetes.Access;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>A token by which a server tells one controller's calls from another's.</summary>
internal sealed class NamedCredentials(string token) : IKubeCredentials
{
    public ValueTask<KubeCredential> GetAsync(CancellationToken stop) =>
        ValueTask.FromResult(new KubeCredential(new AuthenticationHeaderValue("Bearer", token)));

    public void Refuse(KubeCredential credential)
    {
        // It has no other.
    }
}
