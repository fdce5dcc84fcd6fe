using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Cli.Demo;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Demo.Pacing;
using TrafficCtl.Cli.Demo.Story;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.V1;
using Xunit;
using DemoOutcome = TrafficCtl.Cli.Demo.Story.DemoOutcome;

namespace TrafficCtl.Cli.Tests.Demo.Story;

public sealed class StoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Uri V1 = new("http://127.0.0.1:5001"), V2 = new("http://127.0.0.1:5002");

    public static TheoryData<string, bool> Profiles() =>
        [.. Scenarios.Names
            .SelectMany(name => new[] { (name, true), (name, false) })
            .Select(p => new TheoryDataRow<string, bool>(p.name, p.Item2))];

    [Theory]
    [InlineData("good", "promoted")]
    [InlineData("errors", "rolled-back")]
    [InlineData("slow", "rolled-back")]
    [InlineData("leak", "rolled-back")]
    [InlineData("burst", "promoted paused")]
    [InlineData("down", "rolled-back")]
    public void Each_scenario_has_its_right_outcomes(string scenario, string right) => Assert.Equal(
        right.Split(' '),
        System.Enum.GetValues<DemoOutcome>().Where(o => Scenarios.Parse(scenario).IsRight(o, isDisturbed: false) == true).Select(
            o => o.Word()));

    [Theory]
    [MemberData(nameof(Profiles))]
    public void The_file_is_one_that_the_product_takes(string scenario, bool fast)
    {
        var profile = Profile.Of(Scenarios.Parse(scenario), fast, Pace.Full);
        var directory = Directory.CreateTempSubdirectory("demo-file-");
        try
        {
            var path = Path.Combine(directory.FullName, "demo.yaml");
            foreach (var v2 in new[] { null, V2 })
            {
                File.WriteAllText(path, DemoFile.Text(profile, V1, v2));
                var parsed = Assert.IsType<Parsed<System.Collections.Immutable.ImmutableArray<Core.Services.ServiceSpec>>.Ok>(
                    DeliveryFiles.Load([path]));
                var spec = Assert.Single(parsed.Value);
                Assert.Equal(v2 is null ? 1 : 2, spec.Versions.Length);
                Assert.Equal(
                    (profile.Times.Tick, profile.Times.ErrorWarmUp, profile.Times.LatencyWarmUp),
                    (spec.Analysis.Tick, spec.Analysis.ErrorWarmUp, spec.Analysis.LatencyWarmUp));
                Assert.Equal([500, 1000, 2500, 5000, 9500], spec.Plan.Steps.Select(s => s.Weights.Candidate));
                Assert.Equal(
                    (profile.Times.Dwell, profile.Times.Holdback, profile.Times.Watch),
                    (spec.Plan.Steps[0].Dwell, spec.Plan.Steps[^1].Dwell, spec.Plan.Watch));
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_summary_says_what_was_scaled()
    {
        Assert.Equal(
            [
                "tick 1 s instead of 5 s", "dwell 5 s instead of 60 s",
                "warm-up of errors 10 s instead of 30 s", "warm-up of latency 20 s instead of 60 s",
                "holdback 15 s instead of 1 h", "watch 5 s instead of 1 h", "unsure deadline 6 min 30 s instead of 2 h",
            ],
            Profile.Of(DemoScenario.Good, true, Pace.Full).Scaled);
        Assert.Equal(
            ["holdback 8 min instead of 1 h", "watch 30 s instead of 1 h", "unsure deadline 43 min 20 s instead of 2 h"],
            Profile.Of(DemoScenario.Good, false, Pace.Full).Scaled);
    }

    [Fact]
    public void The_usual_times_are_the_products_own() => Assert.Equal(
        new Times(
            Analysis.Default.Tick, Plan.DefaultDwell, Analysis.Default.ErrorWarmUp, Analysis.Default.LatencyWarmUp,
            Plan.DefaultHoldback, Plan.DefaultWatch, UnsurePolicy.Default.Hold),
        Profile.Usual);

    [Fact]
    public void Trouble_begins_once_and_at_its_moment()
    {
        var leak = new Director(Profile.Of(DemoScenario.Leak, true, Pace.Full));
        Assert.Empty(leak.See(At(5), Noon.AddSeconds(4)));
        Assert.Empty(leak.See(At(4), Noon.AddSeconds(50)));
        Assert.Equal([Cue.Leak], leak.See(At(5), Noon.AddSeconds(5)));
        Assert.Empty(leak.See(At(5), Noon.AddSeconds(6)));
        Assert.Equal([Cue.KillV2], new Director(Profile.Of(DemoScenario.Down, true, Pace.Full)).See(At(1), Noon.AddSeconds(2)));
        Assert.Equal([Cue.Incident], new Director(Profile.Of(DemoScenario.Burst, true, Pace.Full)).See(At(2), Noon.AddSeconds(1)));
        Assert.Empty(new Director(Profile.Of(DemoScenario.Good, true, Pace.Full)).See(At(5), Noon.AddSeconds(10)));
    }

    [Theory]
    [InlineData("Good", DemoOutcome.Promoted)]
    [InlineData("RolledBack", DemoOutcome.RolledBack)]
    [InlineData("Aborted", DemoOutcome.Aborted)]
    [InlineData("Paused", DemoOutcome.Paused)]
    [InlineData("Baking", null)]
    [InlineData("RollingBack", null)]
    public void A_rollout_ends_when_nothing_follows_without_a_person(string phase, object? outcome)
    {
        var rollout = new RolloutStatus { Phase = phase, Reason = "because" };
        var status = phase is "Good" or "RolledBack" or "Aborted"
            ? new ServiceStatus { Previous = rollout }
            : new ServiceStatus { Rollout = rollout };
        Assert.Equal((DemoOutcome?)outcome, DemoEnding.Of(status)?.Outcome);
    }

    [Fact]
    public void The_journal_tells_the_highest_weight_and_the_moment_of_weight_zero()
    {
        Fact[] facts =
        [
            Fact(4, Noon.AddSeconds(9), "RolledBack", 0),
            Fact(3, Noon.AddSeconds(8), "RollingBack", 0),
            Fact(2, Noon.AddSeconds(1), "Shifting", 1000),
            Fact(1, Noon, "Shifting", 500),
            new Fact { Seq = 5, Kind = "ordered", Data = new FactData() },
            new Fact { Seq = 6, Kind = "observed" },
        ];
        var journal = DemoJournal.Read(facts);
        Assert.Equal(new DemoJournal(4, 1000, Noon.AddSeconds(9)), journal);
        Assert.Equal(3.5, journal.SecondsToRollback(Noon.AddSeconds(5.5)));
        Assert.Null(journal.SecondsToRollback(null));
    }

    [Fact]
    public void A_trip_is_weight_zero_before_the_engine_knows()
    {
        var trip = new Fact
        {
            Seq = 1,
            Kind = "decided",
            At = Timestamp.FromDateTimeOffset(Noon),
            Data = new FactData { Phase = "RollingBack", More = { ["breakerAt"] = "2026-01-01T11:59:59.5000000Z" } },
        };
        Assert.Equal(Noon.AddSeconds(-0.5), DemoJournal.Read([trip, Fact(2, Noon.AddSeconds(1), "RolledBack", 0)]).WeightZeroAt);
    }

    [Theory]
    [InlineData("good", "rolled-back", false)]
    [InlineData("good", "paused", null)]
    [InlineData("good", "unfinished", null)]
    [InlineData("errors", "promoted", false)]
    [InlineData("errors", "paused", null)]
    [InlineData("burst", "rolled-back", false)]
    public void An_outcome_is_wrong_only_where_the_product_decided_wrongly(string scenario, string outcome, bool? right) => Assert.Equal(
        right,
        Scenarios.Parse(scenario).IsRight(System.Enum.GetValues<DemoOutcome>().Single(o => o.Word() == outcome), isDisturbed: false));

    [Fact]
    public void A_machine_that_delays_one_version_explains_a_wrong_outcome()
    {
        var profile = Profile.Of(DemoScenario.Good, true, Pace.Full);
        var ending = new DemoEnding(DemoOutcome.RolledBack, "latency");
        Assert.Equal(false, Of(new LoadReport(1000, 0, 900, 100, 0, 0, null, LateV1: 9, LateV2: 2)));
        Assert.Null(Of(new LoadReport(1000, 0, 900, 100, 0, 0, null, LateV1: 9, LateV2: 4)));
        Assert.Null(Of(new LoadReport(1000, 7, 900, 100, 0, 0, null)));

        bool? Of(LoadReport report) => Summary.Of(profile, Expectation.Of(profile), ending, report, DemoJournal.Read([]), 40).Right;
    }

    [Fact]
    public void The_summary_is_one_json_line()
    {
        var summary = new Summary(
            "errors", true, "rolled-back", true, 5, 31, 7.5, 6, 40, [30, 120], 800, 60_000, 0, [0, 0], "errors", ["tick"]);
        var json = summary.ToJson();
        Assert.DoesNotContain('\n', json);
        var root = JsonDocument.Parse(json).RootElement;
        Assert.Equal("rolled-back", root.GetProperty("outcome").GetString());
        Assert.Equal((5, 31, 7.5, 6), (root.GetProperty("maxWeight").GetInt32(), root.GetProperty("badResponses").GetInt32(),
            root.GetProperty("secondsToRollback").GetDouble(), root.GetProperty("decisions").GetInt32()));
        var open = JsonDocument.Parse((summary with { Right = null, SecondsToRollback = null }).ToJson()).RootElement;
        Assert.Equal(
            (JsonValueKind.Null, JsonValueKind.Null),
            (open.GetProperty("right").ValueKind, open.GetProperty("secondsToRollback").ValueKind));
    }

    [Fact]
    public void A_report_goes_through_a_line()
    {
        var report = new LoadReport(10, 1, 6, 4, 0, 2, Noon);
        Assert.Equal(report, LoadReport.Parse(report.ToJson()));
        Assert.Null(LoadReport.Parse("oops"));
    }

    private static RolloutStatus At(int step) =>
        new() { Phase = "Observing", Step = step, Steps = 5, ChangedAt = Timestamp.FromDateTimeOffset(Noon) };

    private static Fact Fact(long seq, DateTimeOffset at, string phase, int weight) => new()
    {
        Seq = seq,
        Kind = "decided",
        At = Timestamp.FromDateTimeOffset(at),
        Data = new FactData { Phase = phase, Weight = weight },
    };
}
