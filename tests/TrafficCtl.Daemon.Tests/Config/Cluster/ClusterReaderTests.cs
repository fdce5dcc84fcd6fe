using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Cluster;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Discovery;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Cluster;

public sealed class ClusterReaderTests
{
    [Fact]
    public void An_enabled_service_with_a_route_has_safe_defaults()
    {
        var delivery = Good(("enabled", "true"), ("route", "istio/checkout#primary"));

        Assert.Equal(new RouteReference("istio", "checkout", "primary"), delivery.Route);
        Assert.Equal(
            (RouteMode.Patch, DriftPolicy.Auto, "istio", false), (delivery.Mode, delivery.Drift, delivery.Metrics, delivery.IsManaged));
        Assert.Equal(("checkout-stable", "checkout-canary"), (delivery.StableService, delivery.CandidateService));
        Assert.Equal(Analysis.Default, delivery.Analysis);
        Assert.Equal(Plan.DefaultWatch, delivery.Plan.Watch);
        Assert.Equal("shop.checkout", delivery.With([new VersionSpec("v1", [])], []).Service);
    }

    [Fact]
    public void A_look_is_as_long_as_a_scrape_unless_it_is_said()
    {
        var reader = new ClusterReader(TimeSpan.FromSeconds(15));
        Assert.Equal(TimeSpan.FromSeconds(15), Read(reader).Analysis.Tick);
        Assert.Equal(TimeSpan.FromSeconds(15), Read(reader, ("analysis.latency.worse-by", "20%")).Analysis.Tick);
        Assert.Equal(TimeSpan.FromSeconds(30), Read(reader, ("analysis.tick", "30s")).Analysis.Tick);

        static ClusterDelivery Read(ClusterReader by, params (string Key, string Text)[] more) =>
            by.Read(Declared(Keys([("enabled", "true"), ("route", "istio/checkout"), .. more]))).Delivery!;
    }

    [Fact]
    public void Nested_keys_and_the_yaml_of_the_rest_make_one_delivery()
    {
        var delivery = Good(
            ("enabled", "true"), ("route", "smi/checkout"), ("environment", "prod"), ("watch", "2h"), ("analysis.errors.worse-by", "0.3pp"),
            ("rollout", "[{ cohort: staff }, { weights: [10, 100], hold: 5m }]"),
            ("delivery", "cohorts:\n  staff: { header: x-staff, equals: yes }\nanalysis:\n  tick: 15s\n  errors: { then: hold }\n"));

        Assert.Equal("prod", delivery.Environment);
        Assert.Equal(TimeSpan.FromHours(2), delivery.Plan.Watch);
        Assert.Equal(new ErrorTolerance(0.003, Consequence.Hold), delivery.Analysis.Errors);
        Assert.Equal(TimeSpan.FromSeconds(15), delivery.Analysis.Tick);
        Assert.Equal("staff", Assert.Single(delivery.Cohorts).Name);
        Assert.Contains(delivery.Plan.Steps, s => s.Weights == Weights.OfCandidate(1_000) && s.Dwell == TimeSpan.FromMinutes(5));
        Assert.Equal((RouteMode.Owned, "linkerd"), (delivery.Mode, delivery.Metrics));
    }

    [Fact]
    public void Metrics_of_ones_own_saturation_and_quiet_alerts_are_keys_of_a_cluster()
    {
        var delivery = Good(
            ("enabled", "true"), ("route", "istio/checkout"), ("metrics", "istio-ambient"), ("needs", "[{ quiet: [alerts] }]"),
            ("analysis.saturation", "[cpu, memory]"),
            ("analysis.orders.direction", "higher"), ("analysis.orders.prometheus", "sum by (arm) (rate(orders_total[1m]))"));

        Assert.Equal(
            [
                new MetricTolerance("orders", Direction.Higher, 0.15) { Query = "sum by (arm) (rate(orders_total[1m]))" },
                new MetricTolerance("cpu-per-request", Direction.Lower, 0.15) { Query = "saturation:cpu" },
                new MetricTolerance("memory", Direction.Lower, 0.15) { Query = "saturation:memory" },
            ],
            delivery.Analysis.Metrics);
        Assert.Equal([QuietGate.Alerts], delivery.With([new VersionSpec("v1", [])], []).Needs);
    }

    [Fact]
    public void A_metric_that_nothing_reads_is_a_problem() => Assert.Contains(
        "nothing reads it",
        Assert.Single(Read(("enabled", "true"), ("route", "istio/checkout"), ("analysis.orders.direction", "higher")).Problems),
        StringComparison.Ordinal);

    [Fact]
    public void All_problems_are_told_with_their_annotation_and_place()
    {
        var read = Read(
            ("enabled", "true"), ("rute", "istio/checkout"), ("holdback", "soon"), ("analysis.latency.worse-bye", "5%"),
            ("timeouts.connect", "1s"),
            ("candidate-service", "checkout"), ("delivery", "rollout:\n  - { weights: [50, 20, 100] }\n  - { cohort: nobody }\n"));

        Assert.Null(read.Delivery);
        Assert.Equal(
            [
                "Service shop/checkout: trafficctl.io/analysis.latency.worse-bye: unknown key (did you mean \"worse-by\"?)",
                "Service shop/checkout: trafficctl.io/holdback: \"soon\" is not a duration (write a whole number and ms, s, m, h, d or w)",
                "Service shop/checkout: trafficctl.io/route: is missing (add route: a route such as istio/checkout#primary, or up to 16 "
                    + "of them with commas between)",
                "Service shop/checkout: trafficctl.io/rute: unknown key (did you mean \"route\"?)",
                "Service shop/checkout: trafficctl.io/timeouts: does not belong here (write them in the routing object)",
            ],
            read.Problems.Where(p => !p.Contains("trafficctl.io/delivery", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains(read.Problems, p => p.StartsWith(
            "Service shop/checkout: trafficctl.io/delivery:3:15: rollout[1].cohort: there is no cohort nobody", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("istio/checkout#primary, gateway-api/edge")]
    [InlineData("istio/checkout#primary,gateway-api/edge")]
    [InlineData("[istio/checkout#primary, gateway-api/edge]")]
    public void Several_routes_stand_in_one_annotation(string route)
    {
        var delivery = Good(("enabled", "true"), ("route", route), ("metrics", "istio"));
        Assert.Equal((new RouteReference("istio", "checkout", "primary"), RouteMode.Patch), (delivery.Route, delivery.Mode));
        Assert.Equal([new RoutePart(new RouteReference("gateway-api", "edge", null), RouteMode.Patch)], delivery.Also);
        Assert.Equal("istio/checkout#primary, gateway-api/edge", delivery.With([new VersionSpec("v1", [])], []).Cluster!.RoutesText);
    }

    [Fact]
    public void Several_routes_are_a_list_in_a_Delivery_or_in_the_YAML_of_the_rest()
    {
        var spec = new JsonObject
        {
            ["service"] = "checkout",
            ["metrics"] = "istio",
            ["route"] = new JsonArray("ingress-nginx/checkout", "istio/checkout"),
        };
        var delivery = new ClusterReader().Read(Custom(spec.ToJsonString())).Delivery!;
        // Each is written as is usual for its kind.
        Assert.Equal([RouteMode.Owned, RouteMode.Patch], new[] { delivery.Mode }.Concat(delivery.Also.Select(a => a.Mode)));

        delivery = Good(("enabled", "true"), ("metrics", "istio"), ("delivery", "route:\n- istio/a\n- istio/b\n"));
        Assert.Equal("istio/a, istio/b", delivery.RoutesText);
        Assert.Equal("istio", Good(("enabled", "true"), ("route", "istio/a, istio/b")).Metrics);
    }

    [Theory]
    [InlineData("istio/checkout, istio/checkout", "istio/checkout is named twice (name each route once)")]
    [InlineData(
        "istio/checkout#a, istio/checkout",
        "istio/checkout and istio/checkout#a name one object, with a rule and without (name the rule of each)")]
    [InlineData("istio/checkout, isto/edge", "\"isto\" is no routing that is known (did you mean \"istio\"?)")]
    [InlineData("istio/checkout, ", "is not the name of an object")]
    [InlineData("[]", "has no route (write istio/checkout#primary)")]
    [InlineData("traefik/a#x, traefik/a#y", "traefik/a is named twice, and such an object has no rules (name each object once)")]
    [InlineData(
        "istio/checkout, ingress-nginx/edge",
        "is missing: the routes are of different meshes, or of one that many understand (add one of istio, ")]
    [InlineData(
        "istio/a, gateway-api/b", "is missing: the routes are of different meshes, or of one that many understand (add one of istio, ")]
    public void Several_routes_that_cannot_stand_together_are_refused(string route, string complaint) =>
        Assert.Contains(complaint, Assert.Single(Read(("enabled", "true"), ("route", route)).Problems), StringComparison.Ordinal);

    [Fact]
    public void Seventeen_routes_are_too_many_and_what_one_of_them_cannot_do_is_refused()
    {
        var many = string.Join(", ", Enumerable.Range(1, 17).Select(i => $"istio/r{i}"));
        Assert.Contains(
            "17 routes, at most 16 are allowed", Assert.Single(Read(("enabled", "true"), ("route", many)).Problems),
            StringComparison.Ordinal);
        Assert.Equal(15, Good(("enabled", "true"), ("route", many[..many.LastIndexOf(',')])).Also.Length);

        var shadow = ("rollout", "[{ shadow: 10%, hold: 5m }, { weights: [10, 100] }]");
        Assert.Contains(
            "smi sends no copies of requests",
            Assert.Single(Read(("enabled", "true"), ("metrics", "istio"), ("route", "istio/a, smi/b"), shadow).Problems),
            StringComparison.Ordinal);
        Assert.Contains(
            "in mode owned the whole object is made of one",
            Assert.Single(Read(("enabled", "true"), ("mode", "owned"), ("route", "istio/a#x, istio/a#y")).Problems),
            StringComparison.Ordinal);
        Assert.Contains(
            "for cohorts one route is made beside it",
            Assert.Single(Read(
                ("enabled", "true"), ("metrics", "istio"), ("route", "gateway-api/a#x, gateway-api/a#y"),
                ("rollout", "[{ cohort: staff }]"),
                ("delivery", "cohorts:\n  staff: { header: x-staff, equals: yes }\n")).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_comma_in_the_name_of_a_rule_ends_no_route() =>
        Assert.Equal(("primary,blue", 0), Good(("enabled", "true"), ("route", "istio/checkout#primary,blue")) is var one
            ? (one.Route.Rule, one.Also.Length)
            : default);

    [Theory]
    [InlineData("route", "isto/checkout", "\"isto\" is no routing that is known (did you mean \"istio\"?)")]
    [InlineData("route", "checkout", "expected DIALECT/NAME#RULE")]
    [InlineData("route", "istio/Check out", "is not the name of an object")]
    [InlineData("route", "istio/checkout#", "the rule after # has no name")]
    [InlineData("abrot", "1700000000", "unknown key (did you mean \"abort\"?)")]
    [InlineData("mode", "patched", "did you mean \"patch\"?")]
    [InlineData("drift", "fix", "expected one of auto, correct, pause, adopt")]
    [InlineData("metrics", "lnkerd", "did you mean \"linkerd\"?")]
    [InlineData("managed", "yes", "expected one of true, false")]
    [InlineData("enabled", "True", "expected one of true, false")]
    [InlineData("candidate-service", "checkout-stable", "checkout-stable is the stable Service too")]
    [InlineData("holdback", "", "needs a value")]
    [InlineData("delivery", "[1, 2]", "expected a map of the delivery file's keys")]
    [InlineData("delivery", "watch: [", "not valid YAML")]
    [InlineData("delivery", "watch: 1h\n---\nwatch: 2h", "holds 2 documents")]
    [InlineData("delivery", "route: istio/other", "given twice")]
    [InlineData("listen", "http://127.0.0.1:80", "does not belong here (the mesh takes the requests)")]
    [InlineData("bundle", "x", "is not available in this version")]
    [InlineData("workloadRef", "Rollout/checkout", "make a Deployment of an Argo Rollout's pod template, and delete the Rollout")]
    public void A_bad_value_is_refused_with_what_to_write(string key, string value, string complaint)
    {
        var keys = Keys(("enabled", "true"), ("route", "istio/checkout")).SetItem(key, value);
        var read = new ClusterReader().Read(Declared(keys));

        Assert.Null(read.Delivery);
        Assert.Contains(read.Problems, p => p.Contains(complaint, StringComparison.Ordinal));
        Assert.All(read.Problems, p => Assert.StartsWith("Service shop/checkout: trafficctl.io/", p, StringComparison.Ordinal));
    }

    [Fact]
    public void Quiet_alerts_are_refused_where_the_controller_was_not_told_of_an_alertmanager()
    {
        var declared = Declared(Keys(("enabled", "true"), ("route", "istio/checkout"), ("needs", "[{ quiet: [alerts] }]")));
        var problem = Assert.Single(new ClusterReader(abilities: Abilities.Cluster(hasAlertmanager: false)).Read(declared).Problems);
        Assert.Equal(
            "Service shop/checkout: trafficctl.io/needs:1:11: needs[0].quiet: no Alertmanager is asked here, so the gate would never open "
            + "(start the controller with controller --alertmanager URL, or leave it out)",
            problem);
        var able = new ClusterReader(abilities: Abilities.Cluster(hasAlertmanager: true));
        Assert.Equal([QuietGate.Alerts], able.Read(declared).Delivery!.Needs);
    }

    [Theory]
    [InlineData("gateway-api/checkout")]
    [InlineData("consul/checkout")]
    public void A_route_that_many_meshes_understand_needs_the_preset(string route)
    {
        Assert.Contains(
            "trafficctl.io/metrics: is missing", Assert.Single(Read(("enabled", "true"), ("route", route)).Problems),
            StringComparison.Ordinal);
        Assert.Equal("envoy-gateway", Good(("enabled", "true"), ("route", route), ("metrics", "envoy-gateway")).Metrics);
    }

    [Fact]
    public void A_shadow_is_a_step_of_its_own_before_the_weights()
    {
        var delivery = Good(
            ("enabled", "true"), ("route", "istio/checkout"), ("metrics", "istio-destination"), ("analysis.at-least.requests", "500"),
            ("rollout", "[{ shadow: 10%, hold: 10m }, { shadow: 25, at-least: { users: 3 } }, { weights: [5, 100] }]"));

        Assert.Equal(["10 %", "25 %"], delivery.Plan.Steps.Select(s => s.Shadow).OfType<Weights>().Select(s => s.ToString()));
        Assert.Equal([default, new MinimumEvidence(0, 3), new MinimumEvidence(500, 0)], delivery.Plan.Steps.Take(3).Select(s => s.AtLeast));
        Assert.Equal(TimeSpan.FromMinutes(10), delivery.Plan.Steps[0].Dwell);
    }

    [Theory]
    [InlineData("smi/checkout", "linkerd", "Linkerd sends no copies of requests (leave the step out; shadow steps work with a route "
        + "istio/… or gateway-api/…, and not on Linkerd)")]
    [InlineData("gateway-api/checkout", "linkerd", "Linkerd sends no copies")]
    [InlineData("ingress-nginx/checkout", "ingress-nginx", "ingress-nginx sends no copies")]
    [InlineData("traefik/checkout", "traefik", "traefik sends no copies")]
    [InlineData("consul/checkout", "aspnetcore", "consul sends no copies")]
    public void A_shadow_is_refused_where_nothing_sends_copies(string route, string metrics, string complaint) => Assert.Contains(
        "trafficctl.io/rollout:1:12: rollout[0].shadow: " + complaint,
        Assert.Single(Read(("enabled", "true"), ("route", route), ("metrics", metrics), ("rollout", "[{ shadow: 10% }]")).Problems),
        StringComparison.Ordinal);

    [Fact]
    public void Copies_that_the_metrics_do_not_count_are_warned_of_and_cannot_be_waited_for()
    {
        var read = Read(("enabled", "true"), ("route", "istio/checkout"), ("rollout", "[{ shadow: 10% }]"));
        Assert.NotNull(read.Delivery);
        Assert.Equal(
            "Service shop/checkout: the metrics istio do not count copies of requests: a shadow step lasts its hold and nothing is judged "
                + "by it; measure by istio-destination or aspnetcore to have them compared",
            Assert.Single(read.Warnings));
        Assert.Empty(
            Read(("enabled", "true"), ("route", "istio/checkout"), ("metrics", "aspnetcore"), ("rollout", "[{ shadow: 10% }]")).Warnings);
        Assert.Empty(Read(("enabled", "true"), ("route", "istio/checkout")).Warnings);
        Assert.Contains(
            "rollout[0].at-least: the metrics istio do not count copies of requests, so this is never met",
            Assert.Single(Read(
                ("enabled", "true"), ("route", "istio/checkout"),
                ("rollout", "[{ shadow: 10%, at-least: { requests: 50 } }]")).Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[{ shadow: 10%, weights: [100] }]", "rollout[0].shadow: is a step of its own")]
    [InlineData("[{ cohort: staff, shadow: 10% }]", "rollout[0].shadow: is a step of its own")]
    [InlineData(
        "[{ weights: [5] }, { shadow: 10% }, { weights: [100] }]", "rollout[1].shadow: must come before the first step that users see")]
    [InlineData("[{ shadow: 10% }, { shadow: 5% }]", "rollout[1].shadow: must rise: a shadow of 5 % follows one of 10 %")]
    [InlineData("[{ shadow: 0 }]", "rollout[0].shadow: must be above 0 %")]
    [InlineData("[{ shadow: some }]", "rollout[0].shadow: expected a percentage from 0 to 100, found \"some\"")]
    [InlineData("[{ shadow: 101% }]", "rollout[0].shadow: 101% is outside 0..100")]
    [InlineData("[{ shado: 10%, weights: [100] }]", "did you mean \"shadow\"?")]
    public void A_shadow_that_is_none_is_a_problem(string rollout, string complaint) => Assert.Contains(
        complaint, Read(
            ("enabled", "true"), ("route", "istio/checkout"), ("metrics", "aspnetcore"), ("rollout", rollout),
            ("cohorts", "{ staff: { header: x-staff, equals: a } }")).Problems[0], StringComparison.Ordinal);

    [Fact]
    public void Managed_mode_names_its_own_Services()
    {
        var delivery = Good(("enabled", "true"), ("route", "istio/checkout"), ("managed", "true"));

        Assert.Equal(
            ("checkout-stable", "checkout-candidate", true), (delivery.StableService, delivery.CandidateService, delivery.IsManaged));
        var refused = Read(("enabled", "true"), ("route", "istio/checkout"), ("managed", "true"), ("stable-service", "other"));
        Assert.Contains("makes this Service in managed mode", Assert.Single(refused.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_enabled_nothing_is_done_and_a_slip_is_named()
    {
        Assert.Equal((true, 0, 0), Summary(Read(("enabled", "false"), ("route", "junk"))));
        var read = Read(("enable", "true"), ("route", "istio/checkout"));
        Assert.Equal((true, 0, 1), Summary(read));
        Assert.Contains("did you mean it by trafficctl.io/enable?", read.Warnings[0], StringComparison.Ordinal);

        static (bool, int, int) Summary(ReadDelivery read) => (read.IsOff, read.Problems.Length, read.Warnings.Length);
    }

    [Fact]
    public void A_Delivery_says_the_same_in_its_own_spelling()
    {
        var delivery = new ClusterReader().Read(Custom("""
            { "service": "checkout", "route": "gateway-api/checkout", "metrics": "linkerd", "candidateService": "checkout-next", "mode": "owned", "split": "bucket",
              "delivery": { "watch": "2h", "analysis": { "latency": { "quantile": 0.95 }, "at-least": { "requests": 500 } } } }
            """)).Delivery!;

        Assert.Equal(
            ("checkout-next", RouteMode.Owned, 0.95), (delivery.CandidateService, delivery.Mode, delivery.Analysis.Latency.Quantile));
        Assert.Equal(500, delivery.Plan.Steps[0].AtLeast.Requests);
        Assert.True(delivery.IsSplitByBucket);
    }

    [Fact]
    public void What_a_Delivery_says_of_its_own_objects_is_no_key_of_a_delivery_file()
    {
        var read = new ClusterReader().Read(Custom("""{ "service": "checkout", "route": "istio/checkout", "revisionHistoryLimit": 3 }"""));

        Assert.Empty(read.Problems);
        Assert.NotNull(read.Delivery);
    }

    [Fact]
    public void Problems_of_a_Delivery_name_its_fields()
    {
        var read = new ClusterReader().Read(Custom("""
            { "service": "checkout", "route": "istio/checkout", "candidateService": "UPPER", "candidateservice": "x", "delivery": { "wach": "2h", "holdback": null } }
            """));

        Assert.Equal(
            [
                "Delivery shop/checkout: spec.candidateService: \"UPPER\" is not a Service's name (use lower-case letters, digits and "
                    + "dashes, at most 63)",
                "Delivery shop/checkout: spec.delivery.candidateservice: unknown key (did you mean \"candidate-service\"?)",
                "Delivery shop/checkout: spec.delivery.holdback: needs a value: a duration such as 5s",
                "Delivery shop/checkout: spec.delivery.wach: unknown key (did you mean \"watch\"?)",
            ],
            read.Problems.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Whatever_stands_in_annotations_is_answered_and_never_thrown()
    {
        var keys = Gen.Elements(
            "enabled", "route", "delivery", "rollout", "analysis", "analysis.tick", "analysis.errors", "analysis.errors.then", "", ".",
            "a..b", "cohorts", "cohorts.x.header", "metrics");
        var values = Gen.Elements(
            "true", "istio/checkout", "", "{", "[1]", "{ a: b }", "null", "5s", "&a [*a]", "{ errors: { then: hold } }", "- x", "\u0001",
            "? [a]: b", "{ x: { header: h, equals: v } }");
        var property = Prop.ForAll(
            Gen.Zip(keys, values).ListOf(6).ToArbitrary(),
            pairs =>
            {
                var read = new ClusterReader().Read(
                    Declared(pairs.Aggregate(Keys(("enabled", "true")), (all, p) => all.SetItem(p.Item1, p.Item2))));
                return read.IsOff || (read.Delivery is null) != read.Problems.IsEmpty;
            });
        Check.One(FsCheck.Config.QuickThrowOnFailure.WithReplay(7, 9).WithMaxTest(2_000), property);
    }

    private static ClusterDelivery Good(params (string Key, string Value)[] keys)
    {
        var read = Read(keys);
        Assert.Empty(read.Problems);
        return read.Delivery!;
    }

    private static ReadDelivery Read(params (string Key, string Value)[] keys) => new ClusterReader().Read(Declared(Keys(keys)));

    private static ImmutableSortedDictionary<string, string> Keys(params (string Key, string Value)[] keys) =>
        keys.ToImmutableSortedDictionary(k => k.Key, k => k.Value, StringComparer.Ordinal);

    private static DeclaredService Declared(ImmutableSortedDictionary<string, string> keys) =>
        new("shop", "checkout", new KubeOrigin(new KubeName(KubeKind.Service, "shop", "checkout"), "u-1"), keys, null);

    private static DeclaredService Custom(string spec) => new(
        "shop", "checkout", new KubeOrigin(new KubeName(KubeKind.Delivery, "shop", "checkout"), "u-2"),
        ImmutableSortedDictionary<string, string>.Empty, JsonNode.Parse(spec)!.AsObject());
}
