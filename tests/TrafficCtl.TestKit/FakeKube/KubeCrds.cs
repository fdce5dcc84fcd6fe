using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>What a CustomResourceDefinition does to the server.</summary>
internal sealed class KubeCrds(KubeObjects objects, TimeProvider clock)
{
    public static bool IsCrd(KubeResource resource) => resource is { Group: "apiextensions.k8s.io", Plural: "customresourcedefinitions" };

    /// <summary>Serves its versions (others of it no more) and says so in its status.</summary>
    public JsonObject Establish(JsonObject crd)
    {
        var spec = crd["spec"]?.AsObject() ?? throw KubeRefusal.BadRequest("a CustomResourceDefinition has a spec");
        var names = spec["names"]!;
        var (group, plural) = (spec["group"]!.GetValue<string>(), names["plural"]!.GetValue<string>());
        var resource = objects.Find(group, plural);
        if (resource is null)
        {
            resource = new KubeResource(group, plural, names["kind"]!.GetValue<string>(), spec["scope"]!.GetValue<string>() == "Namespaced")
            {
                ShortNames = names["shortNames"]?.DeepClone().AsArray() ?? [],
            };
            objects.Add(resource);
        }

        resource.Versions.Clear();
        resource.Versions.AddRange(spec["versions"]!.AsArray()
            .Where(v => v!["served"]!.GetValue<bool>())
            .OrderByDescending(v => Rank(v!["name"]!.GetValue<string>()))
            .Select(v => new KubeVersion(
                v!["name"]!.GetValue<string>(), v["schema"]?["openAPIV3Schema"]?.DeepClone().AsObject(),
                v["subresources"]?["status"] is not null,
                v["additionalPrinterColumns"]?.DeepClone().AsArray())));
        return crd["status"]?["conditions"] is null ? MarkEstablished(crd) : crd;
    }

    public void Forget(JsonObject crd) =>
        objects.Remove(crd["spec"]!["group"]!.GetValue<string>(), crd["spec"]!["names"]!["plural"]!.GetValue<string>());

    private JsonObject MarkEstablished(JsonObject crd)
    {
        var next = crd.DeepClone().AsObject();
        var at = KubeTime.Text(clock.GetUtcNow());
        next["status"] = new JsonObject
        {
            ["acceptedNames"] = crd["spec"]!["names"]!.DeepClone(),
            ["conditions"] = new JsonArray([.. new[] { "NamesAccepted", "Established" }.Select(type => new JsonObject
            {
                ["type"] = type, ["status"] = "True", ["lastTransitionTime"] = at, ["reason"] = type, ["message"] = "",
            })]),
        };
        var name = crd["metadata"]!["name"]!.GetValue<string>();
        return objects.Commit(
            objects.Find("apiextensions.k8s.io", "customresourcedefinitions")!, KubeResource.Key(null, name), crd, next, gone: false);
    }

    /// <summary>v2 before v1 before v1beta1 before v1alpha2; anything else last.</summary>
    private static long Rank(string version)
    {
        var match = System.Text.RegularExpressions.Regex.Match(
            version, @"^v(?<major>\d+)((?<stage>alpha|beta)(?<minor>\d+))?\z", System.Text.RegularExpressions.RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(1));
        if (!match.Success) return -1;
        var stage = match.Groups["stage"].Value switch { "alpha" => 0, "beta" => 1, _ => 2 };
        var minor = match.Groups["minor"].Success ? long.Parse(match.Groups["minor"].Value) : 0;
        return (stage * 1_000_000L * 1_000_000) + (long.Parse(match.Groups["major"].Value) * 1_000_000) + minor;
    }
}
