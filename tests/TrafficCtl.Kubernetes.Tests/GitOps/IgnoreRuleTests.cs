using System.Text.Json.Nodes;

using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.GatewayApi;
using TrafficCtl.Kubernetes.Mesh.Istio;
using TrafficCtl.Kubernetes.Tests.Mesh;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.GitOps;

/// <summary>
/// With the ignore rules of docs/gitops.md what the controller writes is no difference to Git, and whatever else changes is one.
/// </summary>
public sealed class IgnoreRuleTests
{
    private static readonly JsonObject VirtualService = YamlJson.One("""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: { name: checkout, namespace: shop, uid: u1, generation: 4 }
        spec:
          hosts: [checkout]
          http:
          - name: primary
            timeout: 3s
            route: [{ destination: { host: checkout-stable }, weight: 100 }, { destination: { host: checkout-canary }, weight: 0 }]
          - name: other
            route: [{ destination: { host: other }, weight: 100 }]
        """);

    private static readonly JsonObject HttpRoute = YamlJson.One("""
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: checkout, namespace: shop, uid: u2, generation: 4 }
        spec:
          parentRefs: [{ name: public }]
          rules:
          - backendRefs: [{ name: checkout-stable, port: 80, weight: 100 }, { name: checkout-canary, port: 80, weight: 0 }]
        """);

    public static TheoryData<string, int, bool> Writes => new()
    {
        { "VirtualService", 500, false }, { "VirtualService", 1234, false }, { "VirtualService", 10_000, false },
        { "VirtualService", 1000, true },
        { "HTTPRoute", 500, false }, { "HTTPRoute", 1234, false }, { "HTTPRoute", 10_000, false }, { "HTTPRoute", 1000, true },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public void Argo_CD_sees_no_difference_in_what_the_controller_wrote(string kind, int basisPoints, bool isShadow)
    {
        var (git, live) = (Git(kind), Written(kind, basisPoints, isShadow));
        Assert.False(JsonNode.DeepEquals(git["spec"], live["spec"]));
        Assert.Equal(
            IgnoredPaths.WithoutJq(git, Jq(kind))["spec"]!.ToJsonString(), IgnoredPaths.WithoutJq(live, Jq(kind))["spec"]!.ToJsonString());
    }

    [Theory]
    [InlineData("VirtualService", 2500)]
    [InlineData("HTTPRoute", 2500)]
    public void Flux_sees_no_difference_in_what_the_controller_wrote(string kind, int basisPoints)
    {
        var (git, live) = (Git(kind), Written(kind, basisPoints, isShadow: false));
        var paths = GitOpsPage.Example("flux-ignore")["spec"]!["ignore"]!.AsArray().Where(i => (string?)i!["target"]!["kind"] == kind)
            .SelectMany(i => i!["paths"]!.AsArray()).Select(p => (string)p!).ToArray();
        Assert.Equal(
            IgnoredPaths.WithoutPointers(git, paths)["spec"]!.ToJsonString(),
            IgnoredPaths.WithoutPointers(live, paths)["spec"]!.ToJsonString());
    }

    [Theory]
    [InlineData("VirtualService", "/spec/http/0/timeout", "\"9s\"")]
    [InlineData("VirtualService", "/spec/http/0/route/1/destination/host", "\"elsewhere\"")]
    [InlineData("VirtualService", "/spec/http/1/route/0/weight", "50")]
    [InlineData("VirtualService", "/spec/hosts", "[\"other\"]")]
    [InlineData("HTTPRoute", "/spec/rules/0/backendRefs/1/name", "\"elsewhere\"")]
    [InlineData("HTTPRoute", "/spec/parentRefs", "[]")]
    public void Whatever_else_changes_is_a_difference_still(string kind, string path, string value)
    {
        var live = MeshTools.Apply(
            Written(kind, 1000, isShadow: false), [new JsonObject { ["op"] = "add", ["path"] = path, ["value"] = JsonNode.Parse(value) }]);
        Assert.NotEqual(
            IgnoredPaths.WithoutJq(Git(kind), Jq(kind))["spec"]!.ToJsonString(),
            IgnoredPaths.WithoutJq(live, Jq(kind))["spec"]!.ToJsonString());
    }

    private static JsonObject Git(string kind) => kind == "HTTPRoute" ? HttpRoute : VirtualService;

    private static IEnumerable<string> Jq(string kind) => GitOpsPage.Example("argo-ignore")["spec"]!["ignoreDifferences"]!.AsArray()
        .Where(i => (string?)i!["kind"] == kind).SelectMany(i => i!["jqPathExpressions"]!.AsArray()).Select(p => (string)p!);

    /// <summary>The live object after the controller's own patch.</summary>
    private static JsonObject Written(string kind, int basisPoints, bool isShadow)
    {
        var isGateway = kind == "HTTPRoute";
        var target = MeshTools.Target(isGateway ? "gateway-api" : "istio", isGateway ? null : "primary");
        IMeshDialect dialect = isGateway ? new GatewayApiDialect() : new IstioDialect();
        var scene = MeshTools.Scene(
            target, (isGateway ? GatewayApiDialect.HttpRoute : IstioDialect.VirtualService, "checkout", [Git(kind)]));
        return MeshTools.Patched(
            Git(kind), dialect.Plan(scene, isShadow ? MeshTools.Shadowed(target, basisPoints) : MeshTools.Wanted(target, basisPoints)));
    }
}
