using System.Net;
using System.Web;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

public sealed class PrometheusClientTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_770_000_000);

    private readonly ManualClock clock = new(At);

    [Fact]
    public async Task Asks_by_a_form_with_time_timeout_and_limit()
    {
        var http = new ScriptedHttp(_ => ScriptedHttp.Json(Vector("")));
        await Client(http).QueryAsync("up == 1 + 2", At, default);
        var form = HttpUtility.ParseQueryString(http.Bodies.Single());
        Assert.Equal("http://prometheus:9090/sub/api/v1/query", http.Requests.Single().RequestUri!.AbsoluteUri);
        Assert.Equal(HttpMethod.Post, http.Requests.Single().Method);
        Assert.Equal(
            "up == 1 + 2|1770000000|10000ms|200000", string.Join("|", form["query"], form["time"], form["timeout"], form["limit"]));
    }

    [Fact]
    public async Task Reads_values_that_are_strings_with_NaN_and_infinities()
    {
        var answer = await AskAsync(Vector("""
            {"metric":{"a":"x"},"value":[1770000000.1,"12.5"]},{"metric":{},"value":[1,"NaN"]},
            {"metric":{},"value":[1,"+Inf"]},{"metric":{},"value":[1,"-Inf"]},{"metric":{},"value":[1,"1.7e+09"]}
            """));
        Assert.Equal([12.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1.7e9], answer.Samples.Select(s => s.Value));
        Assert.Equal("x", answer.Samples[0].Labels["a"]);
        Assert.Equal("", answer.Samples[0].Labels["b"]);
    }

    [Fact]
    public async Task Tells_warnings_of_an_answer_that_may_be_partial()
    {
        var answer = await AskAsync(
            """{"status":"success","warnings":["store 3 is gone"],"infos":["fine"],"data":{"resultType":"vector","result":[]}}""");
        Assert.Equal(["store 3 is gone"], answer.Warnings);
    }

    [Theory]
    [InlineData(400, nameof(PrometheusFault.BadQuery))]
    [InlineData(422, nameof(PrometheusFault.NotExecutable))]
    [InlineData(503, nameof(PrometheusFault.Overloaded))]
    [InlineData(429, nameof(PrometheusFault.Overloaded))]
    [InlineData(401, nameof(PrometheusFault.Refused))]
    [InlineData(500, nameof(PrometheusFault.Unreadable))]
    public async Task Tells_the_refusals_apart_with_what_was_said_and_asked(int code, string fault)
    {
        var http = new ScriptedHttp(_ => FakePrometheus.Fail((HttpStatusCode)code, "bad_data", "parse error at char 3"));
        var thrown = await Assert.ThrowsAsync<PrometheusException>(() => Client(http).QueryAsync("a b", At, default));
        Assert.Equal(fault, thrown.Fault.ToString());
        Assert.Contains("parse error at char 3", thrown.Message);
        Assert.Contains("`a b`", thrown.Message);
    }

    [Theory]
    [InlineData("<html>sign in</html>", "not JSON")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[]}}""", "matrix")]
    [InlineData("""{"status":"success"}""", "no data")]
    [InlineData("""{"status":"error","errorType":"x","error":"late"}""", "late")]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}""", "key")]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"many"]}]}}""", "many")]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":7}]}}""", "Array")]
    [InlineData("[]", "no status")]
    public async Task Refuses_an_answer_that_is_none_of_the_API(string body, string why)
    {
        var thrown = await Assert.ThrowsAsync<PrometheusException>(() => AskAsync(body));
        Assert.Equal(PrometheusFault.Unreadable, thrown.Fault);
        Assert.Contains(why, thrown.Message);
    }

    [Fact]
    public async Task Refuses_an_answer_larger_than_allowed()
    {
        var http = new ScriptedHttp(_ => ScriptedHttp.Json(new string(' ', 3 << 20)));
        var client = new PrometheusClient(new HttpMessageInvoker(http), Options with { MostBytes = 1 << 20 }, clock);
        var thrown = await Assert.ThrowsAsync<PrometheusException>(() => client.QueryAsync("up", At, default));
        Assert.Contains("larger than 1 MiB", thrown.Message);
    }

    [Fact]
    public async Task Gives_up_a_server_that_never_answers()
    {
        var asked = new TaskCompletionSource();
        var client = new PrometheusClient(new HttpMessageInvoker(new Silent(asked)), Options, clock);
        var answer = client.QueryAsync("up", At, default);
        await asked.Task;
        clock.Advance(TimeSpan.FromSeconds(11));
        var thrown = await Assert.ThrowsAsync<PrometheusException>(() => answer);
        Assert.Equal(PrometheusFault.Unreachable, thrown.Fault);
        Assert.Contains("did not answer within 10 s", thrown.Message);
    }

    [Fact]
    public async Task Says_that_nobody_listens()
    {
        var http = new ScriptedHttp(_ => throw new HttpRequestException("connection refused"));
        var thrown = await Assert.ThrowsAsync<PrometheusException>(() => Client(http).QueryAsync("up", At, default));
        Assert.Equal(PrometheusFault.Unreachable, thrown.Fault);
        Assert.Contains("connection refused", thrown.Message);
    }

    [Theory]
    [InlineData("ftp://x", 15, "the address")]
    [InlineData("http://x", 0.5, "the scrape interval")]
    [InlineData("http://x", 90, "the scrape interval")]
    public void Names_the_option_that_cannot_be_used(string address, double scrape, string problem) =>
        Assert.StartsWith(problem, new PrometheusOptions(new Uri(address)) { Scrape = TimeSpan.FromSeconds(scrape) }.Problem());

    internal static string Vector(string result) => $$$"""{"status":"success","data":{"resultType":"vector","result":[{{{result}}}]}}""";

    private static PrometheusOptions Options => new(new Uri("http://prometheus:9090/sub/"));

    private PrometheusClient Client(ScriptedHttp http) => new(new HttpMessageInvoker(http), Options, clock);

    private Task<PromAnswer> AskAsync(string body) => Client(new ScriptedHttp(_ => ScriptedHttp.Json(body))).QueryAsync("up", At, default);

    private sealed class Silent(TaskCompletionSource asked) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop)
        {
            asked.SetResult();
            await Hang.UntilAsync(stop);
            return new HttpResponseMessage();
        }
    }
}
