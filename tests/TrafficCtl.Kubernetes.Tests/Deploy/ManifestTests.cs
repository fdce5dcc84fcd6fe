using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Kubernetes.Tests.Deploy.Rendering;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Deploy;

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
        var overlay = Overlay("controller-namespaced").Select(
            o => JsonNode.Parse(o.ToJsonString().Replace("$(POD_NAMESPACE)", "shop", StringComparison.Ordinal))!.AsObject());
        Same(overlay, Chart("shop", new JsonObject { ["namespaces"] = new JsonArray("shop"), ["crds"] = false, ["people"] = false }).Where(
            o => !IsHook(o)));
    }

    [Theory]
    [InlineData("managed-mode", "managedMode")]
    [InlineData("secrets", "secrets")]
    [InlineData("callers", "tokenReview")]
    [InlineData("managed-secrets", "managedMode", "secrets")]
    public void What_is_opted_in_is_the_same_in_both(string folder, params string[] values)
    {
        var added = Chart("trafficctl-system", new JsonObject(values.Select(v => KeyValuePair.Create(v, (JsonNode?)true))))
            .Where(o => Name(o) == $"trafficctl-{folder}")
            .ToArray();
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
            ["prometheus"] = "https://p",
            ["prometheusToken"] = new JsonObject { ["secret"] = "prometheus", ["key"] = "bearer" },
            ["prometheusCA"] = new JsonObject { ["configMap"] = "authorities", ["key"] = "all.pem" },
            ["prometheusSelector"] = "cluster=\"eu-1\",tenant='shop'",
            ["networkPolicyPorts"] = new JsonArray(9091),
            ["log"] = new JsonObject { ["format"] = "json", ["level"] = "warning" },
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
            [
                "controller", "--prometheus=https://p", "--probes=0.0.0.0:9181", "--log-format=json", "--log-level=warning",
                "--prometheus-token-file=/etc/trafficctl/prometheus-token/token",
                "--prometheus-ca=/etc/trafficctl/prometheus-ca/ca.crt", "--prometheus-selector", "cluster=\"eu-1\",tenant='shop'",
                "--alertmanager=http://a", "--watch-secrets", "--watch-namespace=a", "--watch-namespace=b", "--scrape-interval=30s",
            ],
            pod["containers"]![0]!["args"]!.AsArray().Select(a => a!.GetValue<string>()));
        Assert.Equal("reg/tc:9", pod["containers"]![0]!["image"]!.GetValue<string>());
        Assert.Equal("""[{"key":"k","operator":"Exists"}]""", pod["tolerations"]!.ToJsonString());
        Assert.Equal("""{"nodeAffinity":{"x":[1,2]}}""", pod["affinity"]!.ToJsonString());
        Assert.Equal("""{"disk":"ssd"}""", pod["nodeSelector"]!.ToJsonString());
        Assert.Equal("""[{"name":"pull"}]""", pod["imagePullSecrets"]!.ToJsonString());
        Assert.Equal(4 * 2 + 1, chart.Count(o => Kind(o) == "Role"));
        Assert.DoesNotContain(chart, o => Kind(o) is "NetworkPolicy" or "ClusterRole" or "CustomResourceDefinition");

        var used = string.Concat(Directory.GetFiles(DeployFiles.Path("helm/trafficctl/templates")).Select(File.ReadAllText));
        foreach (var (key, _) in YamlJson.One(DeployFiles.Text("helm/trafficctl/values.yaml")))
            Assert.Contains($".Values.{key}", used, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"secret":"prometheus"}""",
        """{"name":"prometheus-token","secret":{"secretName":"prometheus","defaultMode":288,"items":[{"key":"token","path":"token"}]}}""")]
    [InlineData("""{"serviceAccount":true}""",
        """{"name":"prometheus-token","projected":{"defaultMode":288,"sources":[{"serviceAccountToken":{"path":"token","expirationSeconds":3600}}]}}""")]
    [InlineData(
        """{"serviceAccount":true,"audience":"thanos","expirationSeconds":600}""",
        """{"name":"prometheus-token","projected":{"defaultMode":288,"sources":[{"serviceAccountToken":{"path":"token","expirationSeconds":600,"audience":"thanos"}}]}}""")]
    public void A_token_for_Prometheus_is_mounted_where_the_controller_reads_it(string token, string volume) => Mounted(
        new JsonObject { ["prometheus"] = "https://p", ["prometheusToken"] = JsonNode.Parse(token) },
        "--prometheus-token-file=/etc/trafficctl/prometheus-token/token", "prometheus-token", volume);

    [Theory]
    [InlineData("""{"secret":"authorities"}""",
        """{"name":"prometheus-ca","secret":{"secretName":"authorities","defaultMode":288,"items":[{"key":"ca.crt","path":"ca.crt"}]}}""")]
    [InlineData("""{"configMap":"authorities","key":"service-ca.crt"}""",
        """{"name":"prometheus-ca","configMap":{"name":"authorities","items":[{"key":"service-ca.crt","path":"ca.crt"}]}}""")]
    public void Authorities_for_Prometheus_are_mounted_where_the_controller_reads_them(string ca, string volume) => Mounted(
        new JsonObject { ["prometheus"] = "https://p", ["prometheusCA"] = JsonNode.Parse(ca) },
        "--prometheus-ca=/etc/trafficctl/prometheus-ca/ca.crt", "prometheus-ca", volume);

    [Theory]
    [InlineData("""{"prometheusToken":{"secret":"s"}}""", "A token is sent, and an authority trusted, over https only.")]
    [InlineData("""{"prometheusCA":{"configMap":"s"}}""", "A token is sent, and an authority trusted, over https only.")]
    [InlineData("""{"prometheus":"https://p","prometheusToken":{"secret":"s","serviceAccount":true}}""",
        "values.prometheusToken is what it must not be: One of the two")]
    [InlineData("""{"prometheus":"https://p","prometheusCA":{"secret":"s","configMap":"s"}}""",
        "values.prometheusCA is what it must not be: One of the two")]
    [InlineData("""{"prometheus":"https://ann:s3cret@p"}""", "values.prometheus does not match")]
    [InlineData("""{"prometheus":"p:9090"}""", "values.prometheus does not match")]
    [InlineData("""{"prometheusToken":{"expirationSeconds":60}}""", "values.prometheusToken.expirationSeconds is less than 600")]
    [InlineData("""{"log":{"level":"info"}}""", "values.log.level is none of")]
    [InlineData("""{"log":{"format":"xml"}}""", "values.log.format is none of")]
    [InlineData("""{"networkPolicyPorts":[0]}""", "values.networkPolicyPorts[0] is less than 1")]
    [InlineData("""{"replicas":"2"}""", "values.replicas is no integer")]
    [InlineData("""{"extraArgs":[5]}""", "values.extraArgs[0] is no string")]
    public void Values_that_cannot_be_right_are_refused_before_anything_is_made(string values, string why) =>
        Assert.Contains(why,
            Assert.Throws<InvalidOperationException>(() => Chart("x", JsonNode.Parse(values)!.AsObject())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_schema_knows_every_value_of_the_chart_and_the_words_of_the_command_line()
    {
        var schema = JsonNode.Parse(DeployFiles.Text("helm/trafficctl/values.schema.json"))!;
        Same(schema["properties"]!.AsObject(), YamlJson.One(DeployFiles.Text("helm/trafficctl/values.yaml")), "values", ["global"]);

        static void Same(JsonObject described, JsonObject values, string at, string[] beside)
        {
            Assert.Equal((at, string.Join(' ', values.Select(v => v.Key).Order())),
                (at, string.Join(' ', described.Select(d => d.Key).Except(beside).Order())));
            foreach (var (key, value) in values)
                if (described[key]!["properties"] is JsonObject inner) Same(inner, value!.AsObject(), $"{at}.{key}", []);
        }
    }

    /// <summary>Whoever has no helm patches an overlay as the page says, and gets what the chart makes.</summary>
    [Fact]
    public void The_patches_of_the_README_name_a_Prometheus_as_the_chart_does()
    {
        var text = DeployFiles.Text("README.md");
        var block = text.Split("```yaml\n").Skip(1).Select(b => b[..b.IndexOf("```", StringComparison.Ordinal)])
            .Single(b => b.Contains("--prometheus-token-file", StringComparison.Ordinal));
        var deployment = Overlay("controller").Single(o => Kind(o) == "Deployment");
        foreach (var patch in YamlJson.All(block).Single().AsArray())
            deployment = JsonPatch.Apply(deployment, YamlJson.All(patch!["patch"]!.GetValue<string>()).Single().AsArray())!.AsObject();
        var chart = Chart("trafficctl-system", new JsonObject
        {
            ["prometheus"] = "https://thanos.monitoring:9091",
            ["prometheusToken"] = new JsonObject { ["serviceAccount"] = true },
            ["prometheusCA"] = new JsonObject { ["configMap"] = "authorities" },
            ["prometheusSelector"] = "cluster=\"eu-1\"",
        }).Single(o => Kind(o) == "Deployment");
        Assert.Equal(Arguments(chart), Arguments(deployment));
        Assert.Equal(Container(chart)["volumeMounts"]!.ToJsonString(), Container(deployment)["volumeMounts"]!.ToJsonString());
        Assert.Equal(Volumes(chart["spec"]!["template"]!["spec"]!.AsObject(), "controller"),
            Volumes(deployment["spec"]!["template"]!["spec"]!.AsObject(), "controller"));

        static JsonNode Container(JsonObject of) => of["spec"]!["template"]!["spec"]!["containers"]![0]!;

        // A value may stand behind its option or be the next argument; their order says nothing.
        static string Arguments(JsonObject of) =>
            string.Join(' ', string.Join(' ', Container(of)["args"]!.AsArray().Select(a => a!.GetValue<string>()))
                .Replace("--prometheus-selector ", "--prometheus-selector=", StringComparison.Ordinal).Split(' ')
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_gateway_is_probed_where_it_answers_probes_and_its_clients_do_not_reach_them()
    {
        var gateway = Overlay("gateway");
        var container = gateway.Single(o => Kind(o) == "StatefulSet")["spec"]!["template"]!["spec"]!["containers"]![0]!;
        Assert.Contains("--probes=0.0.0.0:9181", container["args"]!.AsArray().Select(a => a!.GetValue<string>()));
        Assert.Equal(9181, container["ports"]!.AsArray()
            .Single(p => p!["name"]!.GetValue<string>() == "probes")!["containerPort"]!.GetValue<long>());
        foreach (var (probe, path) in new[] { ("startupProbe", "/healthz"), ("readinessProbe", "/readyz"), ("livenessProbe", "/healthz") })
            Assert.Equal((probe, path, "probes"),
                (probe, container[probe]!["httpGet"]!["path"]!.GetValue<string>(),
                container[probe]!["httpGet"]!["port"]!.GetValue<string>()));
        Assert.Equal(
            "trafficctl-gateway-probes: probes; trafficctl-gateway: http",
            string.Join("; ", gateway.Where(o => Kind(o) == "Service")
                .Select(s => $"{Name(s)}: {string.Join(", ", s["spec"]!["ports"]!.AsArray().Select(p => p!["targetPort"]))}")
                .Order(StringComparer.Ordinal)));
        var reached = gateway.Single(o => Kind(o) == "NetworkPolicy")["spec"]!["ingress"]![0]!["ports"]!.AsArray();
        Assert.Equal([8080, 9181], reached.Select(p => p!["port"]!.GetValue<long>()));
    }

    [Fact]
    public void Routes_are_restored_before_the_chart_is_removed_and_by_the_same_Job_without_a_chart()
    {
        var hook = Chart("trafficctl-system").Single(IsHook);
        Assert.Equal("pre-delete", hook["metadata"]!["annotations"]!["helm.sh/hook"]!.GetValue<string>());
        // A Job that failed stays, for its log.
        Assert.DoesNotContain(
            "failed", hook["metadata"]!["annotations"]!["helm.sh/hook-delete-policy"]!.GetValue<string>(), StringComparison.Ordinal);
        hook["metadata"]!.AsObject().Remove("annotations");
        Same(Kustomize.Build(DeployFiles.Path("uninstall")), [hook]);

        var pod = hook["spec"]!["template"]!["spec"]!;
        Assert.Equal(
            ["uninstall", "--restore", "--timeout=4m"], pod["containers"]![0]!["args"]!.AsArray().Select(a => a!.GetValue<string>()));
        Assert.Equal(
            Overlay("controller").Single(o => Kind(o) == "ServiceAccount")["metadata"]!["name"]!.GetValue<string>(),
            pod["serviceAccountName"]!.GetValue<string>());
        Assert.True(pod["securityContext"]!["runAsNonRoot"]!.GetValue<bool>());
        Assert.Equal("""["ALL"]""", pod["containers"]![0]!["securityContext"]!["capabilities"]!["drop"]!.ToJsonString());
        // Neither the controller's Service nor its Deployment takes this pod for one of its own.
        Assert.All(
            Overlay("controller")
                .Select(o => o["spec"]?["selector"]?["matchLabels"] ?? (Kind(o) == "Service" ? o["spec"]!["selector"] : null))
                .OfType<JsonObject>(),
            s => Assert.False(JsonNode.DeepEquals(
                s["app.kubernetes.io/component"], hook["spec"]!["template"]!["metadata"]!["labels"]!["app.kubernetes.io/component"])));

        Assert.DoesNotContain(Chart("x", new JsonObject { ["uninstall"] = new JsonObject { ["restore"] = false } }), IsHook);
        var some = Chart("x", new JsonObject
        {
            ["namespaces"] = new JsonArray("a"),
            ["uninstall"] = new JsonObject { ["extraArgs"] = new JsonArray("--consul=http://c") },
        }).Single(
            IsHook);
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
        using var chart = new TemporaryDirectory();
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
        else if (!await HasResourcesAsync(kubectl))
            Assert.Skip("this kubectl's kustomize is older than 2.1 and takes no folders as resources");
        else Same(
            YamlJson.All(await Tool.RunAsync(kubectl, "kustomize", DeployFiles.Path($"overlays/{overlay}"))).Select(o => o.AsObject()),
            Overlay(overlay));
    }

    [Theory]
    [MemberData(nameof(EachOverlay))]
    public void Pods_run_without_root_rights_or_a_writable_image(string overlay)
    {
        var pods = Overlay(overlay)
            .Where(o => Kind(o) is "Deployment" or "StatefulSet")
            .Select(o => o["spec"]!["template"]!["spec"]!.AsObject())
            .ToArray();
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
        Assert.True(controller.Single(o => Kind(o) == "Deployment")["spec"]!["template"]!["spec"]!["automountServiceAccountToken"]!
            .GetValue<bool>());
        Assert.False(Overlay("gateway")
            .Single(o => Kind(o) == "StatefulSet")["spec"]!["template"]!["spec"]!["automountServiceAccountToken"]!
            .GetValue<bool>());
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
            foreach (var selector in objects.SelectMany(o => (JsonNode?[])[
                o["spec"]?["selector"]?["matchLabels"] ?? (Kind(o) == "Service" ? o["spec"]!["selector"] : null),
                o["spec"]?["podSelector"]?["matchLabels"]
            ])
                .OfType<JsonObject>())
                Assert.All(selector, s => Assert.True(JsonNode.DeepEquals(s.Value, labels[s.Key]), $"{overlay}: {s.Key}"));
            var ports = pod["spec"]!["containers"]![0]!["ports"]!.AsArray().Select(p => p!["name"]!.GetValue<string>()).ToArray();
            Assert.All(objects.Where(o => Kind(o) == "Service").SelectMany(s => s["spec"]!["ports"]!.AsArray()),
                p => Assert.Contains(p!["targetPort"]!.GetValue<string>(), ports));
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
        Assert.Equal(user, Overlay("controller")
            .Single(o => Kind(o) == "Deployment")["spec"]!["template"]!["spec"]!["securityContext"]!["runAsUser"]!
            .ToJsonString());
        Assert.DoesNotContain(
            lines, l => l.StartsWith("RUN ", StringComparison.Ordinal) && Array.IndexOf(lines, l) > Array.IndexOf(lines, stages[^1]));
    }

    internal static ImmutableArray<JsonObject> Overlay(string name) => Kustomize.Build(DeployFiles.Path($"overlays/{name}"));

    internal static ImmutableArray<JsonObject> Chart(string space, JsonObject? values = null) =>
        Helm.Render(DeployFiles.Path("helm/trafficctl"), "trafficctl", space, values);

    internal static string Kind(JsonObject what) => what["kind"]!.GetValue<string>();

    private static void Mounted(JsonObject values, string argument, string name, string volume)
    {
        var pod = Chart("x", values).Single(o => Kind(o) == "Deployment")["spec"]!["template"]!["spec"]!;
        Assert.Single(pod["containers"]![0]!["args"]!.AsArray(), a => a!.GetValue<string>() == argument);
        var mount = Assert.Single(pod["containers"]![0]!["volumeMounts"]!.AsArray(), m => m!["name"]!.GetValue<string>() == name)!;
        // A mount by subPath never changes: no renewed token would be seen.
        Assert.Equal($$"""{"name":"{{name}}","mountPath":"/etc/trafficctl/{{name}}","readOnly":true}""", mount.ToJsonString());
        Assert.Equal(volume, Assert.Single(pod["volumes"]!.AsArray(), v => v!["name"]!.GetValue<string>() == name)!.ToJsonString());
        Assert.StartsWith($"{mount["mountPath"]!.GetValue<string>()}/",
            argument[(argument.IndexOf('=', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal);
    }

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
            if (copy["metadata"]!["annotations"] is JsonObject { Count: 1 } only && only.ContainsKey("helm.sh/resource-policy"))
                copy["metadata"]!.AsObject().Remove("annotations");
            result.Add($"{Kind(copy)} {copy["metadata"]!["namespace"]}/{Name(copy)}", copy);
        }

        return result;
    }
}
