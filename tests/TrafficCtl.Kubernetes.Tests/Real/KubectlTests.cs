using System.Diagnostics;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Tests.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Real;

/// <summary>The fake is a cluster to a program that knows nothing of us.</summary>
public sealed class KubectlTests
{
    [Fact]
    public async Task Kubectl_makes_patches_reads_and_deletes_on_the_fake()
    {
        var kubectl = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(p => Path.Combine(p, "kubectl"))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(kubectl is null, "kubectl is not on the PATH");
        using var folder = new Folder();
        await using var kube = await FakeKube.StartAsync();
        kube.Register(KubeStage.Thing);
        // Before the first call: old ones remember what is served.
        kube.PutFile(Path.Combine(Repository.Root, "deploy", "crds", "trafficctl.io_deliveries.yaml"));
        var config = folder.Write("config", """
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u, namespace: shop}}]
            clusters: [{name: c, cluster: {server: "ADDRESS"}}]
            users: [{name: u, user: {}}]
            """.Replace("ADDRESS", kube.Address.ToString()));
        var file = folder.Write("thing.yaml", "apiVersion: acme.io/v1\nkind: Thing\nmetadata: {name: a}\nspec: {number: 1}\n");

        Assert.Equal("thing.acme.io/a created", await RunAsync("create", "--validate=false", "-f", file));
        Assert.Equal("thing.acme.io/a patched", await RunAsync(
            "patch", "thing", "a", "--type=json", "-p",
            """[{"op":"test","path":"/spec/number","value":1},{"op":"replace","path":"/spec/number","value":2}]"""));
        Assert.Equal("thing.acme.io/a annotated", await RunAsync("annotate", "thing", "a", "trafficctl.io/pause=1"));
        Assert.Equal(
            "2 1", await RunAsync("get", "thing", "a", "-o", "jsonpath={.spec.number} {.metadata.annotations.trafficctl\\.io/pause}"));
        // Old ones leave the server's own words out.
        Assert.Matches(
            "^The request is invalid(: the server rejected our request due to an error in our request)?$",
            await RunAsync("patch", "thing", "a", "--type=json", "-p", """[{"op":"test","path":"/spec/number","value":1}]"""));
        Assert.Equal(
            "thing.acme.io/a serverside-applied",
            await RunAsync("apply", "--server-side", "--force-conflicts", "--validate=false", "-f", file));
        Assert.Contains("Thing", (await RunAsync("api-resources", "--api-group=acme.io", "--no-headers")).Split(' '));
        await RunAsync("create", "--validate=false", "-f", folder.Write("deployment.yaml", """
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: web }
            spec:
              selector: { matchLabels: { app: web } }
              template:
                metadata: { labels: { app: web } }
                spec: { containers: [{ name: proxy, image: "proxy:1" }, { name: app, image: "web:1", args: [-v] }] }
            """));
        Assert.Equal("deployment.apps/web image updated", await RunAsync("set", "image", "deploy/web", "app=web:2"));
        Assert.Equal("proxy:1 web:2 [\"-v\"]", await RunAsync(
            "get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[*].image} {.spec.template.spec.containers[1].args}"));

        kube.PutYaml(
            "apiVersion: trafficctl.io/v1alpha1\nkind: Delivery\nmetadata: { name: checkout, namespace: shop }\nspec: { service: "
                + "checkout }");
        kube.Patch(
            new KubeName(KubeKind.Delivery, "shop", "checkout"),
            KubePatch.Merge(new() { ["status"] = new JsonObject { ["stable"] = "v1", ["phase"] = "Idle" } }), "kubectl", "status");
        var table = (await RunAsync("get", "tcd")).Split('\n');
        var head = table[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["NAME", "STABLE", "PHASE", "WEIGHT", "CANDIDATE", "READY", "VERDICT", "AGE"], head);
        Assert.StartsWith("checkout v1 Idle", string.Join(' ', table[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)));

        Assert.Equal("thing.acme.io \"a\" deleted", await RunAsync("delete", "thing", "a"));
        Assert.Null(kube.Get(KubeStage.Named("a")));

        async Task<string> RunAsync(params string[] arguments)
        {
            var start = new ProcessStartInfo(kubectl!)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["HOME"] = folder.Path },
            };
            foreach (var argument in (string[])["--kubeconfig", config, .. arguments]) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (output + await errors).Trim();
        }
    }
}
