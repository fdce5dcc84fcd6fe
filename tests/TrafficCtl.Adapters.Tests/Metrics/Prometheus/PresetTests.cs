using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

public sealed class PresetTests
{
    [Fact]
    public void Has_a_preset_for_every_mesh_each_once() => Assert.Equal(
        [
            "istio", "istio-ambient", "istio-destination", "linkerd", "linkerd-classic", "envoy-gateway", "ingress-nginx", "traefik",
            "aspnetcore", "trafficctl"
        ],
        PresetList.All.Select(p => p.Name));

    [Theory]
    [InlineData("istio", "response_code=200", "Success")]
    [InlineData("istio", "response_code=404", "ClientError")]
    [InlineData("istio", "response_code=503", "ServerError")]
    [InlineData("istio", "response_code=0,response_flags=DC", "ClientAbort")]
    [InlineData("istio", "response_code=0,response_flags=DR", "Reset")]
    [InlineData("istio", "response_code=503,response_flags=UH", "ConnectFailure")]
    [InlineData("istio", "response_code=503,response_flags=UF,URX", "ConnectFailure")]
    [InlineData("istio", "response_code=503,response_flags=UC", "Reset")]
    [InlineData("istio", "response_code=504,response_flags=UT", "Deadline")]
    [InlineData("istio", "response_code=200,grpc_response_status=0", "Success")]
    [InlineData("istio", "response_code=200,grpc_response_status=1", "ClientAbort")]
    [InlineData("istio", "response_code=200,grpc_response_status=3", "ClientError")]
    [InlineData("istio", "response_code=200,grpc_response_status=5", "ClientError")]
    [InlineData("linkerd", "http_status=200", "Success")]
    [InlineData("linkerd", "http_status=500", "ServerError")]
    [InlineData("linkerd", "error=REQUEST_TIMEOUT", "Deadline")]
    [InlineData("linkerd", "error=FAIL_FAST", "ConnectFailure")]
    [InlineData("linkerd", "error=UNEXPECTED", "Reset")]
    [InlineData("linkerd", "grpc_status=OK", "Success")]
    [InlineData("linkerd", "grpc_status=UNAVAILABLE", "GrpcFailure")]
    [InlineData("linkerd", "", "ClientAbort")]
    [InlineData("linkerd-classic", "status_code=502,classification=failure", "ServerError")]
    [InlineData("linkerd-classic", "status_code=200,grpc_status_code=13,classification=failure", "GrpcFailure")]
    [InlineData("linkerd-classic", "classification=failure", "Reset")]
    [InlineData("envoy-gateway", "envoy_response_code=429", "ClientError")]
    [InlineData("envoy-gateway", "envoy_response_code=503", "ServerError")]
    [InlineData("ingress-nginx", "status=499", "ClientAbort")]
    [InlineData("ingress-nginx", "status=302", "Success")]
    [InlineData("traefik", "code=500", "ServerError")]
    [InlineData("traefik", "code=0", "ClientAbort")]
    [InlineData("aspnetcore", "http_response_status_code=500,error_type=500", "ServerError")]
    [InlineData("aspnetcore", "error_type=System.Exception", "Reset")]
    [InlineData("trafficctl", "outcome=spill", "Spill")]
    [InlineData("trafficctl", "outcome=client_abort", "ClientAbort")]
    public void Knows_which_outcome_is_whose_fault(string preset, string labels, string outcome) =>
        Assert.Equal(Enum.Parse<Outcome>(outcome), Find(preset).OutcomeOf(Labels(labels)));

    [Theory]
    [InlineData("istio", "response_code=404", 404)]
    [InlineData("istio", "response_code=200,grpc_response_status=5", 404)]
    [InlineData("istio-destination", "response_code=401", 401)]
    [InlineData("linkerd", "http_status=401", 401)]
    [InlineData("linkerd", "grpc_status=UNAUTHENTICATED", 401)]
    [InlineData("linkerd-classic", "status_code=403,classification=success", 403)]
    [InlineData("linkerd-classic", "status_code=200,grpc_status_code=7,classification=failure", 403)]
    [InlineData("envoy-gateway", "envoy_response_code=429", 429)]
    [InlineData("ingress-nginx", "status=404", 404)]
    [InlineData("traefik", "code=405", 405)]
    [InlineData("aspnetcore", "http_response_status_code=404", 404)]
    [InlineData("trafficctl", "outcome=client_error", 0)]
    public void Tells_client_errors_and_their_status_where_the_labels_have_it(string preset, string labels, int status)
    {
        var found = Find(preset);
        Assert.Equal((true, Outcome.ClientError), (found.TellsClientErrors, found.OutcomeOf(Labels(labels))));
        Assert.Equal(status, found.StatusOf(Labels(labels)));
    }

    [Fact]
    public void Counts_the_grpc_statuses_of_the_design_as_failures_and_no_other() => Assert.Equal(
        [2, 4, 8, 12, 13, 14, 15],
        Enumerable.Range(0, 17).Where(
            s => Find("istio").OutcomeOf(Labels($"response_code=200,grpc_response_status={s}")) == Outcome.GrpcFailure));

    [Theory]
    [InlineData("istio", 1, "destination_service_namespace=shop,destination_service_name=checkout,destination_workload=checkout-v2")]
    [InlineData("istio", 1, "destination_service_namespace=shop,destination_service_name=checkout-canary,destination_workload=unknown")]
    [InlineData("istio", 0, "destination_service_namespace=shop,destination_service_name=checkout-stable,destination_workload=checkout-v1")]
    [InlineData("istio", -1, "destination_service_namespace=shop,destination_service_name=checkout,destination_workload=unknown")]
    [InlineData("istio", -1, "destination_service_namespace=pay,destination_service_name=checkout-canary,destination_workload=checkout-v2")]
    [InlineData("linkerd", 1, "backend_namespace=shop,backend_name=checkout-canary")]
    [InlineData("linkerd-classic", 0, "dst_namespace=shop,dst_deployment=checkout-v1")]
    [InlineData("envoy-gateway", 1, "envoy_cluster_name=httproute/shop/checkout-route/rule/0/backend/1")]
    [InlineData("envoy-gateway", -1, "envoy_cluster_name=httproute/shop/checkout-route/rule/0")]
    [InlineData("ingress-nginx", 0, "namespace=shop,service=checkout-stable,canary=")]
    [InlineData("ingress-nginx", 1, "namespace=shop,service=checkout-stable,canary=shop-checkout-canary-8080")]
    [InlineData("traefik", 1, "service=shop-checkout-canary-8080@kubernetescrd")]
    [InlineData("traefik", -1, "service=api@internal")]
    [InlineData("aspnetcore", 1, "namespace=shop,pod=checkout-v2-7c9f8b6d5-x2lqp")]
    [InlineData("aspnetcore", -1, "namespace=shop,pod=checkout")]
    [InlineData("trafficctl", 1, "service=shop.checkout,arm=candidate")]
    public void Knows_whose_series_it_is(string preset, int slot, string labels)
    {
        var (first, second) = Find(preset).KeysOf(Labels(labels));
        var found = -1;
        for (var i = 1; i >= 0; i--)
        {
            var keys = Find(preset).KeyOf("shop.checkout", (Arm)i) is { } arm
                ? [arm]
                : Find(preset).Keys(Target, Target.Slots[i]).ToArray();
            if (keys.Contains(first) || (found < 0 && keys.Contains(second))) found = i;
        }

        Assert.Equal(slot, found);
    }

    [Theory]
    [InlineData("istio", true, "destination_service_name=checkout-canary")]
    [InlineData("istio", false, "destination_service_name=checkout")]
    [InlineData("istio-destination", true, "destination_service_name=checkout")]
    [InlineData("linkerd", true, "route_name=checkout-route")]
    [InlineData("linkerd", true, "route_name=checkout-route-tc-cohorts")]
    [InlineData("linkerd", false, "route_name=admin")]
    [InlineData("envoy-gateway", true, "envoy_cluster_name=httproute/shop/checkout-route/rule/1/backend/0")]
    [InlineData("envoy-gateway", true, "envoy_cluster_name=httproute/shop/checkout-route-tc-cohorts/rule/0/backend/0")]
    [InlineData("envoy-gateway", false, "envoy_cluster_name=httproute/shop/checkout-route/rule/0/backend/0")]
    [InlineData("ingress-nginx", true, "ingress=checkout-route,canary=shop-checkout-canary-8080")]
    [InlineData("ingress-nginx", false, "ingress=admin,canary=")]
    [InlineData("traefik", true, "service=shop-checkout-canary-8080@kubernetescrd")]
    [InlineData("aspnetcore", true, "pod=checkout-v2-7c9f8b6d5-x2lqp")]
    public void Tells_the_requests_of_the_managed_rule_from_others_where_the_labels_do(string preset, bool isOfRule, string labels) =>
        Assert.Equal(isOfRule, Find(preset).IsOfRule(Target, new ManagedRule(1, ["checkout-stable", "checkout-canary"]), Labels(labels)));

    [Theory]
    [InlineData("linkerd", true, "route_name=edge")]
    [InlineData("linkerd", false, "route_name=admin")]
    [InlineData("ingress-nginx", true, "ingress=edge,canary=")]
    [InlineData("envoy-gateway", true, "envoy_cluster_name=httproute/shop/checkout-route/rule/1/backend/0")]
    [InlineData("envoy-gateway", true, "envoy_cluster_name=httproute/shop/checkout-route/rule/3/backend/0")]
    [InlineData("envoy-gateway", false, "envoy_cluster_name=httproute/shop/checkout-route/rule/0/backend/0")]
    [InlineData("envoy-gateway", true, "envoy_cluster_name=httproute/shop/edge/rule/2/backend/1")]
    [InlineData("envoy-gateway", false, "envoy_cluster_name=httproute/shop/edge/rule/1/backend/1")]
    public void Counts_the_requests_of_every_route_of_the_service(string preset, bool isOfRule, string labels)
    {
        var others =
            new[] { "edge", Target.Route.Name }.Select(n => new RoutePart(new RouteReference("gateway-api", n, "other"), RouteMode.Patch));
        var target = Target with { Also = [.. others] };
        var rule = new ManagedRule(1, ["checkout-stable", "checkout-canary"]) { Also = [("edge", 2), (Target.Route.Name, 3)] };
        Assert.Equal(isOfRule, Find(preset).IsOfRule(target, rule, Labels(labels)));
        if (preset != "envoy-gateway") return;
        Assert.Contains(Find(preset).KeysOf(Labels(labels)).First, target.Slots.SelectMany(s => Find(preset).Keys(target, s)));
        Assert.Contains(
            Find(preset).Names("shop.checkout", target), n => System.Text.RegularExpressions.Regex.IsMatch(labels.Split('=')[1], $"^{n}$"));
    }

    /// <summary>Where the rule splits the subsets of one Service, that one is its name.</summary>
    [Fact]
    public void Takes_the_Services_of_the_rule_itself_where_they_are_known()
    {
        var subsets = new ManagedRule(null, ["checkout"]);
        Assert.True(Find("istio").IsOfRule(Target, subsets, Labels("destination_service_name=checkout")));
        Assert.False(Find("istio").IsOfRule(Target, subsets, Labels("destination_service_name=checkout-canary")));
        Assert.True(Find("istio").IsOfRule(Target, null, Labels("destination_service_name=checkout-canary")));
    }

    [Fact]
    public void Writes_one_query_with_raw_counters_of_every_process_and_their_times()
    {
        var query = QueryText.Counters(Find("istio").Requests, ["checkout", "check\\\\.out"], ["shop"], "cluster=\"eu\"");
        const string Series = "istio_requests_total{reporter=\"source\", destination_service_namespace=~\"shop\", "
            + "destination_service_name=~\"checkout|check\\\\.out\", cluster=\"eu\"}";
        Assert.Equal(
            "sum by (destination_service_namespace, destination_service_name, destination_workload, response_code, response_flags, "
                + "grpc_response_status, job, instance, namespace, pod, cluster) "
            + $"(max without (prometheus_replica, replica) ({Series})) or label_replace(max by (job, instance, namespace, pod, cluster) "
            + $"(timestamp({Series})), \"trafficctl\", \"scraped\", \"\", \"\")",
            query);
    }

    [Fact]
    public void Asks_for_native_and_classic_histograms_at_once() => Assert.Contains(
        " or sum by (service, job, instance, namespace, pod, cluster) (traefik_service_request_duration_seconds{",
        QueryText.Counters(Find("traefik").Latency, ["x"], [], ""));

    [Theory]
    [InlineData("shop-checkout", "shop-checkout")]
    [InlineData("a.b", @"a\\.b")]
    [InlineData("a+b\"c\\d", @"a\\+b\""c\\\\d")]
    public void Escapes_names_for_a_regular_expression_inside_a_string(string name, string escaped) =>
        Assert.Equal(escaped, QueryText.Escape(name));

    internal static readonly ClusterTarget Target = new()
    {
        Namespace = "shop",
        Service = "checkout",
        Slots = [new Slot("checkout-stable", 8080, "checkout-v1", "v1", true), new Slot(
            "checkout-canary", 8080, "checkout-v2", "v2", true)],
        Route = new RouteReference("istio", "checkout-route", null),
        Metrics = "istio",
    };

    private static MetricPreset Find(string name) => PresetList.Find(name)!;

    private static PromLabels Labels(string text) => new(
        [.. System.Text.RegularExpressions.Regex
            .Matches(text, @"(\w+)=((?:[^,=]|,(?!\w+=))*)")
            .Select(m => new KeyValuePair<string, string>(m.Groups[1].Value, m.Groups[2].Value))]);
}
