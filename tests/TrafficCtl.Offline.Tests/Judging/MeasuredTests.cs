using TrafficCtl.Core.Judging;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>What a window may hold beside requests, errors and latency.</summary>
public sealed class MeasuredTests
{
    private const int Long = 200;

    private static readonly Analysis Measured = Analysis.Default with
    {
        Users = new UserTolerance(),
        Metrics = [new("cpu", Direction.Lower, 0.15)],
    };

    [Fact]
    public void A_metric_that_the_analysis_names_holds_when_it_is_worse()
    {
        Assert.Equal("pass", Judged.Of(Cpu(1.0), Cpuwise).Verdict);
        var worse = Judged.Of(Cpu(2.0), Cpuwise);
        Assert.Equal("unsure", worse.Verdict);
        Assert.Equal(2.0, worse.Finding("cpu").GetProperty("estimate").GetDouble(), 0.1);

        static IEnumerable<string> Cpu(double ratio) =>
            With((_, arm) => $"\"metrics\":{{\"cpu\":{(arm == "candidate" ? 0.5 * ratio : 0.5)},\"threads\":7}}");
    }

    [Fact]
    public void A_metric_that_the_analysis_does_not_name_is_not_compared()
    {
        var judged = Judged.Of(With((_, arm) => $"\"metrics\":{{\"cpu\":{(arm == "candidate" ? 9 : 1)}}}"));
        Assert.Equal((true, "pass"), (judged.IsGood, judged.Verdict));
    }

    [Theory]
    [InlineData("cpu", null)]
    [InlineData("cpus", "w: no window has the metric cpu of the analysis: did you mean \"cpus\"?")]
    [InlineData("threads", "w: no window has the metric cpu of the analysis: the windows have threads")]
    [InlineData(null, "w: no window has the metric cpu of the analysis: the windows have no others")]
    public void A_metric_that_no_window_has_is_said_once(string? named, string? expected)
    {
        var judged = Judged.Of(named is null ? Windows.Alike(Long) : With((_, _) => $"\"metrics\":{{\"{named}\":1}}"), Cpuwise);
        Assert.True(judged.IsGood);
        Assert.Equal(expected is null ? [] : [expected], judged.Problems);
    }

    [Fact]
    public void Nothing_is_said_of_metrics_when_no_line_was_good() =>
        Assert.Equal("w:1: x stands where '{' should, write one JSON object a line", Assert.Single(Judged.Of(["x"], Cpuwise).Problems));

    [Fact]
    public void A_critical_metric_without_a_reading_cannot_pass() => Assert.Equal(
        "unsure", Judged.Of(
            Windows.Alike(Long), Analysis.Default with { Metrics = [new("cpu", Direction.Lower, 0.15, Consequence.Rollback)] }).Verdict);

    [Fact]
    public void Broken_users_are_compared_when_the_analysis_says_so()
    {
        Assert.Equal("pass", Judged.Of(Users(50, 0), Userwise).Verdict);
        Assert.Equal("unsure", Judged.Of(Windows.Alike(Long), Userwise).Verdict);
        var broken = Judged.Of(Users(50, 20), Userwise);
        Assert.Equal(("fail", "fail"), (broken.Verdict, broken.Finding("users").GetProperty("verdict").GetString()));
    }

    [Fact]
    public void Sessions_that_do_not_follow_a_given_weight_make_the_analysis_invalid()
    {
        var judged = Judged.Of(Sessions());
        Assert.Equal(("unsure", "unsure"), (judged.Verdict, judged.Finding("traffic").GetProperty("verdict").GetString()));
    }

    [Fact]
    public void A_weight_that_nobody_gave_holds_no_sessions_to_it()
    {
        var judged = Judged.Of(Sessions().Select(l => l.Replace("\"weight\":5000,", "", StringComparison.Ordinal)));
        Assert.Equal("pass", judged.Verdict);
    }

    [Fact]
    public void A_failure_that_stables_own_instances_show_as_well_is_none()
    {
        var worse = Windows.Failing(Long).ToArray();
        Assert.Equal("fail", Judged.Of(worse).Verdict);
        var noisy = worse.Select(l => l.Contains("\"stable\"", StringComparison.Ordinal)
            ? l.Replace("\"errors\":1,", "\"errors\":51,\"placebo\":{\"requests\":500,\"errors\":50},", StringComparison.Ordinal)
            : l);
        var judged = Judged.Of(noisy);
        Assert.Equal((true, "unsure"), (judged.IsGood, judged.Verdict));
    }

    [Fact]
    public void Latency_that_begins_too_late_is_bad()
    {
        var bare = Enumerable.Range(1, 4_097).SelectMany(i => new[] { Bare(i, "stable"), Bare(i, "candidate") });
        Assert.True(Judged.Of([.. bare.SkipLast(2), .. Windows.Alike(1, from: 4_097)]).IsGood);
        var late = Judged.Of([.. bare, .. Windows.Alike(1, from: 4_098)]);
        Assert.Equal((2, "unsure"), (late.Problems.Length, late.Verdict));
        Assert.Contains("latency begins after more than 4096 windows without it", late.Problems[0]);

        static string Bare(int i, string arm) => Windows.Line(5 * i, arm, "\"requests\":10,\"errors\":0");
    }

    private static readonly Analysis Cpuwise = Measured with { Users = null };

    private static readonly Analysis Userwise = Measured with { Metrics = [] };

    private static IEnumerable<string> Users(int sessions, int broken) => With((_, arm) => arm == "stable"
        ? $"\"users\":{{\"sessions\":{sessions}}}"
        : $"\"users\":{{\"sessions\":{sessions},\"broken\":{broken},\"errors\":{3 * broken},\"squares\":{9 * broken},\"failing\":{broken}}}");

    private static IEnumerable<string> Sessions() => With((_, arm) => $"\"users\":{{\"sessions\":{(arm == "stable" ? 70 : 30)}}}");

    private static IEnumerable<string> With(Func<int, string, string> more) => Windows.Alike(Long).Select((line, i) =>
        line[..^1] + "," + more(i / 2, line.Contains("\"stable\"", StringComparison.Ordinal) ? "stable" : "candidate") + "}");
}
