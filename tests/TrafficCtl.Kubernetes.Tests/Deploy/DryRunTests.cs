using System.Text.Json.Nodes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Deploy;

/// <summary>kubectl reads every manifest as it would apply it.</summary>
public sealed class DryRunTests
{
    private static readonly KubeKind[] Unserved =
    [
        new("rbac.authorization.k8s.io", "v1", "roles", "Role"), new("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
        new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false),
        new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false),
        new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"),
        new("batch", "v1", "jobs", "Job"),
    ];

    [Theory]
    [InlineData("controller")]
    [InlineData("controller-namespaced")]
    [InlineData("gateway")]
    [InlineData("sidecar")]
    [InlineData("chart")]
    public async Task Kubectl_takes_every_object(string what)
    {
        var kubectl = Tool.Find("kubectl");
        if (kubectl is null) Assert.Skip("no kubectl here");
        await using var cluster = await FakeKube.StartAsync();
        foreach (var kind in Unserved) cluster.Register(kind, hasStatus: false);
        using var folder = new TemporaryDirectory();
        var objects = what == "chart"
            ? ManifestTests.Chart("trafficctl-system", new JsonObject { ["managedMode"] = true, ["secrets"] = true })
            : ManifestTests.Overlay(what);
        await File.WriteAllTextAsync(
            folder.File("all.json"),
            new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. objects]) }.ToJsonString());
        await File.WriteAllTextAsync(folder.File("config"), "");
        var said = await Tool.RunAsync(
            kubectl, $"--server={cluster.Address}", $"--kubeconfig={folder.File("config")}", $"--cache-dir={folder.File("cache")}",
            "apply", "--dry-run=client", "--validate=false", "-o", "name", "-f", folder.File("all.json"));
        Assert.Equal(objects.Length, said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain(cluster.Calls, c => c.IsWrite);
    }
}
