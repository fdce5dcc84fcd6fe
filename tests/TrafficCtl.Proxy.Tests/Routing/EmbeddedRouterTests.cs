using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Routing;
using TrafficCtl.TestKit;
using Xunit;
using Outcome = TrafficCtl.Core.Signals.Outcome;

namespace TrafficCtl.Proxy.Tests.Routing;

public sealed class EmbeddedRouterTests : IDisposable
{
    private readonly Bench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public void Serves_the_birth_stable_before_any_route()
    {
        Assert.Equal(ServiceRoute.Idle(Keys.Of(Bench.Service), -1, "v1"), bench.Serving.Route);
        Assert.Equal("v1", bench.Serving.VersionOf(Arm.Stable));
        Assert.Empty(bench.Router.LastKnown);
    }

    [Fact]
    public void Refuses_an_older_generation_and_repeats_an_equal_one_harmlessly()
    {
        bench.Apply(Bench.Route(5, 500));
        var serving = bench.Serving;

        Assert.Equal(ApplyOutcome.Stale, bench.Apply(Bench.Route(4, 2500)));
        Assert.Equal(ApplyOutcome.Applied, bench.Apply(Bench.Route(5, 500)));

        Assert.Same(serving, bench.Serving);
    }

    [Fact]
    public void Writes_nothing_when_nothing_changed()
    {
        var path = Path.Combine(bench.Directory, "snapshot.json");
        bench.Apply(Bench.Route(5, 500));
        File.Delete(path);
        bench.Apply(Bench.Route(5, 500));

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_withdrawal_among_many_routes_is_on_disk_before_the_next_change()
    {
        var specs = Enumerable.Range(0, 100).Select(i => bench.Spec with { Service = $"service-{i}" }).ToArray();
        bench.Restart(specs);
        foreach (var spec in specs)
            await bench.Router.ApplyAsync(Bench.Route(5, 2500, $"{spec.Service}-default-1") with { Key = spec.Key }, default);

        await bench.Router.ApplyAsync(Bench.Route(6, 0, "service-7-default-1") with { Key = specs[7].Key }, default);

        // Another process, after a kill: nothing was written on the way out.
        using var router = new EmbeddedRouter(bench.Directory, new ServiceRuntimes(), bench.Health, bench.Clock, bench.Log);
        Assert.Equal(Weights.AllStable, router.LastKnown.Single(r => r.Key == specs[7].Key).Exposure.General);
    }

    [Fact]
    public async Task Knows_nothing_of_a_service_that_is_not_configured()
    {
        var route = ServiceRoute.Idle(Keys.Of("unheard"), 1, "v1");

        Assert.Equal(ApplyOutcome.Stale, await bench.Router.ApplyAsync(route, default));
        Assert.Null(await bench.Router.ObserveAsync(Keys.Of("unheard"), default));
        Assert.Null(await bench.Router.ReadAsync(Keys.Of("unheard"), default));
    }

    [Fact]
    public void Starts_with_the_last_snapshot_and_needs_no_store()
    {
        var route = Bench.Route(7, 2500) with
        {
            Exposure = new Exposure(Weights.OfCandidate(2500), [new CohortWeights("staff", Weights.AllCandidate)]),
        };
        bench.Apply(route);
        bench.Restart();

        Assert.Equal(route, bench.Serving.Route);
        Assert.Equal(10_000, bench.Serving.WeightsOf(1).Candidate);
        Assert.Equal([route], bench.Router.LastKnown);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"version\":1,\"routes\":[{\"service\":\"checkout\",")]
    [InlineData("{\"version\":9,\"routes\":[]}")]
    [InlineData("{\"version\":1}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":1,\"stable\":\"v1\",\"candidate\":\"v2\",\"rolloutId\":\"r\",\"general\":10001,\"cohorts\":[]}]}")]
    [InlineData("\0\0\0\0")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"version\":1,\"routes\":null}")]
    [InlineData("{\"version\":1,\"routes\":[null]}")]
    [InlineData("{\"version\":1,\"routes\":[{}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":null,\"generation\":1,\"stable\":\"v1\",\"candidate\":null,\"rolloutId\":null,\"general\":0,\"cohorts\":[]}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":1,\"stable\":null,\"candidate\":null,\"rolloutId\":null,\"general\":0,\"cohorts\":[]}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":1,\"stable\":\"\",\"candidate\":null,\"rolloutId\":null,\"general\":0,\"cohorts\":[]}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":1,\"stable\":\"v1\",\"candidate\":null,\"rolloutId\":null,\"general\":0,\"cohorts\":null}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":1,\"stable\":\"v1\",\"candidate\":\"v2\",\"rolloutId\":\"r\",\"general\":0,\"cohorts\":[null]}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":1,\"stable\":\"v1\",\"candidate\":\"v2\",\"rolloutId\":\"r\",\"general\":0,\"cohorts\":[{\"cohort\":null,\"weight\":0}]}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":9223372036854775807,\"stable\":\"v1\",\"candidate\":null,\"rolloutId\":null,\"general\":0,\"cohorts\":[]}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":-9223372036854775808,\"stable\":\"v1\",\"candidate\":null,\"rolloutId\":null,\"general\":0,\"cohorts\":[]}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":1,\"stable\":\"v1\",\"candidate\":\"v2\",\"rolloutId\":\"checkout-default-2147483647\",\"general\":0,\"cohorts\":[]}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":1,\"stable\":\"v1\",\"candidate\":null,\"rolloutId\":null,\"general\":0,\"cohorts\":[],\"stableEndpoints\":[null]}]}")]
    [InlineData(
        "{\"version\":1,\"routes\":[{\"service\":\"checkout\",\"generation\":1,\"stable\":\"v1\",\"candidate\":null,\"rolloutId\":null,\"general\":0,\"cohorts\":[],\"stableEndpoints\":[\"file:///etc/passwd\"]}]}")]
    public void Moves_a_torn_or_corrupt_snapshot_aside_and_starts_as_without(string content)
    {
        bench.Apply(Bench.Route(7, 2500));
        File.WriteAllText(Path.Combine(bench.Directory, "snapshot.json"), content);
        bench.Restart();

        Assert.Equal(ServiceRoute.Idle(Keys.Of(Bench.Service), -1, "v1"), bench.Serving.Route);
        var aside = Assert.Single(System.IO.Directory.GetFiles(bench.Directory, "snapshot.json.corrupt-*"));
        Assert.Equal(content, File.ReadAllText(aside));
        Assert.Contains(bench.Log.Entries, e => e.Text.Contains(aside, StringComparison.Ordinal));
    }

    [Fact]
    public void Moves_what_is_no_file_of_a_snapshots_size_aside_unread()
    {
        bench.Apply(Bench.Route(7, 2500));
        var path = Path.Combine(bench.Directory, "snapshot.json");
        using (var huge = File.OpenWrite(path)) huge.SetLength(1L << 40);
        bench.Restart();
        Fifo.Make(path);
        bench.Restart();
        System.IO.Directory.CreateDirectory(path);
        bench.Restart();

        Assert.Equal(ServiceRoute.Idle(Keys.Of(Bench.Service), -1, "v1"), bench.Serving.Route);
        Assert.False(Path.Exists(path));
        Assert.Equal(3, bench.Log.Entries.Count(e => e.Text.Contains("it was moved to", StringComparison.Ordinal)));
    }

    [Fact]
    public void Reads_a_snapshot_of_a_build_that_knew_no_endpoints()
    {
        File.WriteAllText(
            Path.Combine(bench.Directory, "snapshot.json"),
            """{"version":1,"routes":[{"service":"checkout","generation":4,"stable":"v2","candidate":null,"rolloutId":null,"general":0,"cohorts":[]}]}""");
        bench.Restart();

        Assert.Equal(("v2", 4), (bench.Serving.StableVersion, bench.Serving.Route.Generation));
    }

    [Fact]
    public void Keeps_what_served_last_for_a_start_whose_file_lists_it_no_longer()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 2, "v2"));
        // Its endpoints changed while it served.
        bench.Router.Configure(
            [bench.Spec with { Versions =
                [.. bench.Spec.Versions.Select(v => v.Version == "v2" ? new VersionSpec("v2", [new Uri("http://moved.test")]) : v)] }]);
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 2, "v2"));
        bench.Spec = Bench.SpecOf("v1", "v3");
        bench.Restart();
        Assert.Equal(("v1", "v1"), (bench.Serving.StableVersion, bench.Observe().StandIn));

        var retained = bench.Router.Retain(bench.Spec);
        Assert.Equal(["v2", "v1", "v3"], retained.Versions.Select(v => v.Version));
        Assert.Equal(
            (true, new Uri("http://moved.test")), (retained.Versions[0].IsRetained, Assert.Single(retained.Versions[0].Endpoints)));
        bench.Router.Configure([retained]);
        Assert.Equal(("v2", null), (bench.Serving.StableVersion, bench.Observe().StandIn));
        Assert.Equal(["v1", "v3"], bench.Router.Retain(bench.Spec with { Service = "other" }).Versions.Select(v => v.Version));
    }

    [Fact]
    public void Keeps_a_unix_socket_that_served_last()
    {
        var socket = new Uri("http+unix:///run/shop%20v2.sock");
        var versions = bench.Spec.Versions.Select(v => v.Version == "v2" ? new VersionSpec("v2", [socket]) : v);
        bench.Router.Configure([bench.Spec with { Versions = [.. versions] }]);
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 2, "v2"));
        bench.Spec = Bench.SpecOf("v1", "v3");
        bench.Restart();

        Assert.Equal(socket, Assert.Single(bench.Router.Retain(bench.Spec).Versions[0].Endpoints));
    }

    [Fact]
    public void Moves_traffic_and_says_so_when_the_snapshot_cannot_be_written()
    {
        var obstacle = System.IO.Directory.CreateDirectory(Path.Combine(bench.Directory, "snapshot.json.tmp"));
        Assert.Equal(ApplyOutcome.Applied, bench.Apply(Bench.Route(1, 500)));
        Assert.Equal(500, bench.Serving.Effective.General.Candidate);
        Assert.Contains("snapshot.json", bench.Observe().Warning, StringComparison.Ordinal);

        obstacle.Delete();
        bench.Apply(Bench.Route(1, 500));
        Assert.Null(bench.Observe().Warning);
        bench.Restart();
        Assert.Equal(1, bench.Serving.Route.Generation);
    }

    [Fact]
    public void Exposes_nobody_to_a_version_that_the_configuration_no_longer_names()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.Router.Configure([Bench.SpecOf("v1", "v3")]);

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Null(bench.Serving.CandidateVersion);

        bench.Router.Configure([Bench.SpecOf("v1", "v2")]);
        Assert.Equal(500, bench.Serving.Effective.General.Candidate);
    }

    [Fact]
    public void Remembers_the_route_of_a_service_that_left_the_configuration_and_came_back()
    {
        bench.Apply(Bench.Route(3, 500));
        bench.Router.Configure([]);
        Assert.Null(bench.Services.Find(Keys.Of(Bench.Service)));
        bench.Router.Configure([bench.Spec]);

        Assert.Equal(3, bench.Serving.Route.Generation);
    }

    [Fact]
    public void Keeps_counting_over_a_reload()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.Send(Arm.Candidate, 3);
        bench.Router.Configure([Bench.SpecOf("v1", "v2", "v4") with { Cohorts = [] }]);
        bench.Send(Arm.Candidate, 4);

        Assert.Equal(7, Assert.Single(bench.Read().Arms, a => a is { Arm: Arm.Candidate, Cohort: null }).Counts.Requests);
    }

    [Fact]
    public void Counts_anew_with_each_rollout_while_the_totals_go_on()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.Send(Arm.Candidate, 3);
        bench.Send(Arm.Stable, 5);
        bench.Apply(Bench.Route(2, 500, "checkout-default-2", "v3"));
        bench.Send(Arm.Candidate, 10);

        Assert.Equal("checkout-default-2", bench.Read().RolloutId);
        Assert.Equal(10, Assert.Single(bench.Read().Arms, a => a is { Arm: Arm.Candidate, Cohort: null }).Counts.Requests);
        Assert.Equal((5, 13), Totals());
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((5, 13), Totals());
        Assert.Equal((5, 13), Totals());
    }

    [Fact]
    public void Counts_a_late_completion_in_the_cell_of_its_dispatch()
    {
        bench.Apply(Bench.Route(1, 500));
        var cell = bench.Serving.Cell(Arm.Candidate, 0);
        cell.Start();
        bench.Apply(Bench.Route(2, 500, "checkout-default-2", "v3"));
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, bench.Router.Totals()[0].Candidate.InFlight);

        cell.End(Outcome.ServerError, 10_000, 0, 0, 0, hasUser: false);

        Assert.Equal(0, bench.Read().Arms.Sum(a => a.Counts.Requests));
        Assert.Equal((1, 0), (bench.Router.Totals()[0].Candidate.Failures, bench.Router.Totals()[0].Candidate.InFlight));
    }

    [Fact]
    public void Counts_a_cohort_with_the_rest_until_it_has_weights_of_its_own()
    {
        bench.Apply(Bench.Route(1, 500));
        Assert.Same(bench.Serving.Cell(Arm.Stable, 0), bench.Serving.Cell(Arm.Stable, 1));
        Assert.Equal(500, bench.Serving.WeightsOf(1).Candidate);

        bench.Apply(
            Bench.Route(2, 0) with { Exposure = new Exposure(Weights.AllStable, [new CohortWeights("staff", Weights.OfCandidate(9000))]) });
        bench.Send(Arm.Candidate, 2, cohort: 1);
        Assert.Equal((0, 9000), (bench.Serving.WeightsOf(0).Candidate, bench.Serving.WeightsOf(1).Candidate));
        Assert.Equal(2, Assert.Single(bench.Read().Arms, a => a is { Arm: Arm.Candidate, Cohort: "staff" }).Counts.Requests);
    }

    [Fact]
    public void Reads_users_of_the_last_ten_minutes_with_the_anonymous_ones()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.Serving.Cell(Arm.Candidate, 0).Count(Outcome.ServerError, 1, hasUser: true);
        bench.Send(Arm.Candidate, 4);
        Assert.Equal(new UserCounts(5, 1, 1, 1, 0, 1, false), bench.Read().CandidateUsers);

        bench.Clock.Advance(TimeSpan.FromMinutes(5));
        bench.Send(Arm.Candidate, 3, Outcome.Reset);
        Assert.Equal(new UserCounts(8, 4, 4, 4, 0, 1, false), bench.Read().CandidateUsers);

        bench.Clock.Advance(TimeSpan.FromSeconds(311));
        Assert.Equal(new UserCounts(3, 3, 3, 3, 0, 0, false), bench.Read().CandidateUsers);
        bench.Clock.Advance(TimeSpan.FromSeconds(311));
        Assert.Equal(default, bench.Read().CandidateUsers);
    }

    [Fact]
    public void Names_another_source_after_a_restart()
    {
        var before = bench.Read().Source;
        Assert.Equal(before, bench.Read().Source);
        bench.Restart();

        Assert.NotEqual(before, bench.Read().Source);
    }

    /// <summary>
    /// Invariants 1 and 2: whatever arrives in whatever order, shares sum to 10000 and the candidate never gets more than the newest
    /// accepted route asks.
    /// </summary>
    [Fact]
    public void Never_serves_more_than_the_newest_route_asks_in_any_order_of_events()
    {
        var events = Gen.Choose(0, 9).Zip(Gen.Choose(0, 12)).Zip(Gen.Choose(0, 10_000)).Zip(Gen.Choose(1, 3));
        var scripts = events.ListOf().Resize(40).ToArbitrary();
        Prop.ForAll(scripts, script =>
        {
            using var local = new Bench();
            ServiceRoute? newest = null;
            var latched = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (((kind, generation), weight), rollout) in script)
            {
                var id = $"checkout-default-{rollout}";
                switch (kind)
                {
                    case 0:
                        local.Restart();
                        break;
                    case 1:
                        local.FailUntilTripped();
                        if (local.Observe().Trip is { } trip) latched.Add(trip.RolloutId);
                        break;
                    default:
                        var route = kind == 2
                            ? ServiceRoute.Idle(Keys.Of(Bench.Service), generation, "v1")
                            : Bench.Route(generation, weight, id, kind == 3 ? "gone" : "v2");
                        var outcome = local.Apply(route);
                        Assert.Equal(newest is { } held && generation < held.Generation, outcome == ApplyOutcome.Stale);
                        if (outcome == ApplyOutcome.Applied)
                        {
                            if (generation > (newest?.Generation ?? -1)) latched.RemoveWhere(l => l != route.RolloutId);
                            newest = route;
                        }

                        break;
                }

                var serving = local.Serving;
                for (var cohort = 0; cohort <= 1; cohort++)
                {
                    var weights = serving.WeightsOf(cohort);
                    Assert.Equal(Weights.Total, weights.Stable + weights.Candidate);
                    Assert.True(weights <= (newest?.Exposure.Highest ?? Weights.AllStable));
                    if (newest?.RolloutId is { } present && latched.Contains(present)) Assert.Equal(Weights.AllStable, weights);
                    if (newest?.Candidate == "gone") Assert.Equal(Weights.AllStable, weights);
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(20260101, 1));
    }

    [Fact]
    public void Shows_readers_one_whole_route_while_several_writers_race()
    {
        const int Writers = 3, Each = 300;
        using var go = new Barrier(Writers + 1);
        var writers = Enumerable.Range(0, Writers).Select(w => new Thread(() =>
        {
            go.SignalAndWait();
            for (var n = 0; n < Each; n++)
            {
                var generation = (n * Writers) + w;
                bench.Services.Find(Keys.Of(Bench.Service))!.Apply(
                    Bench.Route(generation, generation, $"checkout-default-{generation / 50}"), TimeSpan.Zero, out _);
            }
        })).ToArray();
        foreach (var writer in writers) writer.Start();
        go.SignalAndWait();
        long newest = -1;
        while (newest < (Writers * Each) - 1)
        {
            var serving = bench.Serving;
            Assert.True(serving.Route.Generation >= newest);
            newest = serving.Route.Generation;
            if (newest < 0) continue;
            Assert.Equal(newest, serving.WeightsOf(0).Candidate);
            Assert.Equal(Weights.Total, serving.WeightsOf(0).Candidate + serving.WeightsOf(0).Stable);
            Assert.Equal(serving.Route.RolloutId, serving.Measured.RolloutId);
            serving.Cell(Arm.Candidate, 0).Count(Outcome.Success, 0, hasUser: false);
        }

        foreach (var writer in writers) writer.Join();
    }

    private (long Stable, long Candidate) Totals()
    {
        var totals = bench.Router.Totals()[0];
        return (totals.Stable.Requests, totals.Candidate.Requests);
    }
}
