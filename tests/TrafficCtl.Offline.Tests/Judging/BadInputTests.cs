using System.Text;
using System.Text.Json;
using TrafficCtl.Offline.Judging;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>Each kind of line that is no window: said with its number, left out, and its trace never passes.</summary>
public sealed class BadInputTests
{
    private const int Long = 80;

    [Fact]
    public void Not_json() => Bad("hello", "hello stands where '{' should");

    [Fact]
    public void Half_a_line() => Bad(Windows.Line(401, "stable")[..30], "a string has no end");

    [Fact]
    public void Not_an_object() => Bad("[1]", "[1] stands where '{' should");

    [Fact]
    public void Something_behind_the_object() => Bad(Windows.Line(401, "stable") + " 1", "1 stands behind the object");

    [Fact]
    public void NaN() => Bad(Windows.Line(401, "stable", "\"requests\":NaN,\"errors\":0"), "requests is NaN, write a number");

    [Fact]
    public void Infinity() =>
        Bad(Windows.Line(401, "stable", "\"requests\":Infinity,\"errors\":0"), "requests is Infinity, write a number");

    [Fact]
    public void A_number_beyond_all_numbers() =>
        Bad("""{"trace":"a","t":1e999,"arm":"stable","requests":1,"errors":0}""", "t is 1e999, write a number that is not so large");

    [Fact]
    public void A_number_that_json_does_not_know() =>
        Bad(Windows.Line(401, "stable", "\"requests\":007,\"errors\":0"), "requests is 007, write a number");

    [Fact]
    public void A_negative_count() =>
        Bad(Windows.Line(401, "stable", "\"requests\":-5,\"errors\":0"), "requests is -5, write a whole number from 0 to 1000000000");

    [Fact]
    public void A_fraction_of_a_request() =>
        Bad(Windows.Line(401, "stable", "\"requests\":1.5,\"errors\":0"), "requests is 1.5, write a whole number");

    [Fact]
    public void A_trillion_requests() => Bad(
        Windows.Line(401, "stable", "\"requests\":1000000000000,\"errors\":0"),
        "requests is 1000000000000, write a whole number from 0 to 1000000000");

    [Fact]
    public void A_trillion_slow_requests() => Bad(Latency("[1,2]", "[1000000000,0,1]"), "latency.counts sum to 1000000001");

    [Fact]
    public void Abandoned_requests_in_other_buckets() => Bad(
        Windows.Line(401, "stable", "\"requests\":1,\"errors\":0,\"latency\":{\"bounds\":[1,2],\"counts\":[1,0,0],\"abandoned\":[1,0]}"),
        "latency.abandoned has 2 for 2 bounds, write 3");

    [Fact]
    public void A_negative_number_of_late_ones() =>
        Bad(Windows.Line(401, "stable", "\"requests\":1,\"errors\":0,\"late\":-1"), "late is -1, write a whole number");

    [Theory]
    [InlineData("\"errors\":3,\"rawErrors\":2", "rawErrors 2 are fewer than errors 3")]
    [InlineData("\"errors\":3,\"rawErrors\":11", "rawErrors 11 are more than requests 10")]
    [InlineData("\"errors\":3,\"topUserRequests\":5", "topUserErrors is missing, give both")]
    [InlineData("\"errors\":3,\"topUserRequests\":5,\"topUserErrors\":6", "topUserErrors 6 are more than topUserRequests 5")]
    [InlineData("\"errors\":3,\"topUserRequests\":11,\"topUserErrors\":6", "topUserRequests 11 are more than requests 10")]
    public void Numbers_of_users_that_cannot_be(string rest, string problem) =>
        Bad(Windows.Line(401, "stable", $"\"requests\":10,{rest}"), problem);

    [Fact]
    public void A_count_that_is_a_string() => Bad(Windows.Line(401, "stable", "\"requests\":\"5\",\"errors\":0"), "requests is \"5\"");

    [Fact]
    public void More_errors_than_requests() =>
        Bad(Windows.Line(401, "stable", "\"requests\":5,\"errors\":6"), "errors 6 are more than requests 5");

    [Fact]
    public void An_unknown_arm() => Bad(Windows.Line(401, "canary"), "there is no arm \"canary\", write stable or candidate");

    [Fact]
    public void A_misspelt_arm() => Bad(Windows.Line(401, "candidte"), "did you mean \"candidate\"?");

    [Theory]
    [InlineData("t", """{"trace":"a","arm":"stable","requests":1,"errors":0}""")]
    [InlineData("arm", """{"trace":"a","t":401,"requests":1,"errors":0}""")]
    [InlineData("requests", """{"trace":"a","t":401,"arm":"stable","errors":0}""")]
    [InlineData("errors", """{"trace":"a","t":401,"arm":"stable","requests":1}""")]
    public void A_missing_key(string key, string line) => Bad(line, $"{key} is missing, add it");

    [Fact]
    public void A_misspelt_key() =>
        Bad(Windows.Line(401, "stable", "\"reqests\":5,\"errors\":0"), "there is no key \"reqests\", did you mean \"requests\"?");

    [Fact]
    public void The_same_key_twice() =>
        Bad(Windows.Line(401, "stable", "\"errors\":0,\"requests\":5,\"errors\":0"), "errors is given twice");

    [Fact]
    public void A_weight_beyond_the_whole() => Bad(
        Windows.Line(401, "stable", "\"weight\":10001,\"requests\":5,\"errors\":0"),
        "weight is 10001, write a whole number from 0 to 10000");

    [Fact]
    public void A_negative_step() => Bad(Windows.Line(401, "stable", "\"step\":-1,\"requests\":5,\"errors\":0"), "step is -1");

    [Fact]
    public void A_window_without_length() => Bad(Windows.Line(401, "stable", "\"dt\":0,\"requests\":5,\"errors\":0"), "dt is outside");

    [Fact]
    public void A_clock_that_goes_back() => Bad(Windows.Line(395, "stable"), "t goes back to 395 after 400");

    [Fact]
    public void A_clock_that_hardly_moves() => Bad(Windows.Line(400.0001, "stable"), "less than a millisecond");

    [Fact]
    public void The_same_window_twice() => Bad(Windows.Line(400, "candidate"), "candidate is there twice at t 400");

    [Fact]
    public void Bounds_that_do_not_rise() => Bad(Latency("[1,2,2]", "[1,1,1,1]"), "latency.bounds does not rise: 2 follows 2");

    [Fact]
    public void A_bound_that_is_not_positive() => Bad(Latency("[0,1]", "[1,1,1]"), "latency.bounds has 0");

    [Fact]
    public void No_bounds() => Bad(Latency("[]", "[1]"), "latency.bounds is empty");

    [Fact]
    public void More_bounds_than_anybody_needs() =>
        Bad(Latency($"[{string.Join(',', Enumerable.Range(1, 4097))}]", "[]"), "more than 4096");

    [Fact]
    public void Counts_of_other_bounds() => Bad(Latency("[1,2]", "[1,1]"), "latency.counts has 2 for 2 bounds, write 3");

    [Fact]
    public void Counts_without_bounds() =>
        Bad(Windows.Line(401, "stable", "\"requests\":5,\"errors\":0,\"latency\":{\"counts\":[1]}"), "latency.bounds is missing");

    [Fact]
    public void Counts_that_shrink_are_negative_and_no_window() => Bad(Latency("[1]", "[5,-3]"), "latency.counts is -3");

    [Fact]
    public void Other_bounds_than_the_traces_first() => Bad(Latency("[1,2]", "[1,1,1]"), "not those of the trace's first window");

    [Fact]
    public void Arms_with_different_bounds() => Bad(
        Windows.Line(405, "candidate", "\"requests\":5,\"errors\":0,\"latency\":{\"bounds\":[1],\"counts\":[1,1]}"),
        "not those of the trace's first window", Windows.Line(405, "stable"));

    [Fact]
    public void Arms_that_do_not_agree_on_the_weight() => Bad(
        Windows.Line(405, "candidate", "\"weight\":100,\"requests\":5,\"errors\":0"), "weight 100 is not that of the other arm",
        Windows.Line(405, "stable"));

    [Fact]
    public void Arms_that_do_not_agree_on_the_step() => Bad(
        Windows.Line(405, "candidate", "\"step\":2,\"requests\":5,\"errors\":0"), "step 2 is not that of the other arm",
        Windows.Line(405, "stable"));

    [Fact]
    public void Users_that_cannot_be() => Bad(
        Windows.Line(401, "stable", "\"requests\":5,\"errors\":0,\"users\":{\"errors\":9,\"squares\":9,\"failing\":1}"),
        "users cannot have errors 9");

    [Fact]
    public void Client_errors_of_users_that_cannot_be() => Bad(
        Windows.Line(401, "stable", "\"requests\":5,\"errors\":0,\"users\":{\"clientErrors\":9,\"clientSquares\":9,\"clientFailing\":1}"),
        "users cannot have clientErrors 9");

    [Fact]
    public void A_top_client_with_more_client_errors_than_requests() => Bad(
        Windows.Line(401, "stable", "\"requests\":5,\"errors\":0,\"topClientRequests\":1,\"topClientErrors\":2"),
        "topClientErrors 2 are more than topClientRequests 1");

    [Fact]
    public void A_placebo_of_the_candidate() => Bad(
        Windows.Line(401, "candidate", "\"requests\":5,\"errors\":0,\"placebo\":{\"requests\":1,\"errors\":0}"), "it is a part of stable");

    [Fact]
    public void A_placebo_larger_than_stable() => Bad(
        Windows.Line(401, "stable", "\"requests\":5,\"errors\":0,\"placebo\":{\"requests\":6,\"errors\":0}"),
        "placebo requests 6 are more");

    [Fact]
    public void Cumulative_latency() => Bad(
        Latency("[1,2,3]", "[2,4,5,5]"), "latency counts sum to 16 of 5 requests; counts are per bucket, not cumulative: write how many "
            + "requests were between a bound and the one before it");

    [Fact]
    public void Cumulative_latency_of_the_first_window()
    {
        var judged = Judged.Of([
            """{"t":5,"arm":"stable","requests":5,"errors":0,"latency":{"bounds":[1],"counts":[5,1]}}""",
            .. Windows.Alike(Long, trace: null, from: 2)
        ]);
        Assert.StartsWith("w:1: latency counts sum to 6 of 5 requests", Assert.Single(judged.Problems));
        Assert.Equal("unsure", judged.Verdict);
    }

    [Theory]
    [InlineData("""{"requests":1,"errors":0,"latency":{"counts":[1,1]}}""")]
    [InlineData("""[{"requests":2,"errors":0,"latency":{"counts":[1,1]}},{"requests":1,"errors":0,"latency":{"counts":[1,1]}}]""")]
    public void Cumulative_latency_of_a_placebo(string placebo)
    {
        string[] lines =
        [
            .. Enumerable.Range(1, Long).Select(i => Latency(5 * i, "")), Latency((5 * Long) + 5, $",\"placebo\":{placebo}"),
        ];
        Assert.StartsWith($"w:{Long + 1}: placebo latency counts sum to 2 of 1 requests", Assert.Single(Judged.Of(lines).Problems));

        static string Latency(int t, string more) =>
            Windows.Line(t, "stable", $"\"requests\":5,\"errors\":0,\"latency\":{{\"bounds\":[1],\"counts\":[4,1]}}{more}");
    }

    [Theory]
    [InlineData("{\"t\":\"5\",\"arm\":\"stable\"}", "t is \"5\", write a number")]
    [InlineData("{\"t\":[5],\"arm\":\"stable\"}", "t is [5], write a number")]
    [InlineData("{\"t\":{\"at\":\"}\"},\"arm\":\"stable\"}", "t is {\"at\":\"}\"}, write a number")]
    [InlineData("{\"t\":,\"arm\":\"stable\"}", "t is ,, write a number")]
    [InlineData("{\"t\":}", "t is }, write a number")]
    [InlineData("{\"t\" 5,\"arm\":\"stable\"}", "5 stands where ':' should")]
    [InlineData("{\"t\":5\"arm\":\"stable\"}", "\"arm\" stands where ',' or '}' should")]
    [InlineData("{\"t\":\"a \\\" b\",\"arm\":\"stable\"}", "t is \"a \\\" b\", write a number")]
    [InlineData("{\"t\":[5,\"arm\":\"stable\"", "t is [5,\"arm\":\"stable\", write a number")]
    public void A_message_shows_the_value_and_nothing_behind_it(string line, string says) =>
        Assert.StartsWith($"w:1: {says}", Assert.Single(Judged.Of([line]).Problems));

    [Fact]
    public void A_line_without_end() => Bad(new string('x', LineReader.MostBytes + 10), "longer than 1048576 bytes");

    [Fact]
    public void A_string_that_is_not_utf8()
    {
        byte[] file = [.. Encoding.UTF8.GetBytes(string.Join('\n', Windows.Alike(Long)) + "\n{\"trace\":\""), 0xFF, .. "\"}\n"u8];
        Assert.Contains("not UTF-8", Assert.Single(Judged.Of(file).Problems));
    }

    [Fact]
    public void A_trace_that_returns()
    {
        var judged = Judged.Of([
            .. Windows.Alike(Long, "a"), .. Windows.Alike(Long, "b"), Windows.Line(405, "stable"), .. Windows.Alike(1, "c")
        ]);
        Assert.Equal(
            "w:321: trace \"a\" was ended by another one before, keep the lines of a trace together", Assert.Single(judged.Problems));
        Assert.False(judged.IsGood);
        Assert.Equal(["a", "b", "c"], judged.Traces.Select(t => t.GetProperty("trace").GetString()));
    }

    [Fact]
    public void A_failure_stays_one_in_spite_of_bad_lines()
    {
        var judged = Judged.Of(["hello", .. Windows.Failing(Long), "hello"]);
        Assert.Equal((false, "fail", 2), (judged.IsGood, judged.Verdict, judged.Only.GetProperty("incomplete").GetInt32()));
    }

    [Fact]
    public void A_bad_line_between_two_traces_may_be_of_either()
    {
        var judged = Judged.Of([.. Windows.Alike(Long, "a"), "hello", .. Windows.Alike(Long, "b"), .. Windows.Alike(Long, "c")]);
        Assert.Equal(["unsure", "unsure", "pass"], judged.Traces.Select(t => t.GetProperty("verdict").GetString()));
    }

    [Fact]
    public void A_bad_line_that_names_its_trace_is_of_that_one()
    {
        var judged = Judged.Of([
            .. Windows.Alike(Long, "a"), """{"trace":"b","t":NaN}""", .. Windows.Alike(Long, "b"), .. Windows.Alike(Long, "c")
        ]);
        Assert.Equal(["pass", "unsure", "pass"], judged.Traces.Select(t => t.GetProperty("verdict").GetString()));
    }

    [Fact]
    public void A_trace_of_bad_lines_alone_is_unsure()
    {
        var judged = Judged.Of(["""{"trace":"b","t":NaN}"""]);
        Assert.Equal(("b", "unsure"), (judged.Only.GetProperty("trace").GetString(), judged.Verdict));
    }

    [Fact]
    public void More_bad_lines_than_a_person_reads_are_counted()
    {
        var judged = Judged.Of(Enumerable.Repeat("x", 150));
        Assert.Equal(101, judged.Problems.Length);
        Assert.Equal("w: 50 further bad lines are not shown", judged.Problems[^1]);
    }

    [Fact]
    public void An_empty_file() =>
        Assert.Equal("w:1: no windows, write one JSON object a line", Assert.Single(Judged.Of(Array.Empty<byte>()).Problems));

    [Fact]
    public void A_file_that_breaks_off()
    {
        using var broken = new Broken(Encoding.UTF8.GetBytes(string.Join('\n', Windows.Alike(Long)) + "\n"));
        var judged = Judged.Of(broken);
        Assert.Equal((false, "unsure"), (judged.IsGood, judged.Verdict));
        Assert.Equal("w:161: cannot be read on: the disk is gone", Assert.Single(judged.Problems));
    }

    /// <summary>The line, after a trace that passes without it.</summary>
    private static void Bad(string line, string says, params string[] before)
    {
        string[] good = [.. Windows.Alike(Long), .. before];
        Assert.Equal("pass", Judged.Of(good).Verdict);
        var judged = Judged.Of([.. good, line, .. Windows.Alike(20, from: Long + 2)]);
        Assert.False(judged.IsGood);
        var problem = Assert.Single(judged.Problems);
        Assert.StartsWith($"w:{good.Length + 1}: ", problem);
        Assert.Contains(says, problem);
        Assert.Equal(
            ("unsure", JsonValueKind.Null, 1),
            (judged.Verdict, judged.Only.GetProperty("decidedAt").ValueKind, judged.Only.GetProperty("incomplete").GetInt32()));
    }

    private static string Latency(string bounds, string counts) =>
        Windows.Line(401, "stable", $"\"requests\":5,\"errors\":0,\"latency\":{{\"bounds\":{bounds},\"counts\":{counts}}}");

    /// <summary>Fails once all of it was read.</summary>
    private sealed class Broken(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            Position < Length ? base.Read(buffer, offset, count) : throw new IOException("the disk is gone");
    }
}
