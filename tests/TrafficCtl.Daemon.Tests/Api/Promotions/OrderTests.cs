using System.Net;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api.Promotions;

public sealed class OrderTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("""{"kind":"promote","environment":"prod"}""", "PromotionOrdered", "v25")]
    [InlineData("""{"kind":"pin","environment":"prod","version":"v24"}""", "Pinned", "v24")]
    [InlineData("""{"kind":"hold","environment":"staging"}""", "Held", "v25")]
    [InlineData("""{"kind":"veto","environment":"staging","version":"v25","reason":"slow"}""", "Vetoed", "v25")]
    [InlineData("""{"kind":"unveto","environment":"test","version":"v26"}""", "Unvetoed", "v26")]
    [InlineData("""{"kind":"approve","environment":"prod","who":"bo"}""", "GateVoted", "v25")]
    [InlineData("""{"kind":"reject","environment":"prod","gate":"approver","version":"v25"}""", "GateVoted", "v25")]
    [InlineData("""{"kind":"revoke","environment":"staging","version":"v25"}""", "EvidenceRevoked", "v25")]
    [InlineData("""{"kind":"break-glass","environment":"prod","reason":"fire"}""", "BreakGlassBegun", "")]
    [InlineData("""{"kind":"stop-the-line","reason":"fire"}""", "LineStopped", "")]
    [InlineData("""{"kind":"stop-the-line","environment":"prod","target":"eu","reason":"fire"}""", "LineStopped", "")]
    public async Task An_order_becomes_its_fact(string json, string fact, string version)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var answer = await OrderAsync(host, json);
        Assert.True(answer.Accepted, answer.Answer);
        var recorded = host.Orders.Facts.Single();
        Assert.Equal((fact, recorded.Stamp.Sequence), (recorded.Name, answer.Seq));
        Assert.Equal(version, answer.Version);
        Assert.EndsWith("(unverified)", recorded.Stamp.Who, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unpin", "pin", "v24")]
    [InlineData("release", "hold", "")]
    [InlineData("lift-break-glass", "break-glass", "")]
    public async Task What_was_ordered_is_lifted_again(string lift, string order, string version)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        Assert.False((await OrderAsync(host, $$"""{"kind":"{{lift}}","environment":"prod"}""")).Accepted);
        Assert.True((await OrderAsync(
            host, $$"""{"kind":"{{order}}","environment":"prod","version":"{{version}}","reason":"r"}""")).Accepted);
        Assert.True((await OrderAsync(host, $$"""{"kind":"{{lift}}","environment":"prod"}""")).Accepted);
    }

    [Fact]
    public async Task The_line_of_all_services_is_stopped_and_released_without_a_name()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        Assert.True((await OrderAsync(host, """{"kind":"stop-the-line","reason":"fire"}""", "/v1/orders")).Accepted);
        var stopped = Assert.Single((await host.GetAsync<PipelineStatus>("/v1/pipelines/checkout")).Stopped);
        Assert.Equal(("organisation", "fire"), (stopped.Scope, stopped.Reason));
        Assert.True((await OrderAsync(host, """{"kind":"release-the-line"}""", "/v1/orders")).Accepted);
        Assert.Empty((await host.GetAsync<PipelineStatus>("/v1/pipelines/checkout")).Stopped);
    }

    [Fact]
    public async Task What_the_engine_refuses_is_an_answer_with_its_reason()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var answer = await OrderAsync(host, """{"kind":"veto","environment":"prod","version":"v25"}""");
        Assert.Equal((false, "a reason is missing: say why with --reason"), (answer.Accepted, answer.Answer));
        Assert.False(answer.HasSeq);
        Assert.Empty(host.Orders.Facts);
    }

    [Theory]
    [InlineData("""{"kind":"pni","environment":"prod"}""", 400, "\"pni\" is not an order (did you mean \"pin\"?); orders are approve, ")]
    [InlineData("""{"kind":"pin"}""", 400, "pin needs an environment")]
    [InlineData("""{"kind":"pin","environment":"prod"}""", 400, "pin needs a version")]
    [InlineData("""{"kind":"unpin","environment":"prod","version":"v24"}""", 400, "unpin takes no version")]
    [InlineData("""{"kind":"pin","environment":"prod","version":"v24","until":"2027-01-01T00:00:00Z"}""", 400, "pin takes no until")]
    [InlineData("""{"kind":"veto","environment":"prod","version":"v24","scope":"servcie"}""", 400,
        "\"servcie\" is no scope (did you mean \"service\"?); there are downstream, environment, service")]
    [InlineData("""{"kind":"stop-the-line","target":"eu"}""", 400, "a target is named with its environment")]
    [InlineData("""{"kind":"pin","environment":"prd","version":"v24"}""", 404,
        "checkout has no environment \"prd\": did you mean \"prod\"?")]
    [InlineData("""{"kind":"pin","environment":"prod","version":"v27"}""", 404, "checkout has no version \"v27\": did you mean \"v26\"?")]
    [InlineData("""{"kind":"stop-the-line","environment":"prod","target":"ue"}""", 404,
        "checkout@prod has no target \"ue\": did you mean \"eu\"?")]
    [InlineData("""{"kind":"approve","environment":"test"}""", 400, "checkout@test asks nobody for approval")]
    [InlineData("""{"kind":"approve","environment":"prod","gate":"aprove"}""", 404,
        "prod has no gate \"aprove\": did you mean \"approve\"?")]
    [InlineData("""{"kind":"promote","environment":"staging"}""", 400, "no version of checkout waits before staging: name one")]
    [InlineData("""{"kind":"pin","environment":"prod","version":"v24","reason":"two\nlines"}""", 400,
        "reason has the character U+000A (line feed); write one line of printable text")]
    [InlineData("""{"kind":"pin","environment":"prod","version":"v24","service":"search"}""", 400,
        "the body names the service \"search\", the address names \"checkout\"")]
    public async Task What_has_no_plain_meaning_is_refused_and_not_recorded(string json, int status, string expected)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var response = await PostAsync(host, json, "/v1/pipelines/checkout/orders");
        Assert.StartsWith(expected, (await ApiHost.ProblemOf(response, (HttpStatusCode)status)).Detail, StringComparison.Ordinal);
        Assert.Empty(host.Orders.Facts);
    }

    [Fact]
    public async Task An_order_that_is_not_answered_in_time_may_be_recorded_and_says_so()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Orders.Recording = static _ => new TaskCompletionSource().Task;
        var asking = PostAsync(host, """{"kind":"pin","environment":"prod","version":"v24"}""", "/v1/pipelines/checkout/orders");
        await Eventually.TrueAsync(
            () =>
            {
                host.Clock.Advance(TimeSpan.FromSeconds(5));
                return asking.IsCompleted;
            },
            "the order is answered");
        using var response = await asking;
        Assert.StartsWith(
            "no answer yet", (await ApiHost.ProblemOf(response, HttpStatusCode.ServiceUnavailable)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_verified_votes_by_name_and_role()
    {
        await using var host = await StartAsync();
        var answer = await OrderAsync(host, """{"kind":"approve","environment":"prod","who":"eve"}""", token: "approver");
        Assert.True(answer.Accepted, answer.Answer);
        var vote = Assert.IsType<PromotionFact.GateVoted>(host.Orders.Facts.Single());
        Assert.Equal(("approver", "approver", false), (vote.Stamp.Who, vote.As, vote.IsRejection));
    }

    [Theory]
    [InlineData("viewer", """{"kind":"stop-the-line"}""", 403)]
    [InlineData("operator", """{"kind":"pin","environment":"prod","version":"v24"}""", 403)]
    [InlineData("operator", """{"kind":"hold","environment":"prod"}""", 200)]
    [InlineData("operator", """{"kind":"approve","environment":"prod"}""", 403)]
    [InlineData("operator", """{"kind":"break-glass","environment":"prod"}""", 403)]
    [InlineData("approver", """{"kind":"promote","environment":"prod"}""", 403)]
    [InlineData("approver", """{"kind":"pin","environment":"prod","version":"v24"}""", 200)]
    [InlineData("staging", """{"kind":"hold","environment":"staging"}""", 200)]
    [InlineData("staging", """{"kind":"hold","environment":"prod"}""", 404)]
    [InlineData("staging", """{"kind":"veto","environment":"staging","version":"v25","reason":"r"}""", 403)]
    [InlineData("staging", """{"kind":"veto","environment":"staging","version":"v25","reason":"r","scope":"environment"}""", 200)]
    [InlineData("staging", """{"kind":"stop-the-line","reason":"r"}""", 403)]
    [InlineData("staging", """{"kind":"stop-the-line","reason":"r","environment":"staging"}""", 200)]
    public async Task The_right_is_needed_wherever_an_order_reaches(string who, string json, int status)
    {
        using var said = new SaidLines();
        await using var host = await StartAsync(said);
        using var response = await PostAsync(host, json, "/v1/pipelines/checkout/orders", who);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 200 ? 1 : 0, host.Orders.Facts.Count);
        Assert.Equal(status == 200 ? 0 : 1, said.Lines.Count(static line => line.Contains(" may not ", StringComparison.Ordinal)));
        var body = await response.Content.ReadAsStringAsync();
        if (status == 403 && who == "staging") Assert.DoesNotContain("prod", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_may_not_be_read_is_left_out()
    {
        await using var host = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/pipelines/checkout");
        request.Headers.Authorization = new("Bearer", tokens["staging"]);
        using var response = await host.Http.SendAsync(request);
        var pipeline = JsonParser.Default.Parse<PipelineStatus>(await response.Content.ReadAsStringAsync());
        Assert.Equal(["staging"], pipeline.Environments.Select(static e => e.Environment));
    }

    private readonly Dictionary<string, string> tokens = [];

    private Task<ApiHost> StartAsync(SaidLines? said = null)
    {
        var path = Path.Combine(directory.Path, TokenListFile.Name);
        var list = new List<Token>();
        foreach (var role in Enum.GetValues<Role>()) Add(role.ToString().ToLowerInvariant(), new Grant(role));
        Add("staging", new Grant(Role.Operator, "checkout", "staging"));
        TokenListFile.Write(path, [.. list]);
        return ApiHost.StartAsync(
            Example.Facts, path, null, services =>
            {
                if (said is not null) services.AddSingleton<ILoggerProvider>(said);
            },
            [Example.Active()]);

        void Add(string name, Grant grant)
        {
            var (token, text) = Token.Make(name, grant, Example.Now.AddDays(-1), null);
            list.Add(token);
            tokens[name] = text;
        }
    }

    private async Task<HttpResponseMessage> PostAsync(ApiHost host, string json, string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        if (token is not null) request.Headers.Authorization = new("Bearer", tokens[token]);
        return await host.Http.SendAsync(request);
    }

    private async Task<MakeOrderResponse> OrderAsync(
        ApiHost host, string json, string path = "/v1/pipelines/checkout/orders", string? token = null)
    {
        using var response = await PostAsync(host, json, path, token);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonParser.Default.Parse<MakeOrderResponse>(body);
    }
}
