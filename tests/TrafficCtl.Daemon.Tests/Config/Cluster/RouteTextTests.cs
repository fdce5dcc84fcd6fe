using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Cluster;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Dialects;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Cluster;

/// <summary>Which routes may be written follows from the forms of the dialects.</summary>
public sealed class RouteTextTests
{
    private static readonly ImmutableArray<RouteForm> WithNew = [.. RouteForms.All, new RouteForm("plain", RouteMode.Patch, Metrics: null)];

    [Fact]
    public void The_form_of_a_new_dialect_is_all_that_its_routes_need_to_be_read()
    {
        var (route, problems) = Read(WithNew, "plain/checkout");
        Assert.Empty(problems);
        Assert.Equal(new RouteReference("plain", "checkout", null), route);

        var (_, refused) = Read(RouteForms.All, "plain/checkout");
        Assert.Equal("\"plain\" is no routing that is known", Assert.Single(refused).Message);
        var (_, slip) = Read(WithNew, "plai/checkout");
        Assert.Equal("did you mean \"plain\"?", Assert.Single(slip).Hint);
    }

    private static (RouteReference? Route, ImmutableArray<Problem> Problems) Read(ImmutableArray<RouteForm> forms, string text)
    {
        var report = new Report("x.yaml");
        var node = Assert.Single(YamlFile.Documents(Encoding.UTF8.GetBytes(text), "", report));
        var value = RouteText.ShapeOf(forms).Read(node, "route", report) as Value.Leaf;
        return (value?.Content as RouteReference, [.. report.All]);
    }
}
