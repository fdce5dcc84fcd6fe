using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.Kubernetes.Mesh.Ledger;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class ConsulObjectsTests : IClusterTargets, ILeadership, IAsyncLifetime
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly ManualClock clock = new();
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler());
    private FakeConsul consul = null!;
    private bool leads = true;
    private RouteMode mode = RouteMode.Patch;

    public async ValueTask InitializeAsync() => consul = await FakeConsul.StartAsync();

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await consul.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    ClusterTarget? IClusterTargets.Find(string service) => MeshTools.Target("consul", null, mode);

    ImmutableArray<Cohort> IClusterTargets.CohortsOf(string service) => [MeshTools.Employees];

    bool ILeadership.Holds(TimeSpan callTimeout) => leads;

    Task ILeadership.RunAsync(Func<CancellationToken, Task> lead, CancellationToken stop) => lead(stop);

    [Fact]
    public async Task A_splitter_of_somebody_else_gets_weights_and_keeps_the_rest()
    {
        PutSplitter(100);
        var router = Router();
        await AskAsync(router, 1250);
        var entry = consul.Find("service-splitter/checkout")!;
        Assert.Equal(["87.5", "12.5"], entry["Splits"]!.AsArray().Select(s => s!["Weight"]!.ToJsonString()));
        Assert.Equal("b", entry["Splits"]![0]!["RequestHeaders"]!["Set"]!["a"]!.GetValue<string>());
        Assert.Contains("PUT /v1/config?cas=11", consul.Calls);
        var writes = Writes;
        clock.Advance(TimeSpan.FromSeconds(5));
        await AskAsync(router, 1250);
        Assert.Equal(writes, Writes);
    }

    [Fact]
    public async Task A_check_and_set_that_lost_is_read_and_planned_again()
    {
        PutSplitter(100);
        var isMoved = false;
        consul.Intercept = call =>
        {
            if (!call.StartsWith("PUT", StringComparison.Ordinal) || isMoved) return null;
            isMoved = true;
            PutSplitter(100);
            return null;
        };
        await AskAsync(Router(), 1000);
        Assert.Equal(2, Writes);
        Assert.Equal("10", consul.Find("service-splitter/checkout")!["Splits"]![1]!["Weight"]!.ToJsonString());
    }

    [Fact]
    public async Task An_entry_that_Consul_finds_invalid_is_told_with_its_words()
    {
        PutSplitter(100);
        consul.Intercept = call => call.StartsWith("PUT", StringComparison.Ordinal)
            ? (500, "service \"checkout\" has protocol \"tcp\", which does not permit splitting")
            : null;
        var fault = await Assert.ThrowsAsync<MeshException>(() => AskAsync(Router(), 1000));
        Assert.Equal(MeshFault.Invalid, fault.Fault);
        Assert.Contains("does not permit splitting", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_without_the_right_and_a_Consul_that_is_gone_are_told_apart()
    {
        PutSplitter(100);
        consul.Token = "secret";
        var fault = await Assert.ThrowsAsync<MeshException>(() => AskAsync(Router(), 1000));
        Assert.Equal(MeshFault.Forbidden, fault.Fault);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
        consul.Intercept = _ => (503, "no leader");
        Assert.Equal(MeshFault.Unreachable, (await Assert.ThrowsAsync<MeshException>(() => AskAsync(Router(), 1000))).Fault);
    }

    [Fact]
    public async Task A_token_is_read_from_its_file_at_each_call()
    {
        PutSplitter(100);
        var file = Path.GetTempFileName();
        try
        {
            (consul.Token, var router) = ("first", Router(file));
            await File.WriteAllTextAsync(file, "first\n", Stop);
            await AskAsync(router, 1000);
            consul.Token = "second";
            await File.WriteAllTextAsync(file, "second\n", Stop);
            await AskAsync(router, 2000);
            Assert.Equal("20", consul.Find("service-splitter/checkout")!["Splits"]![1]!["Weight"]!.ToJsonString());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Nothing_is_sent_by_a_process_that_does_not_surely_lead()
    {
        PutSplitter(100);
        leads = false;
        Assert.Contains(
            "is not surely the leader", (await Assert.ThrowsAsync<MeshException>(() => AskAsync(Router(), 1000))).Message,
            StringComparison.Ordinal);
        Assert.Equal(0, Writes);
    }

    [Fact]
    public async Task Entries_of_our_own_are_made_for_the_split_and_for_a_cohort_and_go_with_it()
    {
        mode = RouteMode.Owned;
        var router = Router();
        await AskAsync(router, 1000, 10_000);
        Assert.Equal(
            "checkout-canary", consul.Find("service-router/checkout")!["Routes"]![0]!["Destination"]!["Service"]!.GetValue<string>());
        Assert.Equal("trafficctl", consul.Find("service-splitter/checkout")!["Meta"]!["managed-by"]!.GetValue<string>());
        await AskAsync(router, 2500);
        Assert.Null(consul.Find("service-router/checkout"));
        Assert.Equal("75", consul.Find("service-splitter/checkout")!["Splits"]![0]!["Weight"]!.ToJsonString());
    }

    [Fact]
    public async Task A_person_who_lowers_the_candidate_in_Consul_has_aborted_it()
    {
        PutSplitter(100);
        var router = Router();
        await AskAsync(router, 2500);
        PutSplitter(100);
        clock.Advance(TimeSpan.FromSeconds(5));
        var drift = (await router.ObserveAsync(Keys.Of("shop.checkout"), Stop))!.Drift!;
        Assert.Equal((DriftAnswer.Abort, "somebody unknown"), (drift.Answer, drift.Who));
    }

    private long generation;

    private int Writes => consul.Calls.Count(c => c.StartsWith("PUT", StringComparison.Ordinal));

    private Task<ApplyOutcome> AskAsync(MeshRouter router, int basisPoints, int? cohort = null) => router.ApplyAsync(
        new ServiceRoute(Keys.Of("shop.checkout"), ++generation, "v1", "v2", "r", new Exposure(
            Weights.OfCandidate(basisPoints), cohort is { } own ? [new CohortWeights("employees", Weights.OfCandidate(own))] : [])),
            Stop).AsTask();

    private MeshRouter Router(string? tokenFile = null)
    {
        var objects = new ConsulObjects(
            http, new ConsulOptions { Address = consul.Address, TokenFile = tokenFile }, this, MeshSettings.Default, clock);
        return new MeshRouter(new MeshParts(this, new MeshHomes(objects, objects), new MemoryLedger(), null, MeshSettings.Default, clock));
    }

    private void PutSplitter(int stable) => consul.Put(MeshTools.Json(
        $$"""
        { "Kind": "service-splitter", "Name": "checkout", "Meta": { "team": "pay" }, "Splits": [
          { "Weight": {{stable}}, "Service": "checkout-stable", "RequestHeaders": { "Set": { "a": "b" } } }, { "Weight": {{100 - stable}}, "Service": "checkout-canary" }] }
        """));
}
