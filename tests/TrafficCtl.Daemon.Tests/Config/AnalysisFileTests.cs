using System.Text;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace TrafficCtl.Daemon.Tests.Config;

public sealed class AnalysisFileTests
{
    private const string Content = """
        errors: { worse-by: 0.2pp }
        latency: { worse-by: 20%, then: hold }
        users: { worse-by: 0.5pp }
        orders: { direction: higher, worse-by: 2%, then: rollback }
        cpu_per_request: { direction: lower, limit: 2.5e3 }
        warm-up: { errors: 10s }
        """;

    private const string Service = """
        service: checkout
        listen: https://127.0.0.1:8443
        tls: { cert: nowhere.pem, key: nowhere.pem }
        versions: { v1: [http://127.0.0.1:5001] }
        stable: v1

        """;

    private static readonly Analysis Expected = Analysis.Default with
    {
        Errors = new ErrorTolerance(0.002),
        Latency = new LatencyTolerance(0.99, 0.2, Consequence.Hold),
        Users = new UserTolerance(),
        Metrics = [new("orders", Direction.Higher, 0.02, Consequence.Rollback), new(
            "cpu_per_request", Direction.Lower, 0.15, Consequence.Hold, 2500)],
        ErrorWarmUp = TimeSpan.FromSeconds(10),
    };

    [Fact]
    public void Takes_the_content_of_the_section() => Assert.Equal(Expected, Ok(Content));

    [Fact]
    public void Takes_the_section_under_its_key() => Assert.Equal(Expected, Ok(Under("analysis")));

    [Fact]
    public void Takes_a_delivery_file_of_one_service_wherever_its_certificates_are() =>
        Assert.Equal(Expected, Ok(Service + Under("analysis")));

    [Fact]
    public void A_delivery_file_that_says_nothing_means_the_defaults() => Assert.Equal(Analysis.Default, Ok(Service));

    [Fact]
    public void Routes_are_compared_by_default_and_may_be_fewer_deeper_or_off()
    {
        Assert.Equal(new RouteGrouping(50, 3), Ok("errors: {}").Routes);
        Assert.Equal(new RouteGrouping(20, 3), Ok("routes: { max: 20 }").Routes);
        Assert.Equal(new RouteGrouping(50, 5), Ok("routes: { depth: 5 }").Routes);
        Assert.Null(Ok("routes: off").Routes);
    }

    [Fact]
    public void What_it_leaves_out_stays_as_it_is_in_another_analysis()
    {
        var recorded = Expected with { Tick = TimeSpan.FromSeconds(2), AlphaNonInferiority = 0.1, LatencyWarmUp = TimeSpan.FromSeconds(7) };
        Assert.Equal(recorded, Changes(Service).Over(recorded));
        Assert.Equal(recorded, Changes("errors: {}").Over(recorded));
        Assert.Null(Changes("errors: {}").Over(recorded with { Routes = null }).Routes);
        Assert.Null(Changes("routes: off").Over(recorded).Routes);
        Assert.Equal(
            recorded with { Latency = recorded.Latency with { WorseBy = 0.3 } }, Changes("latency: { worse-by: 30% }").Over(recorded));
        Assert.Equal(recorded with { Users = new UserTolerance(0.02) }, Changes("users: { worse-by: 2pp }").Over(recorded));
        Assert.Equal(
            recorded with
            {
                Metrics = [recorded.Metrics[0], recorded.Metrics[1] with { WorseBy = 0.5 }, new("memory", Direction.Lower, 0.15)],
            },
            Changes("memory: { direction: lower }\ncpu_per_request: { direction: lower, worse-by: 50% }").Over(recorded));

        static AnalysisChanges Changes(string text)
        {
            var file = Path.GetTempFileName();
            try
            {
                File.WriteAllText(file, text);
                return Assert.IsType<Parsed<AnalysisChanges>.Ok>(AnalysisFile.LoadChanges(file)).Value;
            }
            finally
            {
                File.Delete(file);
            }
        }
    }

    [Fact]
    public void Refuses_a_file_of_two_services() =>
        Assert.Contains("x.yaml:7:1: the file holds 2 documents (name a file with one service)", All(Service + "---\n" + Service));

    [Fact]
    public void Says_all_that_is_wrong_at_once() => Assert.Equal(
        """
        x.yaml:1:1: erors: unknown key (did you mean "errors"?)
        x.yaml:2:22: latency.worse-by: "10" has no unit (write 10%)
        x.yaml:3:22: orders.direction: expected one of higher, lower, both, found "up"
        x.yaml:4:6: cpu.direction: is missing (add `direction: higher`)
        x.yaml:4:37: cpu.limit: expected a number above 0, found "-1"
        x.yaml:5:1: or ders: "or ders" is not a name (use a letter, then letters, digits, _ and -, at most 63)
        x.yaml:6:1: alpha: is not available in this version (leave it out)
        x.yaml:7:8: users: expected the users signal (a map), found one value (write `users: { worse-by: 0.5pp }`)
        """,
        All("""
            erors: { worse-by: 0.2pp }
            latency: { worse-by: 10 }
            orders: { direction: up, worse-by: 2% }
            cpu: { prometheus: "sum(x)", limit: -1 }
            or ders: { direction: lower }
            alpha: { direction: lower }
            users: 0.5pp
            """));

    [Fact]
    public void Refuses_what_is_beside_the_analysis() =>
        Assert.Equal("x.yaml:2:1: holdbak: unknown key (known here: analysis)", All("analysis: { tick: 5s }\nholdbak: 1h"));

    [Fact]
    public void Refuses_more_metrics_than_a_rollout_can_keep() =>
        Assert.Contains("more than 8 metrics", All(string.Join('\n', Enumerable.Range(0, 9).Select(i => $"m{i}: {{ direction: both }}"))));

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    public void An_empty_file_is_a_problem(string text) => Assert.Contains("the file is empty", All(text));

    [Fact]
    public void A_file_that_is_not_there_is_a_problem() =>
        Assert.Equal("/no/such.yaml: there is no such file (check the path)", AnalysisFile.Load("/no/such.yaml").ToString());

    [Fact]
    public void Reads_from_the_disk()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Content);
            Assert.Equal(Expected, Assert.IsType<Parsed<Analysis>.Ok>(AnalysisFile.Load(file)).Value);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_schema_for_editors_accepts_the_same_section()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Under("analysis")));
        var schema = JsonNode.Parse(DeliverySchema.ToJsonSchema())!["else"]!["properties"]!["analysis"]!.AsObject();
        var section = Subset.FromYaml(yaml.Documents[0].RootNode)!["analysis"];
        Assert.Empty(Subset.Check(schema, section));
        section!["erors"] = new JsonObject { ["worse-by"] = "1%" };
        Assert.Contains(Subset.Check(schema, section), c => c.Contains("direction", StringComparison.Ordinal));
    }

    private static string Under(string key) => $"{key}:\n  {Content.Replace("\n", "\n  ", StringComparison.Ordinal)}";

    private static Analysis Ok(string text)
    {
        var parsed = AnalysisFile.ReadText(Encoding.UTF8.GetBytes(text), "x.yaml");
        Assert.True(parsed is Parsed<Analysis>.Ok, parsed.ToString());
        return ((Parsed<Analysis>.Ok)parsed).Value;
    }

    private static string All(string text) => AnalysisFile.ReadText(Encoding.UTF8.GetBytes(text), "x.yaml").ToString()!;
}
