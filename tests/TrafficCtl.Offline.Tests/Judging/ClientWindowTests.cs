using System.Globalization;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>Window files that tell client errors, sizes, and clients that left.</summary>
public sealed class ClientWindowTests
{
    [Theory]
    [InlineData("{\"404\":999}", 404)]
    [InlineData("{\"401\":989,\"404\":10}", 401)]
    public void A_candidate_that_refuses_everything_fails_and_its_status_is_named(string clientErrors, int status)
    {
        var judged = Judged.Of(Trace(12, "\"clientErrors\":{\"404\":20}", $"\"clientErrors\":{clientErrors}"), explain: true);
        Assert.Equal("fail", judged.Verdict);
        Assert.InRange(judged.DecidedAt, 5, 60);
        Assert.Contains("client guard", Reason(judged), StringComparison.Ordinal);
        Assert.Contains($"mostly {status}", Reason(judged), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tenth_more_of_429_holds_and_the_status_is_named()
    {
        var judged = Judged.Of(Trace(80, "\"clientErrors\":{}", "\"clientErrors\":{\"429\":100}"), explain: true);
        Assert.Equal("unsure", judged.Verdict);
        Assert.StartsWith("advisory signal worse: client errors", Reason(judged), StringComparison.Ordinal);
        Assert.Contains("mostly 429", Reason(judged), StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_without_statuses_is_compared_too_and_names_none()
    {
        var judged = Judged.Of(Trace(80, "\"clientErrors\":0", "\"clientErrors\":100"), explain: true);
        Assert.StartsWith("advisory signal worse: client errors", Reason(judged), StringComparison.Ordinal);
        Assert.DoesNotContain("mostly", Reason(judged), StringComparison.Ordinal);
    }

    [Fact]
    public void Client_errors_of_users_beyond_their_third_are_left_out_with_their_requests()
    {
        var judged = Judged.Of(Trace(80, "\"clientErrors\":10", "\"clientErrors\":10,\"rawClientErrors\":300"));
        Assert.Equal("pass", judged.Verdict);
        Assert.Equal(80 * 710, judged.Finding("client errors").GetProperty("samples").GetProperty("candidate").GetInt32());
    }

    [Fact]
    public void Where_one_arm_does_not_tell_them_nothing_is_said_of_them()
    {
        var judged = Judged.Of(Trace(80, "\"clientErrors\":0", ""));
        Assert.Equal("pass", judged.Verdict);
        Assert.DoesNotContain(
            judged.Only.GetProperty("findings").EnumerateArray(),
            f => f.GetProperty("signal").GetString()!.StartsWith("client", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"bytes\":4096", "\"bytes\":0")]
    [InlineData("\"bytes\":{\"bounds\":[0,1024,4096],\"counts\":[0,100,800,100]}", "\"bytes\":{\"bounds\":[0,1024],\"counts\":[990,10,0]}")]
    public void Empty_bodies_hold_by_their_median_or_their_histogram(string stable, string candidate)
    {
        var judged = Judged.Of(Trace(80, stable, candidate), explain: true);
        Assert.Equal("unsure", judged.Verdict);
        Assert.StartsWith("advisory signal worse: response size", Reason(judged), StringComparison.Ordinal);
        Assert.Contains("median body empty", Reason(judged), StringComparison.Ordinal);
        Assert.Equal("pass", Judged.Of(Trace(80, stable, stable)).Verdict);
    }

    [Fact]
    public void Without_sizes_a_candidate_four_times_as_fast_holds_as_one_that_may_be_empty()
    {
        var lines = Enumerable.Range(1, 80).SelectMany(i => new[] { Of(i, "stable", 4), Of(i, "candidate", 1) });
        var judged = Judged.Of(lines, explain: true);
        Assert.Equal("unsure", judged.Verdict);
        Assert.StartsWith("advisory signal worse: response size: sizes are not measured", Reason(judged), StringComparison.Ordinal);

        static string Of(int i, string arm, int slower) => Windows.Line(
            5 * i, arm, $"\"weight\":5000,\"requests\":1000,\"errors\":1,\"latency\":{{\"bounds\":{Edges()},\"counts\":{Counts(slower)}}}");

        static string Edges() => List(i => Math.Round(0.005 * Math.Pow(1.05, i), 9), 80);
        // 28 buckets of ratio 1.05 are a factor of 3.9.
        static string Counts(int slower) => List(i => i >= (slower > 1 ? 40 : 12) && i < (slower > 1 ? 60 : 32) ? 50 : 0, 81);
        static string List(Func<int, double> of, int count) =>
            $"[{string.Join(',', Enumerable.Range(0, count).Select(i => of(i).ToString(CultureInfo.InvariantCulture)))}]";
    }

    [Fact]
    public void Clients_that_leave_later_than_stable_usually_answers_are_late_to_the_guard_and_sooner_ones_are_not()
    {
        var late = Judged.Of(Trace(20, "", "\"aborted\":{\"count\":300,\"after\":2}"), explain: true);
        Assert.Equal("fail", late.Verdict);
        Assert.InRange(late.DecidedAt, 5, 60);
        Assert.Contains("abandoned later than stable usually answers", Reason(late) + late.Out, StringComparison.Ordinal);

        var sooner = Judged.Of(Trace(20, "", "\"aborted\":[{\"count\":200,\"after\":0.011},{\"count\":100,\"after\":0.012}]"));
        Assert.NotEqual("fail", sooner.Verdict);
    }

    [Fact]
    public void A_time_in_aborted_is_the_same_as_its_bucket_in_abandoned()
    {
        var byTime = Judged.Of(Trace(20, "", "\"aborted\":{\"count\":5,\"after\":0.3},\"late\":0"));
        var byBucket = Judged.Of(
            Enumerable.Range(1, 20).SelectMany(i => new[]
            {
                Windows.Line(5 * i, "stable"),
                Windows.Line(
                    5 * i, "candidate",
                    $"\"step\":1,\"weight\":5000,\"requests\":1000,\"errors\":1,\"latency\":{Windows.LatencyWithWaits},"
                        + $"\"late\":{(i > 1 ? 5 : 0)}"),
            }));
        Assert.Equal(byBucket.Out, byTime.Out);
    }

    [Theory]
    [InlineData("\"clientErrors\":{\"500\":1}", "clientErrors has \"500\", write statuses from 400 to 499")]
    [InlineData("\"clientErrors\":{\"40x\":1}", "clientErrors has \"40x\"")]
    [InlineData("\"clientErrors\":10", "errors 1 and clientErrors 10 are more than requests 10")]
    [InlineData("\"rawClientErrors\":1", "clientErrors is missing")]
    [InlineData("\"clientErrors\":3,\"rawClientErrors\":2", "rawClientErrors 2 are fewer than clientErrors 3")]
    [InlineData("\"bytes\":{\"bounds\":[1]}", "bytes.counts is missing, add it")]
    [InlineData("\"bytes\":{\"bounds\":[2,1],\"counts\":[1,1,1]}", "bytes.bounds do not rise from 0")]
    [InlineData("\"bytes\":{\"bounds\":[1,2],\"counts\":[1,1]}", "bytes.counts has 2 for 2 bounds, write 3")]
    [InlineData("\"bytes\":-1", "bytes is -1")]
    [InlineData("\"aborted\":3", "aborted is 3, write {\"count\": requests, \"after\": seconds}")]
    [InlineData("\"aborted\":{\"count\":3}", "aborted.after is missing, add it")]
    [InlineData("\"aborted\":{\"count\":3,\"after\":-1}", "aborted.after is negative")]
    [InlineData("\"aborted\":{\"count\":3,\"after\":1}", "aborted stands before any latency.bounds of the trace")]
    public void Numbers_that_cannot_be_are_refused_with_what_to_do(string rest, string problem)
    {
        var judged = Judged.Of(
        [
            Windows.Line(5, "stable", $"\"requests\":10,\"errors\":1,{rest}"),
            Windows.Line(5, "candidate", "\"requests\":1,\"errors\":0"),
        ]);
        Assert.False(judged.IsGood);
        Assert.Contains(problem, judged.Problems[0], StringComparison.Ordinal);
    }

    private static string Reason(Judged judged) => judged.Only.GetProperty("reason").GetString()!;

    /// <summary>Both arms alike but for what is given of each.</summary>
    private static IEnumerable<string> Trace(int ticks, string stable, string candidate) =>
        Enumerable.Range(1, ticks).SelectMany(i => new[] { Of(5 * i, "stable", stable), Of(5 * i, "candidate", candidate) });

    private static string Of(int t, string arm, string more) => Windows.Line(
        t, arm, $"\"step\":1,\"weight\":5000,\"requests\":{Windows.Requests},\"errors\":1,\"latency\":{Windows.Latency}"
            + $"{(more.Length > 0 ? "," : "")}{more}");
}
