using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Roles;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Deploy;

/// <summary>The roles grant what <see cref="ApiAccess"/> says, and nothing else.</summary>
public sealed class RbacTests
{
    [Theory]
    [InlineData("rbac/cluster/controller/role.yaml", ApiUse.Always, false)]
    [InlineData("rbac/cluster/managed-mode/role.yaml", ApiUse.ManagedMode, false)]
    [InlineData("rbac/cluster/secrets/role.yaml", ApiUse.Secrets, false)]
    [InlineData("rbac/cluster/managed-secrets/role.yaml", ApiUse.ManagedSecrets, false)]
    [InlineData("rbac/cluster/callers/role.yaml", ApiUse.Callers, false)]
    [InlineData("rbac/namespaced/controller/role.yaml", ApiUse.Always, false)]
    [InlineData("rbac/namespaced/managed-mode/role.yaml", ApiUse.ManagedMode, false)]
    [InlineData("rbac/namespaced/secrets/role.yaml", ApiUse.Secrets, false)]
    [InlineData("rbac/namespaced/managed-secrets/role.yaml", ApiUse.ManagedSecrets, false)]
    [InlineData("base/leader-election.yaml", ApiUse.Always, true)]
    public void A_role_grants_what_the_table_says_and_nothing_else(string file, ApiUse use, bool ownNamespace)
    {
        var wanted = ApiAccess.Rules.Where(r => r.Use == use && r.IsOwnNamespace == ownNamespace)
            .SelectMany(r => r.Verbs.Select(v => $"{v} {r.Resource}.{r.Group} {r.Name}")).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(wanted, Granted(DeployFiles.Objects(file).Single(o => Text(o["kind"]).EndsWith("Role", StringComparison.Ordinal))));
        Assert.Equal(wanted.Length, wanted.Distinct().Count());
    }

    [Theory]
    [InlineData("rbac/cluster/controller/role.yaml")]
    [InlineData("rbac/cluster/managed-mode/role.yaml")]
    [InlineData("rbac/cluster/secrets/role.yaml")]
    [InlineData("rbac/cluster/managed-secrets/role.yaml")]
    [InlineData("rbac/cluster/callers/role.yaml")]
    [InlineData("rbac/namespaced/controller/role.yaml")]
    [InlineData("rbac/namespaced/managed-mode/role.yaml")]
    [InlineData("rbac/namespaced/secrets/role.yaml")]
    [InlineData("rbac/namespaced/managed-secrets/role.yaml")]
    [InlineData("base/leader-election.yaml")]
    public void A_binding_gives_its_role_to_the_controllers_account_alone(string file)
    {
        var (role, binding) = (DeployFiles.Objects(file).First(), DeployFiles.Objects(file).Last());
        Assert.Equal($"{Text(role["kind"])}Binding", Text(binding["kind"]));
        Assert.Equal(
            (Text(role["kind"]), Text(role["metadata"]!["name"])), (Text(binding["roleRef"]!["kind"]), Text(binding["roleRef"]!["name"])));
        var subject = Assert.Single(binding["subjects"]!.AsArray())!;
        Assert.Equal("trafficctl", Text(subject["name"]));
        // A ClusterRoleBinding is applied alone too (kubectl apply -k), and its subject is in a namespace.
        if (Text(role["kind"]) == "ClusterRole")
            Assert.Equal(
                Text(DeployFiles.Objects("base/service-account.yaml").Single()["metadata"]!["namespace"]), Text(subject["namespace"]));
    }

    [Fact]
    public void Nothing_is_granted_by_a_star_and_no_secret_without_being_asked_for()
    {
        foreach (var file in Directory.GetFiles(DeployFiles.Path("rbac"), "*.yaml", SearchOption.AllDirectories))
            Assert.DoesNotContain("*", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.DoesNotContain(ApiAccess.Rules, r => r.Use is not (ApiUse.Secrets or ApiUse.ManagedSecrets) && r.Resource == "secrets");
        Assert.DoesNotContain(ApiAccess.Rules, r => r.Verbs.Contains("deletecollection"));
    }

    [Fact]
    public void People_who_may_view_see_and_those_who_may_edit_declare_and_wish()
    {
        var roles = DeployFiles.Objects("rbac/people/roles.yaml").ToDictionary(r => Text(r["metadata"]!["name"]));
        Assert.Equal(
            ["get deliveries.trafficctl.io ", "get rollouts.trafficctl.io "],
            Granted(roles["trafficctl-view"]).Where(g => g.StartsWith("get", StringComparison.Ordinal)));
        Assert.DoesNotContain(Granted(roles["trafficctl-edit"]), g => g.Contains("status", StringComparison.Ordinal));
        Assert.Equal(
            ["patch rollouts.trafficctl.io "],
            Granted(roles["trafficctl-edit"]).Where(g => g.Contains("rollouts", StringComparison.Ordinal)));
        Assert.Equal(["approve rollouts.trafficctl.io "], Granted(roles["trafficctl-approve"]));
        foreach (var to in (string[])["view", "edit", "admin"])
            Assert.Equal("true", Text(roles["trafficctl-view"]["metadata"]!["labels"]![$"rbac.authorization.k8s.io/aggregate-to-{to}"]));
        Assert.Null(roles["trafficctl-edit"]["metadata"]!["labels"]!["rbac.authorization.k8s.io/aggregate-to-view"]);
    }

    [Fact]
    public void The_table_answers_for_single_calls()
    {
        Assert.True(ApiAccess.Allows("update", "trafficctl.io", "deliveries/status", "checkout"));
        Assert.False(ApiAccess.Allows("update", "trafficctl.io", "deliveries", "checkout"));
        Assert.True(ApiAccess.Allows("update", "coordination.k8s.io", "leases", ApiAccess.Lease));
        Assert.False(ApiAccess.Allows("update", "coordination.k8s.io", "leases", "other"));
        Assert.True(ApiAccess.Allows("list", "", "services", null));
    }

    /// <summary>Whoever is given a role anywhere is one of these: what the table does not know is granted to nobody.</summary>
    [Fact]
    public void Overlays_and_chart_have_no_role_that_the_table_does_not_make()
    {
        var known = Directory.GetFiles(DeployFiles.Path("rbac"), "*.yaml", SearchOption.AllDirectories).Where(
            f => !f.EndsWith("kustomization.yaml", StringComparison.Ordinal))
            .Append(DeployFiles.Path("base/leader-election.yaml"))
            .SelectMany(f => YamlJson.All(File.ReadAllText(f)).Select(o => o.AsObject()))
            .Where(o => Text(o["kind"]).EndsWith("Role", StringComparison.Ordinal)).Select(o => string.Join(", ", Granted(o))).ToHashSet();
        var everything = new JsonObject { ["managedMode"] = true, ["secrets"] = true, ["tokenReview"] = true };
        var all = Directory.GetDirectories(DeployFiles.Path("overlays")).SelectMany(o => Rendering.Kustomize.Build(o))
            .Concat(ManifestTests.Chart("ops", everything))
            .Concat(ManifestTests.Chart(
                "ops",
                new JsonObject
                {
                    ["managedMode"] = true,
                    ["secrets"] = true,
                    ["tokenReview"] = true,
                    ["namespaces"] = new JsonArray("a", "b"),
                }))
            .Where(o => Text(o["kind"]).EndsWith("Role", StringComparison.Ordinal)).ToArray();
        Assert.Equal(5 + 2 + 9 + 13, all.Length);
        Assert.All(all, role => Assert.Contains(string.Join(", ", Granted(role)), known));
    }

    private static IEnumerable<string> Granted(JsonObject role) => role["rules"]!.AsArray()
        .SelectMany(rule => from verb in Texts(rule!["verbs"])
                            from resource in Texts(rule["resources"])
                            from @group in Texts(rule["apiGroups"])
                            from name in rule["resourceNames"] is { } names ? Texts(names) : [null]
                            select $"{verb} {resource}.{@group} {name}")
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string?> Texts(JsonNode? list) => list!.AsArray().Select(i => Text(i));

    private static string Text(JsonNode? node) => node!.GetValue<string>();
}
