using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config;

/// <summary>What the process that is to serve a file cannot do is refused, with what would make it possible.</summary>
public sealed class AbilitiesTests
{
    private const string Base = """
        service: shop
        listen: http://127.0.0.1:8080
        versions: { v1: [http://127.0.0.1:5001], v2: [http://127.0.0.1:5002] }
        stable: v1

        """;

    private const string Quiet = "needs: [{ quiet: [alerts] }]";
    private const string Orders = "analysis: { orders: { direction: higher, prometheus: \"sum by (arm) (rate(orders_total[1m]))\" } }";

    [Theory]
    [InlineData(Quiet, "5:18: needs[0].quiet", "no Alertmanager is asked here", "run --alertmanager URL")]
    [InlineData(Orders, "analysis.orders", "no Prometheus is asked here", "run --prometheus URL")]
    public void A_file_that_asks_for_what_the_daemon_was_not_told_of_is_refused_with_the_flag(
        string key, string place, string why, string flag)
    {
        var problem = Assert.Single(Problems(key, Abilities.Embedded()));
        var text = problem.ToString();
        Assert.Contains(place, text, StringComparison.Ordinal);
        Assert.Contains(why, problem.Message, StringComparison.Ordinal);
        Assert.Contains(flag, problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_file_is_good_where_the_daemon_is_told_of_both()
    {
        var spec = Read($"{Quiet}\n{Orders}", Goldens.Able);
        Assert.Equal([QuietGate.Alerts], spec.Needs);
        Assert.Equal("orders", Assert.Single(spec.Analysis.Metrics).Name);
    }

    [Fact]
    public void Each_flag_makes_only_its_own_possible()
    {
        Assert.Equal("analysis.orders", Assert.Single(Problems($"{Quiet}\n{Orders}", Abilities.Embedded(hasAlertmanager: true))).Path);
        Assert.Equal("needs[0].quiet", Assert.Single(Problems($"{Quiet}\n{Orders}", Abilities.Embedded(hasPrometheus: true))).Path);
    }

    [Fact]
    public void What_no_flag_makes_possible_says_so()
    {
        var problem = Assert.Single(Problems("analysis: { saturation: [cpu] }", Goldens.Able));
        Assert.Equal(("analysis.saturation", "leave it out"), (problem.Path, problem.Hint));
    }

    [Fact]
    public void A_query_that_names_a_namespace_is_refused_where_there_is_none()
    {
        var problem = Assert.Single(Problems(
            "analysis: { orders: { direction: higher, prometheus: \"sum by (arm) (orders{ns='{namespace}'})\" } }", Goldens.Able));
        Assert.Equal("analysis.orders.prometheus", problem.Path);
        Assert.Contains("{namespace}", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_metric_without_a_query_is_read_by_nothing()
    {
        var problem = Assert.Single(Problems("analysis: { orders: { direction: higher } }", Goldens.Able));
        Assert.Equal(("analysis.orders", "nothing reads it"), (problem.Path, problem.Message));
    }

    [Fact]
    public void Whoever_asks_the_proxy_for_copies_is_told_of_the_routes_that_send_them()
    {
        var problem = Assert.Single(Problems("rollout: [{ shadow: 10%, hold: 10m }, { weights: [5, 100] }]", Goldens.Able));
        Assert.Equal("rollout[0].shadow", problem.Path);
        Assert.All(MeshServices.Mirroring, dialect => Assert.Contains($"{dialect}/…", problem.Hint, StringComparison.Ordinal));
    }

    private static Parsed<Deliveries> Parse(string more, Abilities abilities) =>
        DeliveryFiles.ReadText(Encoding.UTF8.GetBytes(Base + more + "\n"), "x.yaml", ".", abilities);

    private static ImmutableArray<Problem> Problems(string more, Abilities abilities) =>
        Assert.IsType<Parsed<Deliveries>.Problems>(Parse(more, abilities)).All;

    private static ServiceSpec Read(string more, Abilities abilities) =>
        Assert.Single(Assert.IsType<Parsed<Deliveries>.Ok>(Parse(more, abilities)).Value.Services).Spec;
}
