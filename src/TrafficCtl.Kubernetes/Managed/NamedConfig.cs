using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>Whether a Deployment names a ConfigMap or a Secret.</summary>
internal static class NamedConfig
{
    /// <summary>Whether it is named, by what the server knows now: a Deployment that was written a moment ago counts too.</summary>
    /// <exception cref="KubeException">Not known.</exception>
    public static async ValueTask<bool> IsNamedAsync(IKube kube, KubeName config, CancellationToken stop)
    {
        if (config.Kind != KubeKind.ConfigMap && config.Kind != KubeKind.Secret) return false;
        var all = await kube.ListAsync(KubeKind.Deployment, config.Namespace, null, stop);
        return all.Items.SelectMany(ConfigReferences.In).Any(r => r.Kind == config.Kind && r.Name == config.Name);
    }
}
