using System.Text.Json;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Offline.Judging;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

public sealed class WindowFileTests
{
    private const int Long = 80;

    [Fact]
    public void Prints_one_object_a_trace_in_the_order_of_the_file()
    {
        var judged = Judged.Of([.. Windows.Alike(Long, "good"), .. Windows.Failing(Long, "bad"), .. Windows.Alike(3, "short")]);
        Assert.True(judged.IsGood);
        Assert.Empty(judged.Problems);
        Assert.Equal(
            ["good pass", "bad fail", "short unsure"], judged.Traces.Select(t => $"{t.GetProperty("trace")} {t.GetProperty("verdict")}"));
    }

    [Fact]
    public void A_finding_has_the_fields_of_the_contract_and_no_others()
    {
        var judged = Judged.Of(Windows.Alike(Long));
        Assert.Equal(["trace", "verdict", "decidedAt", "incomplete", "reason", "findings"], Names(judged.Only));
        foreach (var finding in judged.Only.GetProperty("findings").EnumerateArray())
        {
            Assert.Equal(["signal", "verdict", "estimate", "low", "high", "evidence", "bound", "samples", "text"], Names(finding));
            Assert.Equal(["stable", "candidate"], Names(finding.GetProperty("samples")));
        }

        var errors = judged.Finding("errors");
        Assert.Equal((80_000, 80_000), (errors.GetProperty("samples").GetProperty("stable").GetInt32(), errors.GetProperty("samples")
            .GetProperty("candidate")
            .GetInt32()));
        Assert.Equal(Math.Log(20), errors.GetProperty("bound").GetDouble(), 1e-8);

        static IEnumerable<string> Names(JsonElement of) => of.EnumerateObject().Select(p => p.Name);
    }

    [Fact]
    public void A_trace_without_id_prints_null() =>
        Assert.Equal(JsonValueKind.Null, Judged.Of(Windows.Alike(3, trace: null)).Only.GetProperty("trace").ValueKind);

    [Fact]
    public void Explains_in_words_only_when_asked()
    {
        var judged = Judged.Of(Windows.Failing(Long), explain: true);
        Assert.Contains("worse than the tolerance", judged.Only.GetProperty("reason").GetString());
        Assert.Contains("candidate errors", judged.Finding("errors").GetProperty("text").GetString());
    }

    [Fact]
    public void A_pass_is_decided_where_its_last_unbroken_run_of_passes_begins()
    {
        var judged = Judged.Of(Windows.Alike(Long));
        Assert.Equal("pass", judged.Verdict);
        var ticks = (int)(judged.DecidedAt / 5);
        Assert.InRange(ticks, 13, Long - 1);
        Assert.Equal("pass", Judged.Of(Windows.Alike(ticks)).Verdict);
        Assert.Equal("unsure", Judged.Of(Windows.Alike(ticks - 1)).Verdict);
    }

    [Fact]
    public void A_failure_is_decided_where_it_crosses_and_stays_whatever_follows()
    {
        var at = Judged.Of(Windows.Failing(Long)).DecidedAt;
        Assert.Equal("unsure", Judged.Of(Windows.Failing((int)(at / 5) - 1)).Verdict);
        var healed = Judged.Of([.. Windows.Failing((int)(at / 5)), .. Windows.Alike(400, from: (int)(at / 5) + 1)]);
        Assert.Equal(("fail", at), (healed.Verdict, healed.DecidedAt));
    }

    [Fact]
    public void A_failure_wins_over_an_earlier_pass()
    {
        var judged = Judged.Of([.. Windows.Alike(Long), .. Windows.Failing(Long, from: Long + 1)]);
        Assert.Equal("fail", judged.Verdict);
        Assert.InRange(judged.DecidedAt, 5 * (Long + 1), 5 * (Long + 20));
    }

    [Fact]
    public void An_unsure_trace_was_never_decided() =>
        Assert.Equal(("unsure", double.NaN), (Judged.Of(Windows.Alike(4)).Verdict, Judged.Of(Windows.Alike(4)).DecidedAt));

    [Fact]
    public void The_margins_are_wider_for_a_smaller_next_weight()
    {
        var (final, early) = (Judged.Of(Windows.Alike(Long)), Judged.Of(Windows.Alike(Long), next: 1000));
        Assert.True(early.DecidedAt < final.DecidedAt, $"{early.DecidedAt} and {final.DecidedAt}");
    }

    [Fact]
    public void Other_tolerances_give_another_verdict()
    {
        string[] worse = [.. Windows.Alike(Long).Select(l => l.Contains("candidate", StringComparison.Ordinal)
            ? l.Replace("\"errors\":1,", "\"errors\":8,", StringComparison.Ordinal)
            : l)];
        Assert.Equal("fail", Judged.Of(worse).Verdict);
        Assert.Equal("pass", Judged.Of(worse, Analysis.Default with { Errors = new ErrorTolerance(0.05) }).Verdict);
    }

    [Fact]
    public void Says_what_the_judge_says_to_the_same_ticks()
    {
        var layout = LatencyLayout.Of([.. JsonDocument.Parse(Windows.Fine).RootElement.EnumerateArray().Select(e => e.GetDouble())]);
        var judge = new Judge(Analysis.Default, new Baseline(layout));
        var latency = JsonDocument.Parse(Windows.Latency).RootElement
            .GetProperty("counts")
            .EnumerateArray()
            .Select(e => e.GetInt64())
            .ToArray();
        for (var i = 0; i < Long; i++)
            judge.Observe(new Tick(5, Counts(1), Counts(i % 7), Weights.OfCandidate(5000), default, default));
        var direct = judge.Decide(Weights.AllCandidate);

        var judged = Judged.Of(Enumerable.Range(1, Long).SelectMany(
            i => new[] { Windows.Line(5 * i, "candidate", (i - 1) % 7), Windows.Line(5 * i, "stable", 1) }));
        Assert.Equal(direct.Verdict.ToString(), judged.Verdict, ignoreCase: true);
        foreach (var finding in direct.Findings)
        {
            var printed = judged.Finding(finding.Signal);
            Assert.Equal(finding.Evidence, printed.GetProperty("evidence").GetDouble(), 1e-7 * (1 + Math.Abs(finding.Evidence)));
            Assert.Equal(finding.Verdict.ToString(), printed.GetProperty("verdict").GetString(), ignoreCase: true);
        }

        Counts Counts(int errors)
        {
            var counts = new Counts(layout) { CappedFailures = errors };
            counts.ByOutcome[(int)Outcome.Success] = Windows.Requests - errors;
            counts.ByOutcome[(int)Outcome.ServerError] = errors;
            latency.CopyTo(counts.Latency, 0);
            return counts;
        }
    }

    [Fact]
    public void The_same_file_prints_the_same_bytes()
    {
        string[] file = [.. Windows.Alike(Long, "a"), .. Windows.Failing(30, "b"), "x", .. Windows.Alike(Long, "c")];
        Assert.Equal(Judged.Of(file).Out, Judged.Of(file).Out);
    }

    [Fact]
    public void A_trace_is_judged_the_same_whatever_stands_around_it()
    {
        var alone = Judged.Of(Windows.Alike(Long, "b")).Out;
        var among = Judged.Of([.. Windows.Failing(9, "a"), .. Windows.Alike(Long, "b"), .. Windows.Alike(3, "c")]).Out;
        Assert.Equal(alone, among.Split('\n')[1] + "\n");
    }

    [Fact]
    public async Task Prints_a_trace_as_soon_as_the_next_one_begins()
    {
        await using var pipe = new System.IO.Pipes.AnonymousPipeServerStream();
        await using var client = new System.IO.Pipes.AnonymousPipeClientStream(pipe.GetClientHandleAsString());
        using var printed = new FirstLine();
        var judging = Task.Run(
            () => WindowFile.Judge(client, new WindowFileOptions { Name = "w" }, printed, TextWriter.Null, CancellationToken.None));
        await pipe.WriteAsync(
            System.Text.Encoding.UTF8.GetBytes(string.Join('\n', [.. Windows.Alike(3, "first"), .. Windows.Alike(1, "second")]) + "\n"));
        Assert.Contains("\"first\"", await printed.Line);
        await pipe.DisposeAsync();
        Assert.True(await judging);
    }

    /// <summary>Tells when something was written.</summary>
    private sealed class FirstLine : StringWriter
    {
        private readonly TaskCompletionSource<string> first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Line => first.Task;

        public override void Flush() => first.TrySetResult(ToString());
    }
}
