using System.Text;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Pipelines;

/// <summary>Files with environments: what they mean.</summary>
public sealed class PipelineReadingTests
{
    private static readonly string Directory = Path.Combine(Goldens.Root, "valid");

    [Fact]
    public void The_smallest_pipeline_means_the_defaults_of_the_design()
    {
        var spec = Golden("pipeline-smallest.yaml").Spec;
        Assert.Equal("checkout", spec.Service);
        Assert.Equal(new ArtifactPattern(Path.Combine(Directory, "releases"), "checkout"), spec.Artifact);
        Assert.Equal(["test", "staging", "prod"], spec.Promotion.Environments.Select(static e => e.Name));
        Assert.Equal([[], ["test"], ["staging"]], spec.Promotion.Environments.Select(static e => e.After.AsEnumerable()));
        Assert.All(spec.Promotion.Environments, static e => Assert.Equal((PromotionMode.Auto, (int?)null), (e.Mode, e.Tolerate)));
        Assert.All(spec.Promotion.Environments, static e => Assert.Empty(e.Needs));
        var smoke = Assert.Single(spec.Promotion.Find("test")!.Verify);
        Assert.Equal(("verify-smoke.sh", GateKind.Latched, (TimeSpan?)null), (smoke.Id, smoke.Kind, smoke.Deadline));
        Assert.Equal(new VerifyGate(new Verification.Run("./smoke.sh", [], Directory), VerifyGate.DefaultTimeout), smoke.Gate);

        var quick = Plans.AtOnce(Strategy.AllAtOnce, TimeSpan.FromSeconds(10), new MinimumEvidence(0, 0));
        Assert.Equal([quick, quick, Plans.Default], spec.Targets.Select(static t => t.Template.Plan));
        Assert.Equal(
            [(TimeSpan.FromSeconds(10), TimeSpan.Zero), (TimeSpan.FromSeconds(10), TimeSpan.Zero), (Plan.DefaultWatch, Minutes(64))],
            spec.Promotion.Environments.Select(static e => (e.Watch, e.Ramp)));
        foreach (var target in spec.Targets)
        {
            Assert.Equal(new TargetKey("checkout", target.Template.Environment), target.Key);
            Assert.Equal((0, "", DriftMode.Correct), (target.Template.Versions.Length, target.Template.Stable, target.Drift));
            Assert.Equal([PromotionGate.Instance], target.Template.Needs);
            Assert.Equal(Analysis.Default, target.Template.Analysis);
            Assert.Equal("/healthz", target.Template.Embedded.Proxy.Health.Path);
            var process = Assert.IsType<RuntimeSpec.Process>(target.Runtime).Settings;
            Assert.Equal("{artifact} --urls http://127.0.0.1:{port}", process.Command.ToString());
            Assert.Equal((Path.Combine(Directory, "releases"), (string?)null), (process.ArtifactFolder, process.WorkingDirectory));
            Assert.Equal((new HealthSettings("/healthz"), 0), (process.Health, process.Variables.Count));
        }

        Assert.Equal(
            ["http://127.0.0.1:8081", "http://127.0.0.1:8082", "http://127.0.0.1:8080"],
            spec.Targets.Select(static t => t.Template.Target.Entrance));
    }

    [Fact]
    public void Every_key_of_an_environment_arrives()
    {
        var spec = Golden("pipeline-demanding.yaml").Spec;
        Assert.Equal(["test", "load", "staging", "prod", "archive"], spec.Promotion.Environments.Select(static e => e.Name));
        Assert.Equal(
            [[], [], ["test", "load"], ["staging"], ["staging"]], spec.Promotion.Environments.Select(static e => e.After.AsEnumerable()));
        Assert.Equal(
            [PromotionMode.Auto, PromotionMode.Auto, PromotionMode.Propose, PromotionMode.OnDemand, PromotionMode.Auto],
            spec.Promotion.Environments.Select(static e => e.Mode));
        Assert.Equal(
            ["checkout@test", "checkout@load", "checkout@staging", "checkout@prod/eu", "checkout@prod/us", "checkout@archive"],
            spec.Targets.Select(static t => t.Key.ToString()));
        Assert.Equal(
            [DriftMode.Correct, DriftMode.Observe, DriftMode.Alert, DriftMode.Correct, DriftMode.Correct, DriftMode.Correct],
            spec.Targets.Select(static t => t.Drift));
        var prod = spec.Promotion.Find("prod")!;
        Assert.Equal(["eu", "us"], prod.Targets.AsEnumerable());
        Assert.Equal((1, TimeSpan.FromHours(24), TimeSpan.FromHours(4) + Minutes(35)), (prod.Tolerate, prod.Watch, prod.Ramp));
    }

    [Fact]
    public void Every_key_stands_in_the_demanding_file()
    {
        var written = Golden("pipeline-demanding.yaml").Values.Where(static v => v.Origin.File is not null)
            .SelectMany(static v => v.Path.Split('.', '[')).ToHashSet(StringComparer.Ordinal);
        var process = (SectionShape)RuntimeSchema.Root.Keys[0].Shape;
        var own = EnvironmentSchema.Root.Keys.Where(static k => EnvironmentSchema.Shared.All(s => s.Name != k.Name));
        Assert.All(PipelineSchema.Root.Keys.Take(4).Concat(own).Concat(process.Keys), key => Assert.Contains(key.Name, written));
    }

    [Fact]
    public void The_gates_of_an_environment_have_readable_ids_and_their_terms()
    {
        var spec = Golden("pipeline-demanding.yaml").Spec;
        var prod = spec.Promotion.Find("prod")!;
        Assert.Equal(
            ["soak-staging", "alerts", "approve-leads", "approve-admin", "window", "freeze", "window-2", "freeze-2"],
            prod.Needs.Select(static g => g.Id));
        Assert.Equal((new SoakTerms("staging", TimeSpan.FromHours(4), 5000), (Gate?)null), (prod.Needs[0].Soak, prod.Needs[0].Gate));
        Assert.Equal(QuietGate.Alerts, prod.Needs[1].Gate);
        Assert.Equal(
            ("leads", TimeSpan.FromHours(24), GateOutcome.Fail), (prod.Needs[2].Owner, prod.Needs[2].Deadline, prod.Needs[2].AtDeadline));
        Assert.Equal((TimeSpan.FromDays(2), GateOutcome.Pause), (prod.Needs[3].Deadline, prod.Needs[3].AtDeadline));
        Assert.Equal(new WindowGate([new TimeWindow(15, 9 * 60, 16 * 60, "Europe/Berlin")]), prod.Needs[6].Gate);
        var test = spec.Promotion.Find("test")!;
        Assert.Equal(["verify-smoke.sh", "verify-ci.example-e2e"], test.Verify.Select(static g => g.Id));
        Assert.Equal(
            ("#qa", TimeSpan.FromHours(1), GateOutcome.Fail), (test.Verify[0].Owner, test.Verify[0].Deadline, test.Verify[0].AtDeadline));
        Assert.Equal(new Verification.Run("./smoke.sh", ["--fast"], Directory), Assert.IsType<VerifyGate>(test.Verify[0].Gate).Check);
    }

    [Fact]
    public void Keys_of_the_service_hold_for_each_environment_that_does_not_write_them()
    {
        var spec = Golden("pipeline-demanding.yaml").Spec;
        var (test, staging, eu) = (Of(spec, "checkout@test"), Of(spec, "checkout@staging"), Of(spec, "checkout@prod/eu"));
        Assert.Equal((0.002, 0.01), (test.Template.Analysis.Errors.WorseBy, staging.Template.Analysis.Errors.WorseBy));
        Assert.Equal(0.2, staging.Template.Analysis.Latency.WorseBy);
        Assert.Equal(
            [(0, 10d), (50, 1800d), (2000, 86400d)],
            new[] { test, staging, eu }.Select(static t => ((int)t.Template.Plan.AtLeast.Requests, t.Template.Plan.Watch.TotalSeconds)));
        Assert.Equal(
            (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2)),
            (staging.Template.Embedded.Proxy.AttemptTimeout, staging.Template.Embedded.Proxy.IdleTimeout));
        Assert.Equal(TimeSpan.FromSeconds(20), test.Template.Embedded.Proxy.AttemptTimeout);
        Assert.Equal(["x-staff", "beta"], test.Template.Cohorts.Select(static c => c.Attribute.Name));
        Assert.Equal(["beta", "x-crew"], staging.Template.Cohorts.Select(static c => c.Attribute.Name));
        Assert.Equal(new RouteMatch("shop.example", "/checkout/**"), eu.Template.Embedded.Match);
        Assert.Equal(new RouteMatch(null, "/checkout/**"), test.Template.Embedded.Match);
        Assert.Null(test.Template.Embedded.Listen.Tls);
        Assert.Equal(
            new TlsFiles(Path.Combine(Directory, "cert.pem"), Path.Combine(Directory, "key.pem")), eu.Template.Embedded.Listen.Tls);
        Assert.Equal([500, 1000, 2500, 5000], staging.Template.Plan.Steps.Select(static s => s.Weights.Candidate));
    }

    [Fact]
    public void Every_key_of_a_runtime_arrives()
    {
        var spec = Golden("pipeline-demanding.yaml").Spec;
        var process = Assert.IsType<RuntimeSpec.Process>(Of(spec, "checkout@test").Runtime).Settings;
        Assert.Equal(
            ("/srv/releases", Directory, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(2), 1L << 20, 3),
            (process.ArtifactFolder, process.WorkingDirectory, process.StartTimeout, process.StopTimeout, process.DrainTimeout,
                process.LogBytes, process.LogFiles));
        Assert.Equal(new HealthSettings("/ready", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(500)), process.Health);
        Assert.Equal(
            ["EMPTY=", "LOG_LEVEL=info", "SHOP={service} in {environment}"], process.Variables.Select(static v => $"{v.Key}={v.Value}"));
        var load = Assert.IsType<RuntimeSpec.Process>(Of(spec, "checkout@load").Runtime).Settings;
        Assert.Equal(("warn", TimeSpan.FromSeconds(5)), (load.Variables["LOG_LEVEL"].ToString(), load.StopTimeout));
        Assert.Equal((process.Command.ToString(), process.Health), (load.Command.ToString(), load.Health));
        var archive = Assert.IsType<RuntimeSpec.Static>(Of(spec, "checkout@archive").Runtime);
        Assert.Equal(["v1", "v2"], archive.Versions.Select(static v => v.Version));
        Assert.Equal("/alive", archive.Health.Path);
    }

    [Fact]
    public void Listed_versions_are_a_static_runtime_where_no_other_is_written()
    {
        var spec = Good("""
            service: shop
            versions: { v1: [http://127.0.0.1:5001] }
            environments: { test: { listen: http://127.0.0.1:8081 }, prod: { listen: http://127.0.0.1:8080 } }
            """);
        Assert.All(spec.Targets, static t => Assert.Equal("v1", Assert.IsType<RuntimeSpec.Static>(t.Runtime).Versions[0].Version));
        Assert.Null(spec.Artifact);
    }

    [Theory]
    [InlineData("{ }", Strategy.AllAtOnce, 10, 0)]
    [InlineData("{ watch: 5m }", Strategy.AllAtOnce, 300, 0)]
    [InlineData("{ analysis: { at-least: { requests: 7 } } }", Strategy.AllAtOnce, 10, 7)]
    [InlineData("{ strategy: all-at-once }", Strategy.AllAtOnce, 10, 0)]
    [InlineData("{ strategy: blue-green }", Strategy.BlueGreen, 3600, 200)]
    [InlineData("{ strategy: canary }", Strategy.Canary, 3600, 200)]
    [InlineData("{ holdback: 5m }", Strategy.Canary, 3600, 200)]
    [InlineData("{ rollout: [{ weights: [50, 100] }] }", Strategy.Canary, 3600, 200)]
    public void An_environment_that_others_come_after_takes_a_version_at_once(string keys, Strategy strategy, int watch, int requests)
    {
        var plan = Good($"""
            service: shop
            versions: {"{"} v1: [http://127.0.0.1:5001] {"}"}
            environments:
              test: {"{"} listen: http://127.0.0.1:8081, {keys[1..]}
              prod: {"{"} listen: http://127.0.0.1:8080 {"}"}
            """).Targets[0].Template.Plan;
        Assert.Equal((strategy, watch, requests), (plan.Strategy, (int)plan.Watch.TotalSeconds, (int)plan.AtLeast.Requests));
    }

    [Theory]
    [InlineData("sun 02:15-02:45 Europe/Berlin", "2026-03-29T00:30:00Z", false)] // The clocks jump from 02:00 to 03:00.
    [InlineData("sun 02:15-02:45 Europe/Berlin", "2026-03-29T01:30:00Z", false)]
    [InlineData("sun 02:15-02:45 Europe/Berlin", "2026-03-22T01:30:00Z", true)]
    [InlineData("sun 02:15-02:45 Europe/Berlin", "2026-10-25T00:30:00Z", true)] // The clocks show 02:30 twice.
    [InlineData("sun 02:15-02:45 Europe/Berlin", "2026-10-25T01:30:00Z", true)]
    [InlineData("sun 02:15-02:45 Europe/Berlin", "2026-10-25T01:00:00Z", false)]
    public void A_window_where_the_clocks_change_is_open_when_they_show_its_times(string window, string at, bool isOpen)
    {
        var spec = Good($$"""
            service: shop
            versions: { v1: [http://127.0.0.1:5001] }
            environments: { prod: { listen: http://127.0.0.1:8080, when: { allow: "{{window}}" } } }
            """);
        var gate = Assert.Single(spec.Promotion.Find("prod")!.Needs);
        Assert.Equal("window", gate.Id);
        var now = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(isOpen, gate.Gate!.Answer(new GateFacts(now)) is GateAnswer.Open);
    }

    [Fact]
    public void A_pipeline_stands_beside_services()
    {
        var read = Read("""
            service: cart
            listen: http://127.0.0.1:8080
            match: { path: /cart/** }
            versions: { v1: [http://127.0.0.1:5009] }
            stable: v1
            ---
            service: shop
            versions: { v1: [http://127.0.0.1:5001] }
            environments: { prod: { listen: http://127.0.0.1:8080 } }
            """);
        var files = Assert.IsType<Parsed<Deliveries>.Ok>(read).Value;
        Assert.Equal(("cart", "shop"), (Assert.Single(files.Services).Spec.Service, Assert.Single(files.Pipelines).Spec.Service));
        Assert.Equal([new TargetKey("shop", "prod")], files.PipelineTargets);
    }

    [Fact]
    public void Explain_tells_every_value_of_a_pipeline_and_where_it_comes_from()
    {
        var file = Path.Combine(Directory, "pipeline-smallest.yaml");
        var values = Golden("pipeline-smallest.yaml").Values;
        var text = Explain.Render(values).Replace(file, "pipeline-smallest.yaml", StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Path.ChangeExtension(file, ".explain")), text);
    }

    private static TimeSpan Minutes(int minutes) => TimeSpan.FromMinutes(minutes);

    private static PipelineTarget Of(PipelineSpec spec, string key) => spec.Targets.Single(t => t.Key.ToString() == key);

    private static DeliveredPipeline Golden(string name)
    {
        var read = DeliveryFiles.Read([Path.Combine(Directory, name)], null, Goldens.Able);
        Assert.True(read is Parsed<Deliveries>.Ok, read.ToString());
        return Assert.Single(((Parsed<Deliveries>.Ok)read).Value.Pipelines);
    }

    private static PipelineSpec Good(string text)
    {
        var read = Read(text);
        Assert.True(read is Parsed<Deliveries>.Ok, read.ToString());
        return Assert.Single(((Parsed<Deliveries>.Ok)read).Value.Pipelines).Spec;
    }

    private static Parsed<Deliveries> Read(string text) =>
        DeliveryFiles.ReadText(Encoding.UTF8.GetBytes(text), "shop.yaml", Directory, Goldens.Able);
}
