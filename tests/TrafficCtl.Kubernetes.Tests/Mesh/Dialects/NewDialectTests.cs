using System.Collections.Immutable;
using System.Text.RegularExpressions;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Dialects;
using TrafficCtl.Kubernetes.Roles;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Dialects;

/// <summary>
/// A mesh is one file and one row: its routes, rights, metrics and what the definition of a Delivery allows follow from the row.
/// </summary>
public sealed class NewDialectTests
{
    private static readonly ImmutableArray<IMeshDialect> WithNew =
    [
        .. DialectList.All,
        new PlainDialect(),
    ];

    [Fact]
    public void A_new_mesh_is_one_file_and_one_row_to_the_role_and_to_the_definition()
    {
        var added = Assert.Single(ApiAccess.OfRoutes(WithNew).Except(ApiAccess.OfRoutes(DialectList.All), new SameRule()));
        Assert.Equal(("plain.example", "splits", "get,list,watch,patch"), (added.Group, added.Resource, string.Join(',', added.Verbs)));
        Assert.Contains(
            """apiGroups: ["plain.example"]""", RouteRoleText.Of(ApiAccess.OfRoutes(WithNew), indent: 2), StringComparison.Ordinal);

        var forms = WithNew.Select(d => d.Form).ToArray();
        Assert.Matches(RouteForm.Pattern(forms), "istio/checkout#primary, plain/checkout");
        Assert.DoesNotMatch(RouteForm.Pattern(RouteForms.All), "plain/checkout");
        Assert.Equal("plain/NAME", WithNew[^1].Form.Text);
        Assert.Equal("plain", WithNew[^1].Name);
    }

    [Fact]
    public void Its_weights_are_read_and_written_without_a_change_of_anything_else()
    {
        var (dialect, target) = (new PlainDialect(), MeshTools.Target("plain"));
        var live = MeshTools.Json(
            """
            {
              "metadata": { "uid": "1", "generation": 3 },
              "spec": { "mode": "fast", "to": [{ "service": "checkout-stable", "weight": 10000 }, { "service": "checkout-canary", "weight": 0 }] }
            }
            """);
        var scene = MeshTools.Scene(target, (dialect.Kinds[0], "checkout", [live]));
        Assert.Equal(Weights.AllStable, dialect.Read(scene)!.Of("checkout-canary"));

        var wanted = MeshTools.Wanted(target, 2500);
        var edits = dialect.Plan(scene, wanted);
        Assert.Equal(["/spec/to/0/weight", "/spec/to/1/weight"], MeshTools.Written(edits));
        var after = MeshTools.Scene(target, (dialect.Kinds[0], "checkout", [MeshTools.Patched(live, edits)]));
        Assert.Equal(2500, dialect.Read(after)!.Of("checkout-canary").Candidate);
        Assert.Empty(dialect.Plan(after, wanted));

        live["spec"]!["to"]![1]!.AsObject().Remove("weight");
        MeshTools.Fails(MeshFault.Invalid, () => dialect.Read(scene));
        MeshTools.Fails(MeshFault.NotFound, () => dialect.Plan(MeshTools.Scene(target, (dialect.Kinds[0], "checkout", [])), wanted));
    }

    [Fact]
    public void Names_and_kinds_of_the_list_are_each_there_once()
    {
        Assert.Equal(DialectList.All.Length, DialectList.All.DistinctBy(d => d.Name).Count());
        Assert.All(RouteForms.All, form => Assert.Matches("^[a-z][a-z-]*[a-z]$", form.Dialect));
        Assert.All(
            DialectList.All.SelectMany(d => d.Kinds).Where(k => k != MeshResources.Service),
            kind => Assert.False(kind.Verbs.IsDefaultOrEmpty, $"{kind} has no verbs, so no role would grant it"));
    }

    /// <summary>UPDATE_DOCS=1 writes the pattern into the definition and the chart's copy of it.</summary>
    [Theory]
    [InlineData("deploy/crds/trafficctl.io_deliveries.yaml")]
    [InlineData("deploy/helm/trafficctl/templates/crd-deliveries.yaml")]
    public void The_definition_of_a_Delivery_allows_the_routes_of_the_list(string file) => Held.In(
        file, text => Regex.Replace(text, @"pattern: \^\\s\*\([a-z|-]+\)/.*", _ => "pattern: " + RouteForm.Pattern(RouteForms.All)));

    /// <summary>UPDATE_DOCS=1 writes the rules into the roles.</summary>
    [Theory]
    [InlineData("deploy/rbac/cluster/controller/role.yaml", 2, "---")]
    [InlineData("deploy/rbac/namespaced/controller/role.yaml", 2, "---")]
    [InlineData("deploy/helm/trafficctl/templates/_rules.tpl", 0, "{{- end }}")]
    public void The_roles_grant_the_rules_of_the_list(string file, int indent, string end) => Held.In(file, text =>
    {
        const string Begin = "# Routing objects, as the dialects say.\n";
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        Assert.True(begin > Begin.Length, $"{file} has no line {Begin}");
        return text[..begin]
            + RouteRoleText.Of(ApiAccess.OfRoutes(DialectList.All), indent)
            + text[text.IndexOf(end, begin, StringComparison.Ordinal)..];
    });

    [Fact]
    public void The_page_of_meshes_has_a_row_for_each()
    {
        var rows = File.ReadLines(Path.Combine(Repository.Root, "docs", "meshes.md")).SkipWhile(
            l => !l.StartsWith("| route |", StringComparison.Ordinal))
            .Skip(2).TakeWhile(l => l.StartsWith('|')).Select(l => l.Trim('|').Split('|', StringSplitOptions.TrimEntries)).ToArray();
        Assert.Equal(
            RouteForms.All.Select(f => $"`{f.Text}`").Order(StringComparer.Ordinal), rows.Select(r => r[0]).Order(StringComparer.Ordinal));
        Assert.All(rows, r =>
            Assert.Equal(DialectList.Find(r[0][1..r[0].IndexOf('/', StringComparison.Ordinal)]).CanMirror, r[^1] != "no"));
    }

    [Fact]
    public void What_the_page_for_contributors_shows_of_a_new_mesh_is_what_these_tests_compile()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "contributing.md"));
        var here = Path.Combine(Repository.Root, "tests", "TrafficCtl.Kubernetes.Tests", "Mesh", "Dialects");
        var file = File.ReadAllText(Path.Combine(here, "PlainDialect.cs"));
        Assert.Contains(file[file.IndexOf("internal sealed class", StringComparison.Ordinal)..].TrimEnd(), page, StringComparison.Ordinal);
        var rows = File.ReadAllText(Path.Combine(here, "NewDialectTests.cs"));
        var begin = rows.IndexOf("        new PlainDialect()", StringComparison.Ordinal);
        var row = rows[begin..rows.IndexOf("    ];", begin, StringComparison.Ordinal)].TrimEnd();
        Assert.Contains(row, page, StringComparison.Ordinal);
        Assert.True(row.Split('\n').Length <= 5, "a new mesh changes at most five lines outside its own file");
    }

    private sealed class SameRule : IEqualityComparer<ApiRule>
    {
        public bool Equals(ApiRule? a, ApiRule? b) => (a?.Group, a?.Resource) == (b?.Group, b?.Resource);

        public int GetHashCode(ApiRule rule) => HashCode.Combine(rule.Group, rule.Resource);
    }
}
