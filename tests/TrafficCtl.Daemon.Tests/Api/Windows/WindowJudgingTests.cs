using System.Net;
using System.Text;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Api.Windows;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Offline.Judging;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api.Windows;

/// <summary>Windows that a caller has measured, by both protocols.</summary>
public sealed class WindowJudgingTests : IDisposable
{
    private const string Analysis = "errors: { worse-by: 1pp }";

    private readonly TemporaryDirectory directory = new();

    [Theory]
    [InlineData("", false, 10_000)]
    [InlineData(Analysis, true, 2500)]
    public async Task Both_protocols_give_the_verdicts_of_the_command(string analysis, bool explain, int next)
    {
        await using var host = await ApiHost.StartAsync();
        using var channel = host.Channel();
        var windows = Windows("good", 20, 0).Concat(Windows("bad", 20, 40)).ToList();
        var expected = Expected(windows, analysis, explain, next);
        Assert.Equal(["good", "bad"], expected.Select(static v => v.Trace));
        Assert.Equal((false, true), (expected[0].Verdict == "fail", expected[1].Verdict == "fail"));

        var options = new JudgeOptions { NextWeight = next, Explain = explain, Analysis = analysis };
        using var call = new Judging.JudgingClient(channel).Judge();
        await call.RequestStream.WriteAsync(new JudgeRequest { Options = options });
        foreach (var piece in windows.Chunk(7)) await call.RequestStream.WriteAsync(new JudgeRequest { Windows = { piece } });
        await call.RequestStream.CompleteAsync();
        Assert.Equal(expected, await call.ResponseStream.ReadAllAsync().ToListAsync());

        var query = $"nextWeight={next}&explain={(explain ? "true" : "false")}&analysis={Uri.EscapeDataString(analysis)}";
        using var response = await PostAsync(host, string.Join('\n', windows.Select(MessageJson.Format)), query);
        Assert.Equal((HttpStatusCode.OK, WindowRequests.MediaType), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, lines.Select(JsonParser.Default.Parse<JudgedTrace>));
    }

    [Fact]
    public async Task A_bad_window_refuses_all_and_is_named_with_its_line_and_field()
    {
        await using var host = await ApiHost.StartAsync();
        using var channel = host.Channel();
        var windows = Windows("good", 3, 0).ToList();
        windows[1] = new MeasuredWindow(windows[1]) { Errors = 2000 };
        windows[4] = new MeasuredWindow(windows[4]) { Latency = new MeasuredLatency { Bounds = { 0.1 }, Counts = { 1, 2, 3 } } };
        using var call = new Judging.JudgingClient(channel).Judge();
        await call.RequestStream.WriteAsync(new JudgeRequest { Windows = { windows } });
        await call.RequestStream.CompleteAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.StartsWith("line 2: errors 2000 are more than requests 50, count each request once; line 5: latency.counts has 3 for ",
            refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(
            ["windows[1].errors", "windows[4].latency.counts"],
            refused.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Select(static v => v.Field));

        using var response = await PostAsync(host, string.Join('\n', windows.Select(MessageJson.Format)));
        Assert.Equal(refused.Status.Detail, (await ApiHost.ProblemOf(response, HttpStatusCode.BadRequest)).Detail);
    }

    [Theory]
    [InlineData("", "", "line 1: no windows, write one JSON object a line")]
    [InlineData("{\"t\":1", "", "line 1: ")]
    [InlineData("{\"trase\":\"x\"}", "", "did you mean \"trace\"?")]
    [InlineData("{\"t\":NaN,\"arm\":\"stable\",\"requests\":1,\"errors\":0}", "", "line 1: ")]
    [InlineData("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", "", "; and 2 more")]
    [InlineData("{\"\\u001b[2J\":1}", "", "\\u001b[2J")]
    [InlineData("{}", "nextWeight=10001", "from 0 to 10000")]
    [InlineData("{}", "explain=maybe", "explain is true or false")]
    [InlineData("{}", "analysis=errors:%20%7B%20worse-bye:%201pp%20%7D", "worse-by")]
    [InlineData("{}", "analysis=%5B", "analysis")]
    public async Task Hostile_input_is_refused_in_words(string body, string query, string says)
    {
        await using var host = await ApiHost.StartAsync();
        using var response = await PostAsync(host, body, query);
        Assert.Contains(says, (await ApiHost.ProblemOf(response, HttpStatusCode.BadRequest)).Detail, StringComparison.Ordinal);
        Assert.Equal(0, host.Judgements.Running);
    }

    [Fact]
    public async Task A_metric_that_the_analysis_names_and_no_window_has_is_refused()
    {
        await using var host = await ApiHost.StartAsync();
        var window = new MeasuredWindow(Windows("a", 1, 0).First()) { Metrics = { ["orders"] = 1 } };
        using var response = await PostAsync(
            host, MessageJson.Format(window), $"analysis={Uri.EscapeDataString("oders: { direction: higher, worse-by: 2% }")}");
        Assert.Contains("orders", (await ApiHost.ProblemOf(response, HttpStatusCode.BadRequest)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_is_judged_at_once_is_refused_before_it_is_all_read()
    {
        await using var host = await ApiHost.StartAsync();
        using var channel = host.Channel();
        var many = string.Concat(Enumerable.Repeat("\n", (int)WindowFeed.MostLines + 1));
        using var lines = await PostAsync(host, many);
        Assert.Contains("200000 windows", (await ApiHost.ProblemOf(lines, HttpStatusCode.RequestEntityTooLarge)).Detail);

        using var traces = await PostAsync(host, string.Join('\n', Enumerable.Range(0, WindowHandlers.MostTraces + 1).Select(static i =>
            $$"""{"trace":"t{{i}}","t":5,"arm":"stable","requests":10,"errors":0}""")));
        Assert.Contains("1000 traces", (await ApiHost.ProblemOf(traces, HttpStatusCode.RequestEntityTooLarge)).Detail);

        // The server refuses while the client still writes: where the end of the stream overtakes the answer, the client sees that alone.
        await Eventually.TrueAsync(
            async () => await RefusalOfLargeAsync(channel) == StatusCode.ResourceExhausted, "a message over the limit is refused");
    }

    private static async Task<StatusCode> RefusalOfLargeAsync(GrpcChannel channel)
    {
        using var call = new Judging.JudgingClient(channel).Judge();
        var options = new JudgeOptions { Analysis = new string('x', Messages.BodyLimit) };
        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await call.RequestStream.WriteAsync(new JudgeRequest { Options = options });
            await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        });
        return refused.StatusCode;
    }

    [Fact]
    public async Task A_caller_that_goes_ends_the_work()
    {
        await using var host = await ApiHost.StartAsync();
        using var channel = host.Channel();
        using (var call = new Judging.JudgingClient(channel).Judge())
        {
            await call.RequestStream.WriteAsync(new JudgeRequest { Windows = { Windows("a", 3, 0) } });
            await Eventually.TrueAsync(() => host.Judgements.Running == 1, "it is judged");
        }

        await Eventually.TrueAsync(() => host.Judgements.Running == 0, "the work has ended");
    }

    [Fact]
    public async Task A_few_are_judged_at_once_and_none_for_ever()
    {
        await using var host = await ApiHost.StartAsync();
        using var channel = host.Channel();
        var client = new Judging.JudgingClient(channel);
        var calls = Enumerable.Range(0, WindowHandlers.MostAtOnce).Select(_ => client.Judge()).ToList();
        foreach (var call in calls) await call.RequestStream.WriteAsync(new JudgeRequest { Windows = { Windows("a", 1, 0) } });
        await Eventually.TrueAsync(() => host.Judgements.Running == WindowHandlers.MostAtOnce, "both are judged");
        using var third = await PostAsync(host, "{}");
        Assert.Equal(
            "too many judgements", (await ApiHost.ProblemOf(third, HttpStatusCode.ServiceUnavailable)).Title);

        host.Clock.Advance(WindowHandlers.Longest);
        foreach (var call in calls)
        {
            var late = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(StatusCode.ResourceExhausted, late.StatusCode);
            Assert.Equal("TOOK_TOO_LONG", late.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
            call.Dispose();
        }

        await Eventually.TrueAsync(() => host.Judgements.Running == 0, "the work has ended");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task A_body_that_a_page_could_send_is_refused(string? mediaType)
    {
        await using var host = await ApiHost.StartAsync();
        using var content = new ByteArrayContent("{}"u8.ToArray());
        if (mediaType is not null) content.Headers.ContentType = new(mediaType);
        using var response = await host.Http.PostAsync("/v1/judge", content);
        await ApiHost.ProblemOf(response, HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task A_viewer_may_and_nobody_without_a_token_where_there_are_tokens()
    {
        var path = Path.Combine(directory.Path, "tokens.json");
        var (kept, text) = Token.Make("vera", new Grant(Role.Viewer, "checkout", "prod"), DateTimeOffset.UnixEpoch, null);
        TokenListFile.Write(path, [kept]);
        await using var host = await ApiHost.StartAsync(Example.Facts, path, null);
        var body = string.Join('\n', Windows("a", 3, 0).Select(MessageJson.Format));
        using var nobody = await PostAsync(host, body);
        await ApiHost.ProblemOf(nobody, HttpStatusCode.Unauthorized);
        host.Http.DefaultRequestHeaders.Authorization = new("Bearer", text);
        using var viewer = await PostAsync(host, body);
        Assert.Equal(HttpStatusCode.OK, viewer.StatusCode);
    }

    public void Dispose() => directory.Dispose();

    private static Task<HttpResponseMessage> PostAsync(ApiHost host, string lines, string query = "")
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(lines));
        content.Headers.ContentType = new(WindowRequests.MediaType);
        return host.Http.PostAsync($"/v1/judge?{query}", content);
    }

    /// <summary>What the command prints of the same windows.</summary>
    private List<JudgedTrace> Expected(IEnumerable<MeasuredWindow> windows, string analysis, bool explain, int next)
    {
        var file = Path.Combine(directory.Path, "analysis.yaml");
        File.WriteAllText(file, analysis);
        var parsed = WindowFileOptions.Of("f", analysis.Length > 0 ? file : null);
        var options = Assert.IsType<Parsed<WindowFileOptions>.Ok>(parsed).Value with { Explain = explain, NextWeight = next };
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', windows.Select(MessageJson.Format))));
        using var output = new StringWriter();
        Assert.True(WindowFile.Judge(input, options, output, TextWriter.Null, TestContext.Current.CancellationToken));
        return
        [
            .. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line =>
                Presence.Settle(JsonParser.Default.Parse<JudgedTrace>(line))),
        ];
    }

    private static IEnumerable<MeasuredWindow> Windows(string trace, int ticks, int errors)
    {
        for (var i = 1; i <= ticks; i++)
        {
            yield return Of("stable", i, 950, 1);
            yield return Of("candidate", i, 50, Math.Min(50, errors));
        }

        MeasuredWindow Of(string arm, int tick, long requests, long failed) => new()
        {
            Trace = trace,
            T = 5 * tick,
            Step = 1,
            Weight = 500,
            Arm = arm,
            Requests = requests,
            Errors = failed,
            Latency = new MeasuredLatency { Bounds = { 0.05, 0.1, 0.2, 0.4 }, Counts = { requests - failed, 0, 0, 0, 0 } },
        };
    }
}
