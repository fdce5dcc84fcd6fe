using System.Globalization;

namespace TrafficCtl.Kubernetes.Access;

/// <summary>The cluster that this process runs in, as its service account.</summary>
public static class InCluster
{
    /// <summary>Null when this is no pod.</summary>
    /// <exception cref="KubeAccessException">It is one, and its service account cannot be read.</exception>
    public static KubeAccess? Find(KubeSurroundings around, TimeProvider clock)
    {
        var (host, port) = (around.Variable("KUBERNETES_SERVICE_HOST"), around.Variable("KUBERNETES_SERVICE_PORT"));
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port)) return null;
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new KubeAccessException($"in-cluster: KUBERNETES_SERVICE_PORT is '{port}', which is no port.");
        var name = host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host;
        var token = Path.Combine(around.ServiceAccount, "token");
        if (!File.Exists(token))
            throw new KubeAccessException(
                $"in-cluster: {token} does not exist: the pod needs a service account, and automountServiceAccountToken: true.");
        var space = Path.Combine(around.ServiceAccount, "namespace");
        return new KubeAccess
        {
            Server = new Uri($"https://{name}:{number}"),
            From = "in-cluster",
            Credentials = new TokenFile(token, clock),
            Authorities = new AuthorityFile(Path.Combine(around.ServiceAccount, "ca.crt"), clock, "in-cluster"),
            Namespace = File.Exists(space) ? File.ReadAllText(space).Trim() : null,
        };
    }
}
