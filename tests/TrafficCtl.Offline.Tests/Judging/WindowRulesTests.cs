using System.Text.Json;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>How windows become ticks, where the format leaves something out.</summary>
public sealed class WindowRulesTests
{
    private const int Long = 80;

    private static readonly string Pass = Judged.Of(Windows.Alike(Long)).Out;

    [Fact]
    public void The_arms_may_come_in_any_order() =>
        Assert.Equal(Pass, Judged.Of(Windows.Alike(Long).Chunk(2).SelectMany(tick => tick.Reverse())).Out);

    [Fact]
    public void The_first_window_lasts_five_seconds_when_nobody_says_it()
    {
        Assert.Equal(Pass, Judged.Of(Dt(5)).Out);
        Assert.NotEqual(Pass, Judged.Of(Dt(30)).Out);

        static IEnumerable<string> Dt(int seconds) =>
            Windows.Alike(Long).Select(l => l.Replace("\"arm\"", $"\"dt\":{seconds},\"arm\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_differences_of_t_count_after_the_first_window() =>
        Assert.Equal(
            Judged.Of(Windows.Alike(Long)).Finding("errors").GetRawText(),
            Judged.Of(Enumerable.Range(0, Long).SelectMany(
                i => new[] { Windows.Line(1_800_000_000 + (5 * i), "stable"), Windows.Line(1_800_000_000 + (5 * i), "candidate") }))
                .Finding("errors")
                .GetRawText());

    [Fact]
    public void A_missing_window_makes_the_next_one_longer()
    {
        var judged = Judged.Of([.. Windows.Alike(40), .. Windows.Alike(40, from: 50)]);
        Assert.True(judged.IsGood);
        Assert.Equal("pass", judged.Verdict);
    }

    [Fact]
    public void A_missing_arm_is_an_arm_without_traffic()
    {
        var silent = Judged.Of([.. Windows.Alike(Long), Windows.Line(405, "stable"), .. Windows.Alike(5, from: 82)]);
        var zero = Judged.Of([
            .. Windows.Alike(Long), Windows.Line(405, "stable"), Windows.Line(405, "candidate", "\"requests\":0,\"errors\":0"),
            .. Windows.Alike(5, from: 82)
        ]);
        Assert.Equal(zero.Out, silent.Out);
        Assert.Equal("pass", silent.Verdict);
    }

    [Fact]
    public void Three_windows_without_one_arm_at_the_end_are_unsure()
    {
        var silent = Enumerable.Range(Long + 1, 3).Select(i => Windows.Line(5 * i, "stable"));
        Assert.Equal("pass", Judged.Of([.. Windows.Alike(Long), .. silent.Take(2)]).Verdict);
        Assert.Equal("unsure", Judged.Of([.. Windows.Alike(Long), .. silent]).Verdict);
    }

    [Fact]
    public void Windows_of_no_requests_are_no_evidence()
    {
        var judged =
            Judged.Of(Enumerable.Range(1, 300).SelectMany(i => new[]
            {
                Windows.Line(5 * i, "stable", "\"requests\":0,\"errors\":0"),
                Windows.Line(5 * i, "candidate", "\"requests\":0,\"errors\":0")
            }));
        Assert.Equal((true, "unsure"), (judged.IsGood, judged.Verdict));
        Assert.All(judged.Only.GetProperty("findings").EnumerateArray(), f => Assert.Equal("unsure", f.GetProperty("verdict").GetString()));
    }

    [Fact]
    public void Without_latency_a_trace_cannot_pass()
    {
        var judged = Judged.Of(Enumerable.Range(1, 300).SelectMany(i => new[] { Bare(i, "stable"), Bare(i, "candidate") }));
        Assert.Equal((true, "unsure"), (judged.IsGood, judged.Verdict));
        Assert.Equal("pass", judged.Finding("errors").GetProperty("verdict").GetString());
        Assert.Equal(("unsure", JsonValueKind.Null), (
            judged.Finding("latency p99").GetProperty("verdict").GetString(),
            judged.Finding("latency p99").GetProperty("estimate").ValueKind));
    }

    [Fact]
    public void Requests_that_failed_may_have_no_latency()
    {
        var judged =
            Judged.Of(Windows.Alike(Long).Select(l => l.Replace("\"requests\":1000,", "\"requests\":1010,", StringComparison.Ordinal)));
        Assert.Equal((true, "pass"), (judged.IsGood, judged.Verdict));
    }

    [Fact]
    public void Requests_that_were_abandoned_late_fail_a_candidate_whose_answers_are_as_ever()
    {
        var hanging = Judged.Of(Enumerable.Range(1, Long).SelectMany(i => new[] { Windows.Line(5 * i, "stable"), Hanging(i) }));
        Assert.Equal((true, "fail", 15), (hanging.IsGood, hanging.Verdict, hanging.Only.GetProperty("decidedAt").GetInt32()));
        Assert.Equal("fail", hanging.Finding("guard").GetProperty("verdict").GetString());

        static string Hanging(int i) => Windows.Line(
            5 * i, "candidate",
            $"\"step\":1,\"weight\":5000,\"requests\":{Windows.Requests},\"errors\":1,\"late\":300,\"latency\":{Windows.LatencyWithWaits}");
    }

    [Fact]
    public void Requests_that_were_abandoned_soon_pass_no_candidate_and_fail_none()
    {
        var left = Judged.Of(Enumerable.Range(1, Long).SelectMany(i => new[] { Windows.Line(5 * i, "stable"), Left(i) }));
        Assert.Equal((true, "unsure"), (left.IsGood, left.Verdict));
        Assert.Equal("unsure", left.Finding("latency p99").GetProperty("verdict").GetString());

        static string Left(int i)
        {
            var abandoned = string.Join(',', Enumerable.Range(0, 61).Select(b => b == 3 ? 200 : 0));
            return Windows.Line(
                5 * i, "candidate",
                $"\"step\":1,\"weight\":5000,\"requests\":{Windows.Requests},\"errors\":1,\"latency\":{Windows.Latency[..^1]},\"abandoned\":[{abandoned}]}}");
        }
    }

    [Fact]
    public void A_client_of_15_percent_whose_every_request_fails_holds_and_takes_nobody_back()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Judging", "Cases", "hot_client_15pct_all_fail.ndjson");
        var judged = Judged.Of(File.ReadLines(file), explain: true);
        Assert.Equal((true, "unsure"), (judged.IsGood, judged.Verdict));
        var held = judged.Finding("top user");
        Assert.Equal("unsure", held.GetProperty("verdict").GetString());
        var reason = judged.Only.GetProperty("reason").GetString();
        Assert.Matches("one user makes 1[45][.0-9]* % of the candidate's requests; 100 % of", reason);
    }

    [Fact]
    public void A_client_of_a_tenth_of_the_requests_that_is_refused_on_the_candidate_alone_holds_and_one_that_is_refused_on_both_does_not()
    {
        const int Tenth = Windows.Requests / 10;
        var alone = Of(onStable: 0);
        Assert.Equal((true, "unsure"), (alone.IsGood, alone.Verdict));
        Assert.Equal("unsure", alone.Finding("top user client errors").GetProperty("verdict").GetString());
        Assert.Equal("pass", Of(onStable: Tenth).Verdict);

        static Judged Of(int onStable) => Judged.Of(
            Enumerable.Range(1, Long).SelectMany(i => new[] { Line(i, "stable", onStable), Line(i, "candidate", Tenth) }));

        static string Line(int i, string arm, int refused) => Windows.Line(
            5 * i, arm,
            $"\"step\":1,\"weight\":5000,\"requests\":{Windows.Requests},\"errors\":1,\"clientErrors\":3,"
                + $"\"rawClientErrors\":{Math.Max(3, refused)},\"topClientRequests\":{Tenth},\"topClientErrors\":{refused},"
                + $"\"latency\":{Windows.Latency}");
    }

    [Fact]
    public void Client_errors_of_few_users_are_weaker_evidence_than_those_of_many()
    {
        var (of, few) = (EvidenceOf(""), EvidenceOf(",\"users\":{\"clientErrors\":30,\"clientSquares\":90,\"clientFailing\":10}"));
        Assert.InRange(few, 0.1, of / 2);

        static double EvidenceOf(string users) => Judged.Of(
            Enumerable.Range(1, 20).SelectMany(i => new[] { Line(i, "stable", 2, users), Line(i, "candidate", 12, users) }))
            .Finding("client errors").GetProperty("evidence").GetDouble();

        static string Line(int i, string arm, int refused, string users) => Windows.Line(
            5 * i, arm,
            $"\"step\":1,\"weight\":5000,\"requests\":{Windows.Requests},\"errors\":1,\"clientErrors\":{refused},"
                + $"\"latency\":{Windows.Latency}{users}");
    }

    [Fact]
    public void Failures_of_users_beyond_their_third_count_in_neither_number()
    {
        var numbers = $"\"step\":1,\"weight\":5000,\"requests\":{Windows.Requests},\"errors\":1,\"rawErrors\":201,"
            + $"\"latency\":{Windows.Latency}";
        var judged = Judged.Of(
            Enumerable.Range(1, Long).SelectMany(i => new[] { Windows.Line(5 * i, "stable"), Windows.Line(5 * i, "candidate", numbers) }));
        Assert.Equal((true, "pass"), (judged.IsGood, judged.Verdict));
        Assert.Equal(Long * (Windows.Requests - 200), judged.Finding("errors").GetProperty("samples").GetProperty("candidate").GetInt32());
    }

    [Fact]
    public void Latency_may_begin_later()
    {
        string[] late = [
            .. Enumerable.Range(1, 10).SelectMany(i => new[] { Bare(i, "stable"), Bare(i, "candidate") }), .. Windows.Alike(Long, from: 11)
        ];
        var judged = Judged.Of(late);
        Assert.Equal((true, "pass"), (judged.IsGood, judged.Verdict));
        Assert.Equal(90_000, judged.Finding("errors").GetProperty("samples").GetProperty("stable").GetInt32());
    }

    [Fact]
    public void One_window_is_unsure() =>
        Assert.Equal((true, "unsure"), (Judged.Of([Windows.Line(5, "stable")]).IsGood, Judged.Of([Windows.Line(5, "stable")]).Verdict));

    [Fact]
    public void Empty_lines_a_byte_order_mark_and_windows_line_ends_are_no_lines_of_their_own()
    {
        var text = "\uFEFF" + string.Join("\r\n\r\n", Windows.Alike(Long)) + "\r\n  \r\n";
        Assert.Equal(Pass, Judged.Of(System.Text.Encoding.UTF8.GetBytes(text)).Out);
    }

    [Fact]
    public void The_last_line_needs_no_end() =>
        Assert.Equal(Pass, Judged.Of(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', Windows.Alike(Long)))).Out);

    [Fact]
    public void A_weight_that_nobody_gives_is_that_of_the_steps_first_window()
    {
        var given = Windows.Alike(Long);
        Assert.Equal(Pass, Judged.Of(given.Select(l => l.Replace("\"weight\":5000,", "", StringComparison.Ordinal))).Out);
        Assert.Equal(Pass, Judged.Of(given.Select(l => l.Replace("\"weight\":5000,", "\"weight\":null,", StringComparison.Ordinal))).Out);
    }

    [Fact]
    public void Numbers_mean_the_same_however_they_are_spelt() => Assert.Equal(
        Pass,
        Judged.Of(Windows.Alike(Long).Select(l => l.Replace("\"requests\":1000,", "\"requests\": 1.0e3 ,", StringComparison.Ordinal)
            .Replace("[20,20", "[2e1,20.0", StringComparison.Ordinal))).Out);

    [Fact]
    public void Ids_and_keys_mean_the_same_however_they_are_escaped() => Assert.Equal(
        Pass, Judged.Of(Windows.Alike(Long).Select((l, i) => i % 2 == 0
            ? l
            : l.Replace("\"trace\":\"a\"", "\"\\u0074race\":\"\\u0061\"", StringComparison.Ordinal))).Out);

    private static string Bare(int i, string arm) => Windows.Line(5 * i, arm, "\"requests\":1000,\"errors\":1");
}
