using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Fakes;

/// <summary>The definitions of the meshes, where they are at hand, do in the fake what they do in a cluster.</summary>
public sealed class DefinitionTests
{
    [Fact]
    public async Task An_Istio_VirtualService_is_one_object_in_all_its_versions_and_keeps_its_schema()
    {
        await using var kube = await OpenAsync("istio");
        kube.PutYaml("""
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: checkout, namespace: shop}
            spec:
              hosts: [checkout]
              http:
              - name: primary
                retries: {attempts: 3, perTryTimeout: 2s}
                route:
                - {destination: {host: checkout-stable, port: {number: 80}}, weight: 100}
            """);
        using var raw = new RawKube(kube);
        const string path = "/apis/networking.istio.io/v1/namespaces/shop/virtualservices/checkout";

        var (code, patched) =
            await raw.PatchAsync(path + "?fieldValidation=Strict", """[{"op":"add","path":"/spec/http/0/route/0/weight","value":90}]""");
        Assert.Equal((200, "networking.istio.io/v1"), (code, patched["apiVersion"]!.GetValue<string>()));
        Assert.Equal("2s", patched["spec"]!["http"]![0]!["retries"]!["perTryTimeout"]!.GetValue<string>());
        Assert.Equal(2, patched["metadata"]!["generation"]!.GetValue<int>());
        Assert.Equal(
            422, (await raw.PatchAsync(path + "?fieldValidation=Strict", """[{"op":"add","path":"/spec/http/0/rout","value":[]}]""")).Code);
        Assert.Equal(422, (await raw.PatchAsync(path, """[{"op":"add","path":"/spec/http/0/route/0/weight","value":"ten"}]""")).Code);
        Assert.Equal(422, (await raw.PatchAsync(path, """[{"op":"remove","path":"/spec/http/0/route/0/destination/host"}]""")).Code);
    }

    [Fact]
    public async Task A_Gateway_API_route_gets_its_defaults_and_its_bounds()
    {
        await using var kube = await OpenAsync("gateway-api");
        var route = kube.PutYaml("""
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: checkout, namespace: shop}
            spec:
              parentRefs: [{name: gw}]
              rules:
              - backendRefs: [{name: checkout-stable, port: 80}]
            """);
        using var raw = new RawKube(kube);
        const string path = "/apis/gateway.networking.k8s.io/v1beta1/namespaces/shop/httproutes/checkout";

        Assert.Equal(1, route["spec"]!["rules"]![0]!["backendRefs"]![0]!["weight"]!.GetValue<int>());
        Assert.Equal("PathPrefix", route["spec"]!["rules"]![0]!["matches"]![0]!["path"]!["type"]!.GetValue<string>());
        Assert.Equal(
            422, (await raw.PatchAsync(path, """[{"op":"add","path":"/spec/rules/0/backendRefs/0/weight","value":1000001}]""")).Code);
        Assert.Equal(200, (await raw.PatchAsync(path, """[{"op":"add","path":"/spec/rules/0/backendRefs/0/weight","value":0}]""")).Code);
    }

    [Fact]
    public async Task An_SMI_split_has_the_schema_of_each_of_its_versions()
    {
        await using var kube = await OpenAsync("smi");
        using var raw = new RawKube(kube);
        var (_, group) = await raw.GetAsync("/apis/split.smi-spec.io");

        Assert.Equal("v1alpha4", group["preferredVersion"]!["version"]!.GetValue<string>());
        var (code, status) = await raw.PostAsync(
            "/apis/split.smi-spec.io/v1alpha4/namespaces/shop/trafficsplits",
            """{"metadata":{"name":"a"},"spec":{"service":"checkout","backends":[{"service":"a"}]}}""");
        Assert.Equal((422, "spec.backends[0].weight"), (code, status["details"]!["causes"]![0]!["field"]!.GetValue<string>()));
    }

    private static async Task<FakeKube> OpenAsync(string folder)
    {
        var crds = Crds();
        Assert.SkipWhen(crds is null, "the definitions of the meshes (crds) are not beside this working tree");
        var kube = await FakeKube.StartAsync();
        foreach (var file in Directory.GetFiles(Path.Combine(crds!, folder), "*.yaml")) kube.PutFile(file);
        return kube;
    }

    private static string? Crds()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var crds = Path.Combine(at.FullName, "shared", "crds");
            if (Directory.Exists(crds)) return crds;
        }

        return null;
    }
}
