using System.Net;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

public sealed class ForwardingTests
{
    [Fact]
    public async Task Passes_a_request_and_its_answer_through_unchanged()
    {
        await using var upstream = await Upstream.StartAsync(async context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers["x-answer"] = "yes";
            context.Response.Headers.SetCookie = "own=1";
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        await using var proxy = await StartAsync(("v1", [upstream.Address]));

        using var request = Request(HttpMethod.Put, "/a%2Fb/c?d=e%20f&g", "ann");
        request.Content = new StringContent("body");
        using var response = await proxy.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("yes", response.Headers.GetValues("x-answer").Single());
        Assert.Equal(["own=1"], SetCookies(response));
        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("Server"));
        Assert.Equal(("PUT", "/a%2Fb/c?d=e%20f&g"), (upstream.Last.Method, upstream.Last.Target));
        Assert.Equal("ann", upstream.Last.Header("x-user-id"));
        Assert.Equal($"127.0.0.1:{proxy.Address.Port}", upstream.Last.Header("X-Forwarded-Host"));
        Assert.Equal("127.0.0.1", upstream.Last.Header("X-Forwarded-For"));
        await proxy.CountedAsync(Arm.Stable, Outcome.Success);
        var counts = await proxy.CountsOfAsync(Arm.Stable);
        Assert.Equal((4, 4), (counts.BytesIn, counts.BytesOut));
        Assert.Equal(0, counts.InFlight);
    }

    [Fact]
    public async Task Sends_each_user_to_the_arm_of_the_users_bucket_and_tells_the_upstream()
    {
        await using var v1 = await Upstream.StartAsync(name: "v1");
        await using var v2 = await Upstream.StartAsync(name: "v2");
        await using var proxy = await StartAsync(("v1", [v1.Address]), ("v2", [v2.Address]));
        await proxy.RollOutAsync(5000);
        var assignment = new Assignment($"{Service}-default-1");
        for (var i = 0; i < 50; i++)
        {
            var bucket = assignment.Bucket($"user-{i}");
            using var request = Request(HttpMethod.Get, "/", $"user-{i}");

            using var response = await proxy.Client.SendAsync(request);

            Assert.Equal(bucket < 5000 ? "v2" : "v1", await response.Content.ReadAsStringAsync());
            var seen = (bucket < 5000 ? v2 : v1).Last;
            Assert.Equal((bucket / 100).ToString("00"), seen.Header("x-tc-bucket"));
            Assert.Equal(bucket < 5000 ? "candidate" : "stable", seen.Header("x-tc-arm"));
            Assert.Empty(SetCookies(response));
        }
    }

    [Theory]
    [InlineData(Anonymous.Cookie, 1, true)]
    [InlineData(Anonymous.Random, 2, false)]
    [InlineData(Anonymous.None, 1, false)]
    public async Task Anonymous_users_are_assigned_as_the_service_says(Anonymous anonymous, int arms, bool setsCookie)
    {
        await using var v1 = await Upstream.StartAsync(name: "v1");
        await using var v2 = await Upstream.StartAsync(name: "v2");
        var spec = Spec(("v1", [v1.Address]), ("v2", [v2.Address]));
        await using var proxy = await StartAsync(
            spec.WithProxy(p => p with { Anonymous = anonymous, CookieMaxAge = TimeSpan.FromDays(1) }));
        await proxy.RollOutAsync(5000);
        using var first = await proxy.Client.GetAsync("/");
        var cookies = SetCookies(first);
        Assert.Equal(setsCookie, cookies.Length == 1);
        if (setsCookie) Assert.Contains("; Max-Age=86400", cookies[0], StringComparison.Ordinal);
        var seen = new HashSet<string>();
        for (var i = 0; i < 100; i++)
        {
            using var request = Request(HttpMethod.Get, "/");
            if (setsCookie) request.Headers.Add("Cookie", cookies[0].Split(';')[0]);
            using var response = await proxy.Client.SendAsync(request);
            seen.Add(await response.Content.ReadAsStringAsync());
            Assert.Empty(SetCookies(response));
        }

        Assert.Equal(arms, seen.Count);
        if (anonymous == Anonymous.None) Assert.Equal(["v1"], seen);
    }

    [Fact]
    public async Task Strips_what_a_client_forges()
    {
        await using var v1 = await Upstream.StartAsync();
        await using var v2 = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [v1.Address]), ("v2", [v2.Address]));
        using var idle = Forged();
        using (await proxy.Client.SendAsync(idle))
        {
            Assert.Equal("stable", v1.Last.Header("x-tc-arm"));
            Assert.Null(v1.Last.Header("x-tc-bucket"));
            Assert.Null(v1.Last.Header("x-tc-shadow"));
            Assert.Null(v1.Last.Header("X_TC_Arm"));
            Assert.Equal("127.0.0.1", v1.Last.Header("X-Forwarded-For"));
            Assert.Null(v1.Last.Header("X-Forwarded-Prefix"));
            Assert.Null(v1.Last.Header("Forwarded"));
            Assert.Equal("kept", v1.Last.Header("X-Forward"));
        }

        await proxy.RollOutAsync(0);
        using var rolling = Forged();
        using (await proxy.Client.SendAsync(rolling))
        {
            Assert.Equal("stable", v1.Last.Header("x-tc-arm"));
            Assert.Equal((new Assignment($"{Service}-default-1").Bucket("ann") / 100).ToString("00"), v1.Last.Header("x-tc-bucket"));
            Assert.Null(v1.Last.Header("x-tc-shadow"));
        }

        Assert.Empty(v2.Seen);

        static HttpRequestMessage Forged()
        {
            var request = Request(HttpMethod.Get, "/", "ann");
            request.Headers.Add("X-TC-Arm", "candidate");
            request.Headers.Add("x-tc-bucket", ["00", "07"]);
            request.Headers.Add("x-TC-shadow", "1");
            request.Headers.Add("X_TC_Arm", "candidate");
            request.Headers.Add("X-Forwarded-For", "6.6.6.6");
            request.Headers.Add("X-Forwarded-Prefix", "/admin");
            request.Headers.Add("Forwarded", "for=6.6.6.6");
            request.Headers.Add("X-Forward", "kept");
            return request;
        }
    }

    [Fact]
    public async Task Gives_an_anonymous_user_a_bucket_that_is_kept()
    {
        await using var v1 = await Upstream.StartAsync(name: "v1");
        await using var v2 = await Upstream.StartAsync(name: "v2");
        await using var proxy = await StartAsync(("v1", [v1.Address]), ("v2", [v2.Address]));
        Assert.Empty(SetCookies(await proxy.Client.GetAsync("/")));
        await proxy.RollOutAsync(5000);
        var cookies = new Dictionary<string, string>();
        for (var i = 0; i < 30; i++)
        {
            using var first = await proxy.Client.GetAsync("/");
            var cookie = Assert.Single(SetCookies(first));
            Assert.Matches(@"^tc_bucket_checkout=v1\.checkout-default-1\.\d+\.[\w-]{22}; Path=/; HttpOnly; SameSite=Lax$", cookie);
            cookies[cookie[..cookie.IndexOf(';')]] = await first.Content.ReadAsStringAsync();
        }

        Assert.Equal(["v1", "v2"], cookies.Values.Distinct().Order());
        foreach (var (cookie, arm) in cookies)
        {
            using var request = Request(HttpMethod.Get, "/");
            request.Headers.Add("Cookie", cookie);
            using var again = await proxy.Client.SendAsync(request);
            Assert.Equal(arm, await again.Content.ReadAsStringAsync());
            Assert.Empty(SetCookies(again));
        }
    }

    [Fact]
    public async Task A_forged_or_foreign_bucket_cookie_draws_a_new_bucket()
    {
        await using var v1 = await Upstream.StartAsync(name: "v1");
        await using var v2 = await Upstream.StartAsync(name: "v2");
        await using var proxy = await StartAsync(("v1", [v1.Address]), ("v2", [v2.Address]));
        await proxy.RollOutAsync(1);
        for (var i = 0; i < 20; i++)
        {
            using var request = Request(HttpMethod.Get, "/");
            request.Headers.Add("Cookie", $"tc_bucket_checkout=v1.checkout-default-{1 + (i % 2)}.0.AAAAAAAAAAAAAAAAAAAAAA");
            using var response = await proxy.Client.SendAsync(request);
            Assert.DoesNotContain(".0.AAAA", Assert.Single(SetCookies(response)), StringComparison.Ordinal);
        }

        Assert.InRange(v2.Seen.Count, 0, 1);
    }

    [Fact]
    public async Task Answers_404_where_no_service_matches()
    {
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = await StartAsync(Spec(("v1", [upstream.Address])).Matching(new RouteMatch("shop.example", "/checkout/**")));

        using var response = await proxy.Client.GetAsync("/checkout/");
        using var request = Request(HttpMethod.Get, "/checkout/1");
        request.Headers.Host = "shop.example";
        using var matched = await proxy.Client.SendAsync(request);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (response.StatusCode, matched.StatusCode));
        Assert.Equal("No service matches this host and path.\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Spreads_a_version_over_all_its_endpoints()
    {
        await using var one = await Upstream.StartAsync();
        await using var two = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [one.Address, two.Address]));

        for (var i = 0; i < 40; i++) using (await proxy.Client.GetAsync("/")) { }

        Assert.NotEmpty(one.Seen);
        Assert.NotEmpty(two.Seen);
    }
}
