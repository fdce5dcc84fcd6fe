using Microsoft.Extensions.Logging;
using TrafficCtl.Kubernetes.Client;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>Which API server a cluster is, by the uid of its namespace <c>kube-system</c>, where the process drives several.</summary>
/// <remarks>
/// Two contexts may lead to one API server by different addresses, users and namespaces: then two targets would write to the same routes.
/// Where the right to read the namespace is missing, the clusters are taken for different ones: the Lease still lets one of them write
/// where both ask for the same.
/// </remarks>
internal sealed partial class ClusterIdentity(
    KubeClient kube, string name, ClusterClaims claims, TimeProvider clock, ILogger<ClusterIdentity> log)
{
    private static readonly KubeName System = new(
        new KubeKind("", "v1", "namespaces", "Namespace", IsNamespaced: false), null, "kube-system");
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    /// <summary>The cluster that this one really is; null when it is none of the others, or that is not known yet.</summary>
    public string? SameAs { get; private set; }

    /// <summary>Returns when it is surely none of the others. That may be never.</summary>
    public async Task ClaimAsync(CancellationToken stop)
    {
        while (!claims.IsAlone && !await TryAsync(stop)) await Task.Delay(Again, clock, stop);
    }

    private async Task<bool> TryAsync(CancellationToken stop)
    {
        try
        {
            var uid = (await kube.GetAsync(System, stop))?.TextAt("metadata", "uid");
            await claims.EarlierAskedAsync(name, stop);
            if (uid is null) LogUnknown(log, "it has no namespace kube-system");
            else if (claims.Claim(uid, name) is var owner && owner != name)
            {
                if (SameAs is null) LogSame(log, owner);
                SameAs = owner;
                return false;
            }

            SameAs = null;
            return true;
        }
        catch (KubeException fault) when (fault.IsForbidden)
        {
            LogUnknown(log, fault.Message);
            return true;
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // The informers say why it does not answer.
            return false;
        }
        finally
        {
            claims.Asked(name);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "This is the same API server as that of the cluster {Other}: nothing is driven here")]
    private static partial void LogSame(ILogger log, string other);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether this is another cluster's API server is not known: {Why}")]
    private static partial void LogUnknown(ILogger log, string why);
}
