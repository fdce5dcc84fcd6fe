using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Discovery;

/// <param name="Kind">ConfigMap or Secret.</param>
/// <param name="Name">As the template names it.</param>
/// <param name="IsOptional">A pod starts without it, too.</param>
internal readonly record struct ConfigReference(KubeKind Kind, string Name, bool IsOptional);

/// <summary>The places of a pod template that name a ConfigMap or a Secret.</summary>
internal static class ConfigReferences
{
    /// <summary>All of them, each as often as it is named.</summary>
    public static IEnumerable<ConfigReference> Of(JsonObject template)
    {
        var all = new List<ConfigReference>();
        Visit(template, reference =>
        {
            all.Add(reference);
            return reference.Name;
        });
        return all;
    }

    /// <summary>The same of a Deployment.</summary>
    public static IEnumerable<ConfigReference> In(JsonObject deployment) => Of(deployment.MapAt("spec", "template") ?? []);

    /// <summary>Visits each name; a different answer takes its place.</summary>
    /// <param name="template">The template of the pods: its <c>spec</c> is changed when an answer differs.</param>
    /// <param name="name">What is to stand there.</param>
    public static void Visit(JsonObject template, Func<ConfigReference, string> name)
    {
        if (template.MapAt("spec") is not { } spec) return;
        foreach (var volume in spec.ListAt("volumes"))
        {
            Rename(volume.MapAt("configMap"), "name", KubeKind.ConfigMap, name);
            Rename(volume.MapAt("secret"), "secretName", KubeKind.Secret, name);
            foreach (var source in volume.ListAt("projected", "sources"))
            {
                Rename(source.MapAt("configMap"), "name", KubeKind.ConfigMap, name);
                Rename(source.MapAt("secret"), "name", KubeKind.Secret, name);
            }
        }

        foreach (var container in spec.ListAt("initContainers").Concat(spec.ListAt("containers")))
        {
            foreach (var source in container.ListAt("envFrom"))
            {
                Rename(source.MapAt("configMapRef"), "name", KubeKind.ConfigMap, name);
                Rename(source.MapAt("secretRef"), "name", KubeKind.Secret, name);
            }

            foreach (var variable in container.ListAt("env"))
            {
                Rename(variable.MapAt("valueFrom", "configMapKeyRef"), "name", KubeKind.ConfigMap, name);
                Rename(variable.MapAt("valueFrom", "secretKeyRef"), "name", KubeKind.Secret, name);
            }
        }
    }

    private static void Rename(JsonObject? reference, string field, KubeKind kind, Func<ConfigReference, string> name)
    {
        if (reference?.TextAt(field) is not { Length: > 0 } now) return;
        var then = name(new ConfigReference(
            kind, now, reference["optional"] is JsonValue optional && optional.TryGetValue(out bool isOptional) && isOptional));
        if (then != now) reference[field] = then;
    }
}
