using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Running;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Running;

public sealed class RunningRulesTests
{
    private static readonly ImmutableArray<VersionSpec> InForce = [Version("v1", 5001), Version("v2", 5002)];

    private static readonly RunningService Now = new(new TargetKey("shop", "default"), "v1", InForce)
    {
        Place = (new Listener("127.0.0.1", 8080, null), RouteMatch.Everything),
    };

    [Fact]
    public void What_serves_and_stays_listed_is_no_problem_wherever_it_stands()
    {
        Assert.Equal(([], []), Of(Files("v2: [http://127.0.0.1:5002], v1: [http://127.0.0.1:5001], v3: [http://127.0.0.1:5003]", "v3")));
        // One endpoint more, and one less as long as one stays.
        Assert.Equal(([], []), Of(Files("v1: [http://127.0.0.1:5001, http://127.0.0.1:6001]", "v1")));
    }

    [Fact]
    public void The_version_that_serves_cannot_be_taken_out_and_both_ways_out_are_named()
    {
        var problem = Assert.Single(Of(Files("v2: [http://127.0.0.1:5002]", "v2")).Problems);
        Assert.Equal(
            "shop.yaml:4:1: versions: v1 serves all requests of shop and is not listed: no other version was shown to be good "
            + "(list it again, v1: [http://127.0.0.1:5001]; or with it still listed publish another one (trafficctl publish shop v2), and "
            + "remove it once that is good)",
            problem.ToString());
    }

    [Fact]
    public void During_a_rollout_the_way_back_cannot_be_taken_out()
    {
        var problem =
            Assert.Single(Of(Files("v2: [http://127.0.0.1:5002]", "v2"), Now with { Candidate = "v2", IsExposed = true }).Problems);
        Assert.Contains(
            "v1 is what shop goes back to while v2 is rolled out, and it is not listed", problem.Message, StringComparison.Ordinal);
        Assert.Equal("list it again, v1: [http://127.0.0.1:5001], until v2 is good", problem.Hint);
    }

    [Fact]
    public void A_version_under_another_name_is_recognised_by_its_endpoints()
    {
        var problem = Assert.Single(Of(Files("v1.0: [http://127.0.0.1:5001], v2: [http://127.0.0.1:5002]", "v2")).Problems);
        Assert.Equal(("versions.v1.0", "name it v1 again"), (problem.Path, problem.Hint));
        Assert.Contains("v1 serves shop, and has another name here", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_that_serves_without_being_listed_since_the_start_still_cannot_be_left_out()
    {
        var retained = Now with { Versions = [Version("v1", 5001) with { IsRetained = true }, Version("v2", 5002)] };
        Assert.Single(Of(Files("v2: [http://127.0.0.1:5002]", "v2"), retained).Problems);
        Assert.Empty(Of(Files("v2: [http://127.0.0.1:5002]", "v2"), retained with { LastGood = "v2" }).Problems);
    }

    [Fact]
    public void What_stands_in_for_it_may_not_be_replaced_either()
    {
        var now = Now with { Versions = [Version("v2", 5002), Version("v3", 5003)], StandIn = "v2" };
        const string Both = "v2: [http://127.0.0.1:5002], v3: [http://127.0.0.1:5003]";
        Assert.Empty(Of(Files(Both, "v2"), now).Problems);
        var problem = Assert.Single(Of(Files(Both, "v3"), now).Problems);
        Assert.Equal(("stable", "write stable: v2, or list v1 again"), (problem.Path, problem.Hint));
        Assert.Contains(
            "v2 serves shop in the place of v1, which is not listed; v3 would get all requests at once", problem.Message,
            StringComparison.Ordinal);
        Assert.Empty(Of(Files("v1: [http://127.0.0.1:5001], v2: [http://127.0.0.1:5002]", "v2"), now).Problems);
    }

    [Theory]
    [InlineData(true, "v2 is being rolled out and not listed: it goes back to 0 %, and v1 serves everything")]
    [InlineData(false, "v2 is to be rolled out and not listed: its rollout ends before the first step")]
    public void A_candidate_may_be_taken_out_and_it_is_said_what_follows(bool isExposed, string message)
    {
        var (problems, warnings) = Of(Files("v1: [http://127.0.0.1:5001]", "v1"), Now with { Candidate = "v2", IsExposed = isExposed });
        Assert.Empty(problems);
        Assert.Equal(message, Assert.Single(warnings).Message);
    }

    [Fact]
    public void A_version_that_serves_and_moves_whole_is_told()
    {
        var (problems, warnings) = Of(Files("v1: [http://127.0.0.1:7001], v2: [http://127.0.0.1:5002]", "v1"));
        Assert.Empty(problems);
        var warning = Assert.Single(warnings);
        Assert.Equal((4, "versions.v1"), (warning.Line, warning.Path));
        Assert.Contains("every endpoint of v1, which serves now, is another one", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_environment_must_not_begin_with_another_version()
    {
        var now = Now with { LastGood = "v2" };
        var files = Files("v1: [http://127.0.0.1:5001], v2: [http://127.0.0.1:5002]", "v1", more: "environment: prod");
        var problem = Assert.Single(Of(files, now).Problems);
        Assert.Equal(("environment", "write stable: v2"), (problem.Path, problem.Hint));
        Assert.Contains(
            "v2 serves shop in environment default; in prod it is v1, which would get all requests at once", problem.Message,
            StringComparison.Ordinal);

        Assert.Empty(Of(files, now, key => key == new TargetKey("shop", "prod") ? "v2" : null).Problems);
        Assert.Empty(Of(Files("v1: [http://127.0.0.1:5001], v2: [http://127.0.0.1:5002]", "v2", more: "environment: prod"), now).Problems);
    }

    [Fact]
    public void A_target_of_another_name_must_not_begin_with_another_version()
    {
        const string Both = "v1: [http://127.0.0.1:5001], v2: [http://127.0.0.1:5002]";
        var now = Now with { LastGood = "v2" };
        var problem = Assert.Single(Of(Files(Both, "v1", more: "target: east"), now).Problems);
        Assert.Equal(("target", "write stable: v2"), (problem.Path, problem.Hint));
        Assert.Equal("v2 serves shop@default; of shop@default/east it is v1, which would get all requests at once", problem.Message);

        var (problems, warnings) = Of(Files(Both, "v2", more: "target: east"), now with { Candidate = "v1" });
        Assert.Empty(problems);
        var warning = Assert.Single(warnings);
        Assert.Equal("target", warning.Path);
        Assert.Contains(
            "shop@default is served now and named shop@default/east here: it has the record of that name, or begins one, "
            + "and the rollout of v1 stays behind", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_one_target_with_another_name_is_found_beside_others_that_keep_theirs()
    {
        var (west, prod) = (new TargetKey("shop", "default", "west"), new TargetKey("shop", "prod"));
        ImmutableArray<RunningService> running = [
            Now with { LastGood = "v2" }, Now with { Key = west, Place = null }, Now with { Key = prod, Place = null }
        ];
        const string Both = "v1: [http://127.0.0.1:5001], v2: [http://127.0.0.1:5002]";
        ImmutableArray<Delivered> files =
        [
            .. Files(Both, "v1", port: 9001, more: "target: east"), .. Files(Both, "v1", port: 9002, more: "target: west"),
            .. Files(Both, "v1", port: 9003, more: "environment: prod"),
        ];
        Assert.Equal("v2 serves shop@default; of shop@default/east it is v1, which would get all requests at once",
            Assert.Single(RunningRules.Check(files, running, static _ => null).Problems).Message);

        // Where two come it is unknown which of them was it: one that takes no listener over begins by itself.
        files = [.. files, .. Files(Both, "v1", port: 9004, more: "target: south")];
        Assert.Empty(RunningRules.Check(files, running, static _ => null).Problems);
    }

    [Fact]
    public void A_service_of_another_name_in_its_place_must_begin_with_what_serves()
    {
        var now = Now with { LastGood = "v2" };
        var problem =
            Assert.Single(Of(Files("v1: [http://127.0.0.1:5001], v2: [http://127.0.0.1:5002]", "v1", service: "store"), now).Problems);
        Assert.Equal("stable", problem.Path);
        Assert.Contains("store takes the place of shop, where v2 serves", problem.Message, StringComparison.Ordinal);

        var (problems, warnings) = Of(Files("v1: [http://127.0.0.1:5002]", "v1", service: "store"), now);
        Assert.Empty(problems);
        Assert.Contains("shop is served now and not named here", Assert.Single(warnings).Message, StringComparison.Ordinal);
        Assert.Empty(Of(Files("v1: [http://127.0.0.1:5001]", "v1", service: "store", port: 9090), now).Problems);
    }

    [Fact]
    public void A_version_without_endpoints_is_no_version_at_all() => Assert.Contains(
        Assert.IsType<Parsed<Deliveries>.Problems>(Read("v1: []", "v1", "shop", 8080, "")).All,
        p => p.Path == "versions.v1");

    private static (ImmutableArray<Problem> Problems, ImmutableArray<Problem> Warnings) Of(
        ImmutableArray<Delivered> files, RunningService? now = null, Func<TargetKey, string?>? known = null) =>
        RunningRules.Check(files, [now ?? Now], known ?? (static _ => null));

    private static ImmutableArray<Delivered> Files(
        string versions, string stable, string service = "shop", int port = 8080, string more = "") =>
        Assert.IsType<Parsed<Deliveries>.Ok>(Read(versions, stable, service, port, more)).Value.Services;

    private static Parsed<Deliveries> Read(string versions, string stable, string service, int port, string more)
    {
        var lines = string.Join("\n  ", versions.Split("], ").Select(v => v.EndsWith(']') ? v : v + "]"));
        return DeliveryFiles.ReadText(
            Encoding.UTF8.GetBytes(
                $"service: {service}\nlisten: http://127.0.0.1:{port}\nversions:\n  {lines}\nstable: {stable}\n{more}\n"), "shop.yaml",
                "/");
    }

    private static VersionSpec Version(string name, int port) => new(name, [new Uri($"http://127.0.0.1:{port}")]);
}
