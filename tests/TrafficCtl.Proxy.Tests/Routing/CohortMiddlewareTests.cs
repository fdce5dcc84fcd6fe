using System.Collections.Frozen;
using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Forwarding;
using TrafficCtl.Proxy.Identity;
using TrafficCtl.Proxy.Requests;
using TrafficCtl.Proxy.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Routing;

[Collection(Alone.Name)]
public sealed class CohortMiddlewareTests : IDisposable
{
    private readonly BucketCookie cookies = new(CookieKeys.Ephemeral());
    private readonly Tunnels tunnels = new(TimeProvider.System);
    private readonly CohortMiddleware middleware;
    private readonly Exchange exchange;

    public CohortMiddlewareTests()
    {
        middleware = new CohortMiddleware(cookies);
        exchange = new Exchange(TimeProvider.System, tunnels);
        exchange.Begin(NewRequest(), isTls: false);
    }

    [Fact]
    public void Every_user_who_is_in_stays_in_while_the_steps_rise()
    {
        var plans = new[] { 500, 2500, 5000, 10_000 }.Select(PlanOf).ToArray();
        for (var user = 0; user < 10_000; user++)
        {
            exchange.Http.Request.Headers["x-user-id"] = $"user-{user}";
            var arms = plans.Select(plan => middleware.Assign(exchange, plan).Arm).ToArray();

            for (var step = 1; step < arms.Length; step++) Assert.True(arms[step] >= arms[step - 1]);
            Assert.Equal(Arm.Candidate, arms[^1]);
        }
    }

    [Theory]
    [InlineData(500)]
    [InlineData(2500)]
    [InlineData(5000)]
    [InlineData(9500)]
    public void A_hundred_thousand_users_are_split_within_half_a_point(int candidate)
    {
        var plan = PlanOf(candidate);
        var inside = 0;
        for (var user = 0; user < 100_000; user++)
        {
            exchange.Http.Request.Headers["x-user-id"] = $"user-{user}";
            if (middleware.Assign(exchange, plan).Arm == Arm.Candidate) inside++;
        }

        Assert.InRange(inside / 100_000.0, (candidate / 10_000.0) - 0.005, (candidate / 10_000.0) + 0.005);
    }

    [Fact]
    public void Assigning_setting_headers_and_recording_allocate_nothing_by_header()
    {
        var plan = PlanOf(5000);
        exchange.Http.Request.Headers["x-user-id"] = "ann";

        AssertAllocatesNothing(plan);
    }

    [Fact]
    public void Assigning_setting_headers_and_recording_allocate_nothing_by_cookie()
    {
        var plan = PlanOf(5000);
        var cookie = cookies.Write(plan.CookieName, plan.CookiePrefix, 1234, secure: false);
        exchange.Http.Request.Headers.Cookie = "a=b; " + cookie[..cookie.IndexOf(';')];

        AssertAllocatesNothing(plan);
        Assert.Equal(1234, middleware.Assign(exchange, plan).Bucket);
    }

    [Fact]
    public void A_cohorts_members_go_by_its_own_weights()
    {
        var spec = Spec with { Cohorts = [new Cohort("staff", new RequestAttribute(AttributeSource.Header, "x-staff"), "yes")] };
        var route = Route(0) with { Exposure = new Exposure(Weights.AllStable, [new CohortWeights("staff", Weights.AllCandidate)]) };
        var plan = PlanOf(spec, route);
        exchange.Http.Request.Headers["x-user-id"] = "ann";

        Assert.Equal((0, Arm.Stable), ArmOf(plan));
        exchange.Http.Request.Headers["x-staff"] = "yes";
        Assert.Equal((1, Arm.Candidate), ArmOf(plan));
        exchange.Http.Request.Headers["x-staff"] = "YES";
        Assert.Equal((0, Arm.Stable), ArmOf(plan));
    }

    [Fact]
    public void A_cookie_that_a_former_build_named_without_the_environment_keeps_its_bucket()
    {
        var spec = Spec with { Environment = "prod" };
        var plan = PlanOf(spec, Route(5000) with { Key = spec.Key });
        Assert.Equal(("tc_bucket_checkout_prod", "tc_bucket_checkout"), (plan.CookieName, plan.FormerCookieName));
        var cookie = cookies.Write(plan.FormerCookieName!, plan.CookiePrefix, 1234, secure: false, environment: "prod");
        exchange.Http.Request.Headers.Cookie = cookie[..cookie.IndexOf(';')];

        Assert.Equal(1234, middleware.Assign(exchange, plan).Bucket);
        Assert.Null(PlanOf(5000).FormerCookieName);
    }

    [Fact]
    public void Without_a_rollout_there_is_no_bucket()
    {
        var plan = PlanOf(Spec, ServiceRoute.Idle(Keys.Of("checkout"), 1, "v1"));
        exchange.Http.Request.Headers["x-user-id"] = "ann";

        Assert.Equal(-1, middleware.Assign(exchange, plan).Bucket);
        Assert.True(exchange.HasUser);
    }

    [Fact]
    public void A_million_distinct_cookies_leave_nothing_behind()
    {
        var plan = PlanOf(5000);
        var cell = plan.Serving.Cell(Arm.Candidate, 0);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 1_000_000; i++)
        {
            exchange.Http.Request.Headers.Cookie = $"{plan.CookieName}={plan.CookiePrefix}{i % 10_000}.forged-{i}; sid={i}";
            middleware.Assign(exchange, plan);
            cell.Start();
            cell.End(Outcome.ServerError, 1, 0, 0, (uint)i, hasUser: true);
        }

        // Anything kept per cookie would be a hundred megabytes.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 40_000_000);
    }

    public void Dispose() => tunnels.Dispose();

    private static Core.Services.ServiceSpec Spec { get; } =
        ProxyUnderTest.Spec(("v1", [new Uri("http://127.0.0.1:1")]), ("v2", [new Uri("http://127.0.0.1:2")]));

    private static ServiceRoute Route(int candidate) =>
        new(Keys.Of("checkout"), 1, "v1", "v2", "checkout-default-1", Exposure.Of(Weights.OfCandidate(candidate)));

    private static RoutePlan PlanOf(int candidate) => PlanOf(Spec, Route(candidate));

    private static RoutePlan PlanOf(Core.Services.ServiceSpec spec, ServiceRoute route) =>
        new(new ServiceRuntime(spec, route, null, 1e-9).Current, FrozenDictionary<string, UpstreamTarget>.Empty);

    private (int Cohort, Arm Arm) ArmOf(RoutePlan plan)
    {
        var assigned = middleware.Assign(exchange, plan);
        return (assigned.Cohort, assigned.Arm);
    }

    private void AssertAllocatesNothing(RoutePlan plan)
    {
        for (var i = 0; i < 2_000; i++) Handle(plan, i);

        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 0; i < 2_000; i++) Handle(plan, i);
        }));
    }

    private void Handle(RoutePlan plan, int i)
    {
        var assigned = middleware.Assign(exchange, plan);
        exchange.SetHeaders(assigned.Bucket, assigned.Arm);
        var cell = plan.Serving.Cell(assigned.Arm, assigned.Cohort);
        cell.Start();
        cell.End(i % 10 == 0 ? Outcome.ServerError : Outcome.Success, i, 10, 20, exchange.UserHash, exchange.HasUser);
    }

    private static FeatureCollection NewRequest()
    {
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature());
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        return features;
    }
}
