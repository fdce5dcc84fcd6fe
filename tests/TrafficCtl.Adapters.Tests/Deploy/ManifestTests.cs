using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Adapters.Tests.Deploy.Rendering;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Deploy;

/// <summary>What is applied to a cluster: overlays and chart say the same, and pods are as restricted as they can be.</summary>
public sealed class ManifestTests
{
    private static readonly string[] Overlays = ["controller", "controller-namespaced", "gateway", "sidecar"];

    public static TheoryData<string> EachOverlay => [.. Overlays];

    [Fact]
    public void The_chart_makes_the_objects_of_the_controller_overlay()
    {
        var overlay = Overlay("controller");
        Same(overlay.Where(o => Kind(o) != "Namespace"), Chart("trafficctl-system").Where(o => !IsHook(o)));
    }

    [Fact]
    public void The_chart_for_chosen_namespaces_makes_the_objects_of_the_namespaced_overlay()
    {
        var overlay = Overlay("controller-namespaced").Select(o => JsonNode.Parse(o.ToJsonString().Replace("$(POD_NAMESPACE)", "shop", StringComparison.Ordinal))!.AsObject());
        Same(overlay, Chart("shop", new JsonObject { ["namespaces"] = new JsonArray("shop"), ["crds"] = false, ["people"] = false }).Where(o => !IsHook(o)));
    }

    [Theory]
    [InlineData("managed-mode", "managedMode")]
    [InlineData("secrets", "secrets")]
    [InlineData("managed-secrets", "managedMode", "secrets")]
    public void What_is_opted_in_is_the_same_in_both(string folder, params string[] values)
    {
        var added = Chart("trafficctl-system", new JsonObject(values.Select(v => KeyValuePair.Create(v, (JsonNode?)true)))).Where(o => Name(o) == $"trafficctl-{folder}").ToArray();
        var roles = Kustomize.Build(DeployFiles.Path($"rbac/cluster/{folder}"));
        foreach (var subject in roles.SelectMany(r => r["subjects"]?.AsArray() ?? [])) subject!["namespace"] = "trafficctl-system";
        Same(roles, added);
    }

    [Fact]
    public void Every_value_of_the_chart_is_used_and_shows()
    {
        var chart = Chart("x", new JsonObject
        {
            ["image"] = new JsonObject { ["repository"] = "reg/tc", ["tag"] = "9", ["pullPolicy"] = "Always" },
            ["replicas"] = 3,
            ["prometheus"] = "http://p",
            ["alertmanager"] = "http://a",
            ["namespaces"] = new JsonArray("a", "b"),
            ["extraArgs"] = new JsonArray("--scrape-interval=30s"),
            ["nodeSelector"] = new JsonObject { ["disk"] = "ssd" },
            ["tolerations"] = new JsonArray(new JsonObject { ["key"] = "k", ["operator"] = "Exists" }),
            ["affinity"] = new JsonObject { ["nodeAffinity"] = new JsonObject { ["x"] = new JsonArray(1, 2) } },
            ["imagePullSecrets"] = new JsonArray(new JsonObject { ["name"] = "pull" }),
            ["networkPolicy"] = false,
            ["managedMode"] = true,
            ["secrets"] = true,
            ["people"] = false,
            ["crds"] = false,
        });
        var pod = chart.Single(o => Kind(o) == "Deployment")["spec"]!["template"]!["spec"]!;
        Assert.Equal(
            ["controller", "--prometheus=http://p", "--probes=0.0.0.0:9181", "--alertmanager=http://a", "--watch-secrets", "--watch-namespace=a", "--watch-namespace=b", "--scrape-interval=30s"],
            pod["containers"]![0]!["args"]!.AsArray().Select(a => a!.GetValue<string>()));
        Assert.Equal("reg/tc:9", pod["containers"]![0]!["image"]!.GetValue<string>());
        Assert.Equal("""[{"key":"k","operator":"Exists"}]""", pod["tolerations"]!.ToJsonString());
        Assert.Equal("""{"nodeAffinity":{"x":[1,2]}}""", pod["affinity"]!.ToJsonString());
        Assert.Equal("""{"disk":"ssd"}""", pod["nodeSelector"]!.ToJsonString());
        Assert.Equal("""[{"name":"pull"}]""", pod["imagePullSecrets"]!.ToJsonString());
        Assert.Equal(4 * 2 + 1, chart.Count(o => Kind(o) == "Role"));
        Assert.DoesNotContain(chart, o => Kind(o) is "NetworkPolicy" or "ClusterRole" or "CustomResourceDefinition");

        var used = string.Concat(Directory.GetFiles(DeployFiles.Path("helm/trafficctl/templates")).Select(File.ReadAllText));
        foreach (var (key, _) in YamlJson.One(DeployFiles.Text("helm/trafficctl/values.yaml"))) Assert.Contains($".Values.{key}", used, StringComparison.Ordinal);
    }

    [Fact]
    public void Routes_are_restored_before_the_chart_is_removed_and_by_the_same_Job_without_a_chart()
    {
        var hook = Chart("trafficctl-system").Single(IsHook);
        Assert.Equal("pre-delete", hook["metadata"]!["annotations"]!["helm.sh/hook"]!.GetValue<string>());
        // A Job that failed stays, for its log.
        Assert.DoesNotContain("failed", hook["metadata"]!["annotations"]!["helm.sh/hook-delete-policy"]!.GetValue<string>(), StringComparison.Ordinal);
        hook["metadata"]!.AsObject().Remove("annotations");
        Same(Kustomize.Build(DeployFiles.Path("uninstall")), [hook]);

        var pod = hook["spec"]!["template"]!["spec"]!;
        Assert.Equal(["uninstall", "--restore", "--timeout=4m"], pod["containers"]![0]!["args"]!.AsArray().Select(a => a!.GetValue<string>()));
        Assert.Equal(Overlay("controller").Single(o => Kind(o) == "ServiceAccount")["metadata"]!["name"]!.GetValue<string>(), pod["serviceAccountName"]!.GetValue<string>());
        Assert.True(pod["securityContext"]!["runAsNonRoot"]!.GetValue<bool>());
        Assert.Equal("""["ALL"]""", pod["containers"]![0]!["securityContext"]!["capabilities"]!["drop"]!.ToJsonString());
        // Neither the controller's Service nor its Deployment takes this pod for one of its own.
        Assert.All(
            Overlay("controller").Select(o => o["spec"]?["selector"]?["matchLabels"] ?? (Kind(o) == "Service" ? o["spec"]!["selector"] : null)).OfType<JsonObject>(),
            s => Assert.False(JsonNode.DeepEquals(s["app.kubernetes.io/component"], hook["spec"]!["template"]!["metadata"]!["labels"]!["app.kubernetes.io/component"])));

        Assert.DoesNotContain(Chart("x", new JsonObject { ["uninstall"] = new JsonObject { ["restore"] = false } }), IsHook);
        var some = Chart("x", new JsonObject { ["namespaces"] = new JsonArray("a"), ["uninstall"] = new JsonObject { ["extraArgs"] = new JsonArray("--consul=http://c") } }).Single(IsHook);
        Assert.Equal(
            ["--watch-namespace=a", "--consul=http://c"],
            some["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray().Select(a => a!.GetValue<string>()).Skip(3));
    }

    [Fact]
    public void Definitions_outlive_the_chart()
    {
        var crds = Chart("x").Where(o => Kind(o) == "CustomResourceDefinition").ToArray();
        Assert.Equal(2, crds.Length);
        Assert.All(crds, c => Assert.Equal("keep", c["metadata"]!["annotations"]!["helm.sh/resource-policy"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("{{ with .Values.image }}x{{ end }}")]
    [InlineData("{{ .Values.image.tag | upper }}")]
    [InlineData("{{ .Values.nothing }}")]
    [InlineData("{{ include \"nothing\" . }}")]
    [InlineData("{{ if .Values.crds }}")]
    [InlineData("{{ .Values.resources }}")]
    public void The_renderer_of_these_tests_refuses_what_it_does_not_know(string template)
    {
        using var chart = new Storage.TemporaryDirectory();
        Directory.CreateDirectory(chart.File("templates"));
        File.Copy(DeployFiles.Path("helm/trafficctl/values.yaml"), chart.File("values.yaml"));
        File.WriteAllText(chart.File("templates/a.yaml"), template);
        Assert.ThrowsAny<Exception>(() => Helm.Render(chart.Path, "x", "y"));
    }

    [Theory]
    [MemberData(nameof(EachOverlay))]
    public async Task Kubectl_builds_the_same_of_an_overlay(string overlay)
    {
        if (Tool.Find("kubectl") is not { } kubectl) Assert.Skip("no kubectl here");
        else if (!await HasResourcesAsync(kubectl)) Assert.Skip("this kubectl's kustomize is older than 2.1 and takes no folders as resources");
        else Same(YamlJson.All(await Tool.RunAsync(kubectl, "kustomize", DeployFiles.Path($"overlays/{overlay}"))).Select(o => o.AsObject()), Overlay(overlay));
    }

    [Theory]
    [MemberData(nameof(EachOverlay))]
    public void Pods_run_without_root_rights_or_a_writable_image(string overlay)
    {
        var pods = Overlay(overlay).Where(o => Kind(o) is "Deployment" or "StatefulSet").Select(o => o["spec"]!["template"]!["spec"]!.AsObject()).ToArray();
        Assert.NotEmpty(pods);
        foreach (var pod in pods)
        {
            Assert.True(pod["securityContext"]!["runAsNonRoot"]!.GetValue<bool>());
            Assert.Equal("RuntimeDefault", pod["securityContext"]!["seccompProfile"]!["type"]!.GetValue<string>());
            foreach (var container in pod["containers"]!.AsArray().Concat(pod["initContainers"]?.AsArray() ?? []))
            {
                var context = container!["securityContext"]!;
                Assert.False(context["allowPrivilegeEscalation"]!.GetValue<bool>());
                Assert.True(context["readOnlyRootFilesystem"]!.GetValue<bool>());
                Assert.Equal("""["ALL"]""", context["capabilities"]!["drop"]!.ToJsonString());
                if (!container["image"]!.GetValue<string>().StartsWith("trafficctl:", StringComparison.Ordinal)) continue;
                Assert.Contains(container["volumeMounts"]!.AsArray(), m => m!["mountPath"]!.GetValue<string>() == "/tmp");
                Assert.Null(container["resources"]!["limits"]!["cpu"]);
                Assert.NotNull(container["resources"]!["limits"]!["memory"]);
                Assert.NotNull(container["startupProbe"]);
                foreach (var mount in container["volumeMounts"]!.AsArray().Select(m => m!["name"]!.GetValue<string>()))
                    Assert.Contains(mount, Volumes(pod, overlay));
            }
        }
    }

    [Fact]
    public void Only_the_controller_mounts_a_token()
    {
        var controller = Overlay("controller");
        Assert.False(controller.Single(o => Kind(o) == "ServiceAccount")["automountServiceAccountToken"]!.GetValue<bool>());
        Assert.True(controller.Single(o => Kind(o) == "Deployment")["spec"]!["template"]!["spec"]!["automountServiceAccountToken"]!.GetValue<bool>());
        Assert.False(Overlay("gateway").Single(o => Kind(o) == "StatefulSet")["spec"]!["template"]!["spec"]!["automountServiceAccountToken"]!.GetValue<bool>());
    }

    [Fact]
    public void A_drain_of_a_node_takes_one_replica_at_a_time_and_never_waits_for_ever()
    {
        var spec = Overlay("controller").Single(o => Kind(o) == "PodDisruptionBudget")["spec"]!;
        Assert.Equal("1", spec["maxUnavailable"]!.ToJsonString());
        Assert.Null(spec["minAvailable"]);
    }

    [Fact]
    public void Selectors_find_the_pods_and_ports_have_names_that_exist()
    {
        foreach (var overlay in (string[])["controller", "gateway"])
        {
            var objects = Overlay(overlay);
            var pod = objects.Single(o => Kind(o) is "Deployment" or "StatefulSet")["spec"]!["template"]!;
            var labels = pod["metadata"]!["labels"]!.AsObject();
            foreach (var selector in objects.SelectMany(o => (JsonNode?[])[o["spec"]?["selector"]?["matchLabels"] ?? (Kind(o) == "Service" ? o["spec"]!["selector"] : null), o["spec"]?["podSelector"]?["matchLabels"]]).OfType<JsonObject>())
                Assert.All(selector, s => Assert.True(JsonNode.DeepEquals(s.Value, labels[s.Key]), $"{overlay}: {s.Key}"));
            var ports = pod["spec"]!["containers"]![0]!["ports"]!.AsArray().Select(p => p!["name"]!.GetValue<string>()).ToArray();
            Assert.All(objects.Single(o => Kind(o) == "Service")["spec"]!["ports"]!.AsArray(), p => Assert.Contains(p!["targetPort"]!.GetValue<string>(), ports));
        }
    }

    [Fact]
    public void The_image_is_built_in_stages_without_a_shell_for_the_user_that_the_pods_name()
    {
        var lines = DeployFiles.Text("Dockerfile").Split('\n');
        var stages = lines.Where(l => l.StartsWith("FROM ", StringComparison.Ordinal)).ToArray();
        Assert.True(stages.Length >= 2);
        Assert.Matches("aspnet:.*chiseled", stages[^1]);
        var user = lines.Single(l => l.StartsWith("USER ", StringComparison.Ordinal))[5..].Trim();
        Assert.Matches(new Regex("^[1-9][0-9]*$", RegexOptions.None, TimeSpan.FromSeconds(1)), user);
        Assert.Equal(user, Overlay("controller").Single(o => Kind(o) == "Deployment")["spec"]!["template"]!["spec"]!["securityContext"]!["runAsUser"]!.ToJsonString());
        Assert.DoesNotContain(lines, l => l.StartsWith("RUN ", StringComparison.Ordinal) && Array.IndexOf(lines, l) > Array.IndexOf(lines, stages[^1]));
    }

    internal static ImmutableArray<JsonObject> Overlay(string name) => Kustomize.Build(DeployFiles.Path($"overlays/{name}"));

    internal static ImmutableArray<JsonObject> Chart(string space, JsonObject? values = null) => Helm.Render(DeployFiles.Path("helm/trafficctl"), "trafficctl", space, values);

    internal static string Kind(JsonObject what) => what["kind"]!.GetValue<string>();

    /// <summary>Helm makes it at its time, and it is no part of the release.</summary>
    private static bool IsHook(JsonObject what) => what["metadata"]!["annotations"]?["helm.sh/hook"] is not null;

    private static string Name(JsonObject what) => what["metadata"]!["name"]!.GetValue<string>();

    private static IEnumerable<string> Volumes(JsonObject pod, string overlay) =>
        pod["volumes"]!.AsArray().Select(v => v!["name"]!.GetValue<string>()).Concat(overlay == "gateway" ? ["data"] : []);

    private static async Task<bool> HasResourcesAsync(string kubectl)
    {
        var version = JsonNode.Parse(await Tool.RunAsync(kubectl, "version", "--client", "-o", "json"))!["clientVersion"]!;
        return int.Parse(version["minor"]!.GetValue<string>().TrimEnd('+'), System.Globalization.CultureInfo.InvariantCulture) >= 21;
    }

    private static void Same(IEnumerable<JsonObject> expected, IEnumerable<JsonObject> actual)
    {
        var (left, right) = (ById(expected), ById(actual));
        Assert.Equal(left.Keys, right.Keys);
        foreach (var (id, one) in left)
            Assert.True(JsonNode.DeepEquals(one, right[id]), $"{id}:\n{one.ToJsonString()}\n{right[id].ToJsonString()}");
    }

    private static SortedDictionary<string, JsonObject> ById(IEnumerable<JsonObject> objects)
    {
        var result = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var one in objects)
        {
            var copy = one.DeepClone().AsObject();
            if (copy["metadata"]!["annotations"] is JsonObject { Count: 1 } only && only.ContainsKey("helm.sh/resource-policy")) copy["metadata"]!.AsObject().Remove("annotations");
            result.Add($"{Kind(copy)} {copy["metadata"]!["namespace"]}/{Name(copy)}", copy);
        }

        return result;
    }
}
