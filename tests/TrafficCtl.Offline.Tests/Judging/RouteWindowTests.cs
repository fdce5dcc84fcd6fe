using System.Globalization;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>Window files that tell routes apart.</summary>
public sealed class RouteWindowTests
{
    [Fact]
    public void A_route_that_fails_is_named_as_the_file_calls_it()
    {
        var judged = Judged.Of(Trace(60, Route("GET /returns/{id}", 10, 0), Route("GET /returns/{id}", 10, 10), errors: 10), explain: true);
        Assert.Equal("fail", judged.Verdict);
        Assert.Contains("GET /returns/{id}: candidate errors 100 %", Reason(judged), StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_that_is_refused_holds_and_is_named()
    {
        var judged = Judged.Of(Trace(60, Route("/search", 20, 0, refused: 0), Route("/search", 20, 0, refused: 20)), explain: true);
        Assert.Equal("unsure", judged.Verdict);
        Assert.StartsWith("advisory signal worse: route client errors", Reason(judged), StringComparison.Ordinal);
        Assert.Contains("/search: candidate client errors 100 %", Reason(judged), StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_that_is_slow_is_named()
    {
        var judged = Judged.Of(
            Trace(80, Route("/report", 20, 0, counts: "12,6,2,0,0"), Route("/report", 20, 0, counts: "0,0,1,4,15")), explain: true);
        Assert.Equal("fail", judged.Verdict);
        Assert.Contains("/report: slower than", Reason(judged), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_come_later_are_of_the_rest()
    {
        var first = Trace(1, Route("/a", 100, 0), Route("/a", 100, 0));
        var later = Enumerable.Range(1, 40).SelectMany(i => Tick(i, Route($"/flood-{i}", 100, 0), Route($"/flood-{i}", 100, 0), 0));
        var judged = Judged.Of(first.Concat(later), explain: true);
        Assert.Contains("of 2 routes", judged.Finding("route errors").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_routes_nothing_is_said_of_them()
    {
        var judged = Judged.Of(Trace(60, "", ""));
        Assert.DoesNotContain(
            judged.Only.GetProperty("findings").EnumerateArray(),
            f => f.GetProperty("signal").GetString()!.StartsWith("route", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"routes\":[{\"name\":\"/a\",\"requests\":1}]", "routes.errors is missing")]
    [InlineData("\"routes\":[{\"name\":\"\",\"requests\":1,\"errors\":0}]", "routes.name has 0 bytes")]
    [InlineData("\"routes\":[{\"name\":\"/a\",\"requests\":1,\"errors\":2}]", "are more than requests 1")]
    [InlineData("\"routes\":[{\"name\":\"/a\",\"requests\":1001,\"errors\":0}]", "routes have 1001 requests of 1000")]
    [InlineData("\"routes\":[{\"name\":\"/a\",\"requests\":9,\"errors\":0,\"latency\":{\"counts\":[9]}}]", "has 1, write as many")]
    [InlineData("\"routes\":[{\"name\":\"/a\",\"requests\":9,\"errors\":0,\"latency\":{\"counts\":[9,9,0,0,0]}}]", "counts sum to 18 of 9")]
    [InlineData("\"routes\":[{\"title\":\"/a\"}]", "there is no key \"title\"")]
    public void What_cannot_be_is_said_with_its_line(string wrong, string says)
    {
        var judged = Judged.Of([Line(1, "stable", 1000, 0, wrong), Line(1, "candidate", 1000, 0, "")]);
        Assert.False(judged.IsGood);
        Assert.Contains(says, judged.Problems[0], StringComparison.Ordinal);
    }

    private static string Reason(Judged judged) => judged.Only.GetProperty("reason").GetString()!;

    private static string Route(string name, int requests, int errors, int refused = -1, string? counts = null) =>
        string.Create(CultureInfo.InvariantCulture, $"\"routes\":[{{\"name\":\"{name}\",\"requests\":{requests},\"errors\":{errors}")
        + (refused < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $",\"clientErrors\":{refused}"))
        + (counts is null ? "" : $",\"latency\":{{\"counts\":[{counts}]}}") + "}]";

    private static IEnumerable<string> Trace(int ticks, string stable, string candidate, int errors = 0) =>
        Enumerable.Range(0, ticks).SelectMany(i => Tick(i, stable, candidate, errors));

    private static IEnumerable<string> Tick(int number, string stable, string candidate, int errors) =>
        [Line(number, "stable", 1000, 0, stable), Line(number, "candidate", 1000, errors, candidate)];

    private static string Line(int number, string arm, int requests, int errors, string more) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"t\":{5 * (number + 1)},\"arm\":\"{arm}\",\"weight\":5000,\"requests\":{requests},\"errors\":{errors},")
        + $"\"latency\":{{\"bounds\":[0.05,0.1,0.2,0.4],\"counts\":[300,400,200,80,20]}}{(more.Length == 0 ? "" : "," + more)}}}";
}
