using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public class AdminApiTests
{
    [Fact]
    public async Task Lists_all_services_by_name()
    {
        await using var host = await ApiHost.StartAsync(Example.Quiet("search"), Example.Active());
        var all = await host.GetAsync<ListServicesResponse>("/v1/services");
        Assert.Equal(["checkout", "search"], all.Services.Select(s => s.Service));
    }

    [Fact]
    public async Task Shows_a_service_with_its_rollout_and_its_newest_facts()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var status = await host.GetAsync<ServiceStatus>("/v1/services/checkout");
        Assert.Equal("Observing", status.Rollout.Phase);
        Assert.Equal("http://127.0.0.1:43210", status.Listen);
        Assert.Equal([4L, 3, 2, 1], status.Recent.Select(f => f.Seq));
    }

    [Fact]
    public async Task Reads_facts_again_only_after_another_saved_decision()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        await host.GetAsync<ServiceStatus>("/v1/services/checkout");
        await host.GetAsync<ServiceStatus>("/v1/services/checkout");
        Assert.Equal(1, host.Journal.Reads);

        var later = Example.Active();
        host.Views.Put(later with { Record = later.Record! with { Generation = 18 } });
        await host.GetAsync<ServiceStatus>("/v1/services/checkout");
        Assert.Equal(2, host.Journal.Reads);
    }

    [Theory]
    [InlineData("chekout", "did you mean \"checkout\"?")]
    [InlineData("payments", "services are checkout")]
    public async Task Names_what_was_meant_instead_of_an_unknown_service(string asked, string hint)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        foreach (var rest in (string[])["", "/why", "/rollouts", "/history", "/watch"])
        {
            var problem = await ApiHost.ProblemOf(await host.Http.GetAsync($"/v1/services/{asked}{rest}"), HttpStatusCode.NotFound);
            Assert.Equal($"no service \"{asked}\" here: {hint}", problem.Detail);
        }

        await ApiHost.ProblemOf(await host.WishAsync("{\"kind\":\"pause\"}", service: asked), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Explains_the_newest_rollout()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var why = await host.GetAsync<WhyResponse>("/v1/services/checkout/why");
        Assert.Equal(Example.Rollout, why.Rollout);
        Assert.StartsWith($"{Example.Rollout} has been observing v2 at step 2 (25 %) since 2026-01-01 11:50:04Z", why.Summary);
        Assert.Equal([2L, 3, 4], why.Facts.Select(f => f.Seq));
    }

    [Fact]
    public async Task Explains_a_service_before_its_first_rollout()
    {
        await using var host = await ApiHost.StartAsync(Example.Quiet("search"));
        var why = await host.GetAsync<WhyResponse>("/v1/services/search/why");
        Assert.Equal("search serves v1; no rollout has begun yet.", why.Summary);
        Assert.Empty(why.Facts);
    }

    [Fact]
    public async Task Acknowledges_no_wish_whose_record_may_be_gone()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Answer = static _ => null;
        host.Readiness.Hold("the store was deleted");
        var problem = await ApiHost.ProblemOf(await host.WishAsync("""{"kind":"pause"}"""), HttpStatusCode.ServiceUnavailable);
        Assert.Equal("the store was deleted", problem.Detail);
        host.Readiness.Hold(null);
        using var recorded = await host.WishAsync("""{"kind":"pause"}""");
        Assert.Equal(HttpStatusCode.OK, recorded.StatusCode);
    }

    [Theory]
    [InlineData("why")]
    [InlineData("history")]
    public async Task Knows_no_rollout_without_facts(string what)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var problem = await ApiHost.ProblemOf(
            await host.Http.GetAsync($"/v1/services/checkout/{what}?rollout=checkout-default-9"), HttpStatusCode.NotFound);
        Assert.Equal($"no facts of \"checkout-default-9\"; the newest rollout is {Example.Rollout}", problem.Detail);
    }

    [Theory]
    [InlineData("", new long[] { 4, 3, 2, 1 })]
    [InlineData("?limit=2", new long[] { 4, 3 })]
    [InlineData("?limit=2&before=3", new long[] { 2, 1 })]
    [InlineData("?rollout=checkout-default-3", new long[] { 4, 3, 2 })]
    public async Task Pages_through_the_history(string query, long[] expected)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var history = await host.GetAsync<HistoryResponse>($"/v1/services/checkout/history{query}");
        Assert.Equal(expected, history.Facts.Select(f => f.Seq));
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("limit=ten")]
    [InlineData("limit=99999999999999999999")]
    [InlineData("before=-1")]
    public async Task Refuses_a_history_out_of_range(string query)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        await ApiHost.ProblemOf(await host.Http.GetAsync($"/v1/services/checkout/history?{query}"), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Answers_a_status_without_facts_while_the_store_is_gone()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Journal.IsGone = true;
        Assert.Empty((await host.GetAsync<ServiceStatus>("/v1/services/checkout")).Recent);
        var problem = await ApiHost.ProblemOf(await host.Http.GetAsync("/v1/services/checkout/history"), HttpStatusCode.ServiceUnavailable);
        Assert.Equal("the disk is full: free some space", problem.Detail);
    }

    [Fact]
    public async Task Says_what_the_router_does_when_why_is_asked_and_the_store_is_gone()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Journal.IsGone = true;
        var why = await host.GetAsync<WhyResponse>("/v1/services/checkout/why");
        Assert.Equal(
            "Why checkout is where it is was recorded in the store, which cannot be read now: the disk is full: free some space. "
            + "The router gives v2 25 % and v1 the rest (rollout checkout-default-3, generation 17).",
            why.Summary);
        Assert.Empty(why.Facts);
        await ApiHost.ProblemOf(
            await host.Http.GetAsync($"/v1/services/checkout/why?rollout={Example.Rollout}"), HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Explains_by_its_facts_a_rollout_whose_record_cannot_be_read_and_says_what_the_router_does()
    {
        await using var host = await ApiHost.StartAsync(Example.Unread());
        var why = await host.GetAsync<WhyResponse>("/v1/services/checkout/why");
        Assert.Equal(Example.Rollout, why.Rollout);
        Assert.StartsWith($"{Example.Rollout} has been observing v2 at step 2 (25 %) since", why.Summary);
        Assert.EndsWith(
            " Where it stands now is not known (The store's record of checkout@default cannot be read). "
            + "The router gives v2 25 % and v1 the rest (rollout checkout-default-3, generation 17).",
            why.Summary);
    }

    [Fact]
    public async Task Does_not_say_that_no_rollout_has_begun_where_that_is_not_known()
    {
        await using var host = await ApiHost.StartAsync(Example.Quiet("search") with { RecordTrouble = "the store was not read yet" });
        Assert.Equal(
            "Whether a rollout of search is under way is not known: the store was not read yet. What the router does now is not known.",
            (await host.GetAsync<WhyResponse>("/v1/services/search/why")).Summary);
    }

    [Fact]
    public async Task Passes_on_the_warning_of_an_abort()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Answer = wish => new WishOutcome(wish, true, "v2 gets 0 % from now on") { Warning = "not recorded yet" };
        var response = await Answer(await host.WishAsync("""{"kind":"abort"}"""));
        Assert.Equal(
            new MakeWishResponse { Answered = true, Accepted = true, Answer = "v2 gets 0 % from now on", Warning = "not recorded yet" },
            response);
    }

    [Fact]
    public async Task Records_a_wish_with_who_why_and_from_where()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var response = await Answer(await host.WishAsync("""{"kind":"publish","version":"v3","who":"ana","reason":"hotfix"}"""));
        Assert.Equal(new MakeWishResponse { Wish = 7, Answered = true, Accepted = true, Answer = "paused at 25 %" }, response);
        Assert.Equal(
            new Wish(0, Keys.Of("checkout"), WishKind.Publish, "v3", "ana (unverified)", "hotfix", "127.0.0.1", Example.Now),
            host.Wished.Single());
    }

    [Fact]
    public async Task Answers_a_refused_wish_as_refused()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Answer = wish => new WishOutcome(wish with { Id = 8 }, false, "nothing is paused");
        var response = await Answer(await host.WishAsync("""{"kind":"resume"}"""));
        Assert.Equal(new MakeWishResponse { Wish = 8, Answered = true, Answer = "nothing is paused" }, response);
    }

    [Fact]
    public async Task Says_that_a_wish_is_recorded_when_no_answer_came_in_time()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Answer = _ => null;
        var response = await Answer(await host.WishAsync("""{"kind":"abort"}"""));
        Assert.Equal(new MakeWishResponse { Answer = "recorded; the engine has not answered yet" }, response);
    }

    [Theory]
    [InlineData("", "MakeWishRequest")]
    [InlineData("{", "MakeWishRequest")]
    [InlineData("[]", "MakeWishRequest")]
    [InlineData("""{"kind":"pause","colour":"red"}""", "colour")]
    [InlineData("""{"kind":"puase"}""", "did you mean \"pause\"?")]
    [InlineData("{}", "wishes are abort, approve, pause")]
    [InlineData("""{"kind":"publish"}""", "needs a version")]
    [InlineData("""{"kind":"pause","version":"v2"}""", "takes no version")]
    [InlineData("""{"kind":"pause","service":"search"}""", "\"search\"")]
    [InlineData("""{"kind":"pause","who":"a\u0007b"}""", "who has the character U+0007")]
    [InlineData("""{"kind":"pause","who":"a\u202eb"}""", "who has the character U+202E (right-to-left override)")]
    [InlineData("""{"kind":"pause","who":"\ud800"}""", "MakeWishRequest")]
    [InlineData("""{"kind":"pause","reason":"two\nlines"}""", "reason has the character U+000A (line feed); write one line")]
    [InlineData("""{"kind":"pause","reason":"a\u001b[2Jb"}""", "reason has the character U+001B (escape)")]
    [InlineData("""{"kind":"pause","reason":"a\u2028b"}""", "reason has the character U+2028 (line separator)")]
    [InlineData("""{"kind":"pause","reason":"a\u200bb"}""", "reason has the character U+200B (zero width space)")]
    [InlineData("""{"kind":"publish","version":"v\u009b2"}""", "version has the character U+009B")]
    public async Task Refuses_a_wish_that_makes_no_sense(string body, string says)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var problem = await ApiHost.ProblemOf(await host.WishAsync(body), HttpStatusCode.BadRequest);
        Assert.Contains(says, problem.Detail);
        Assert.Empty(host.Wished);
    }

    [Fact]
    public async Task Refuses_text_that_is_too_long_or_not_UTF_8()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        await ApiHost.ProblemOf(
            await host.WishAsync($$"""{"kind":"pause","reason":"{{new string('x', 1025)}}"}"""), HttpStatusCode.BadRequest);
        var bytes = new ByteArrayContent([(byte)'{', 0xff, (byte)'}'])
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };
        await ApiHost.ProblemOf(await host.Http.PostAsync("/v1/services/checkout/wishes", bytes), HttpStatusCode.BadRequest);
        Assert.Empty(host.Wished);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refuses_a_body_over_the_limit_with_413_however_it_comes(bool isChunked)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/services/checkout/wishes")
        {
            Content = new StringContent(
                $$"""{"kind":"pause","reason":"{{new string('x', 70_000)}}"}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.TransferEncodingChunked = isChunked;
        var problem = await ApiHost.ProblemOf(await host.Http.SendAsync(request), HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal("a body may have 65536 bytes", problem.Detail);
        Assert.Empty(host.Wished);
    }

    [Theory]
    [InlineData("ffffffffffffffff")]
    [InlineData("zz")]
    [InlineData("-1")]
    public async Task A_chunk_whose_size_is_none_is_a_bad_request(string size)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var socket = new System.Net.Sockets.TcpClient(host.Http.BaseAddress!.Host, host.Http.BaseAddress.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
            "POST /v1/services/checkout/wishes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + $"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{size}\r\n{{}}\r\n0\r\n\r\n"));
        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 400 Bad Request", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Lives_at_once_and_is_ready_when_told()
    {
        await using var host = await ApiHost.StartAsync();
        Assert.Equal("ok\n", await host.Http.GetStringAsync("/healthz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.Http.GetAsync("/readyz")).StatusCode);
        host.Readiness.TurnOn();
        Assert.Equal("ready\n", await host.Http.GetStringAsync("/readyz"));
        host.Readiness.TurnOff("draining");
        var drained = await host.Http.GetAsync("/readyz");
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "not ready: draining\n"), (drained.StatusCode, await drained.Content.ReadAsStringAsync()));
    }

    private static async Task<MakeWishResponse> Answer(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonParser.Default.Parse<MakeWishResponse>(await response.Content.ReadAsStringAsync());
    }
}
